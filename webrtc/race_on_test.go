//go:build race

package webrtc

// people is how many browsers make a crowd: fewer where everything takes ten
// times as long.
const people = 8
