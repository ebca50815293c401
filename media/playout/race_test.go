//go:build race

package playout

// raced says that the race detector makes everything many times slower.
const raced = true
