//go:build !race

package webrtc

// people is how many browsers make a crowd.
const people = 20
