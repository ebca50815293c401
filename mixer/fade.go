package mixer

// fadeParts says how much of a tick a fade takes: a quarter, 5 ms.
const fadeParts = 4

// fadeIn lets pcm, a tick's samples, begin from nothing.
func fadeIn(pcm []int16) {
	n := int32(len(pcm) / fadeParts)
	for i := range n {
		pcm[i] = int16(int32(pcm[i]) * i / n)
	}
}

// fadeOut lets pcm end within 5 ms and be silent from there.
func fadeOut(pcm []int16) {
	n := int32(len(pcm) / fadeParts)
	for i := range n {
		pcm[i] = int16(int32(pcm[i]) * (n - i) / n)
	}
	clear(pcm[n:])
}

// echoOut makes of the last tick's samples the end of a sound that simply
// stopped: its last 5 ms backwards, fading. That goes on from where the sound
// broke off, without a step, as long as anything can that knows no more of it.
func echoOut(pcm []int16) {
	n := len(pcm) / fadeParts
	for i := range n {
		pcm[i] = pcm[len(pcm)-1-i]
	}
	fadeOut(pcm)
}

// ramp multiplies a sum by a gain that moves evenly from one value to another.
func ramp(sum []int32, from, to float32) {
	if from == unity && to == unity {
		return
	}
	step := (to - from) / float32(len(sum))
	for i, s := range sum {
		from += step
		sum[i] = int32(float32(s) * from)
	}
}

// amplify is ramp for samples. What would not fit is bent, not cut.
func amplify(pcm []int16, from, to float32) {
	if from == unity && to == unity {
		return
	}
	step := (to - from) / float32(len(pcm))
	for i, s := range pcm {
		from += step
		v := float32(s) * from
		if from > unity {
			v = bend(v)
		}
		pcm[i] = int16(v)
	}
}

// bend leaves the lower three quarters of the range as they are and presses all
// that is above into the last one, without a corner.
func bend(v float32) float32 {
	const knee, room = 24576, 32767 - 24576
	switch {
	case v > knee:
		x := (v - knee) / room
		return knee + room*x/(1+x)
	case v < -knee:
		x := (-v - knee) / room
		return -knee - room*x/(1+x)
	}
	return v
}
