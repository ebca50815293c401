//go:build !race

package playout

const raced = false
