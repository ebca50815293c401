//go:build race

package cacheline

const racing = true
