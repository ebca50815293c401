//go:build race

package mixer

// raceDetector says that everything takes ten times as long.
const raceDetector = true
