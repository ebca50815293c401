package reception

import (
	"context"
	"math"
	"time"

	"github.com/partyline/partyline/bridge"
)

// nameTime is the longest recorded name.
const nameTime = 5 * time.Second

// askForName records the caller's name before it joins. It is nil if the caller
// said nothing or pressed # at once.
func (c *call) askForName(ctx context.Context) ([]int16, error) {
	question := append(c.words(askName), bridge.NewClip(toneSpeak))
	if err := c.tell(ctx, question...); err != nil {
		return nil, err
	}
	if c.typed() {
		c.ahead = nil // whoever presses a key here does not want to say a name
		return nil, nil
	}
	recording, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan []int16, 1)
	go func() { done <- c.p.Record(recording, nameTime) }()
	for {
		select {
		case pcm := <-done:
			return trimName(pcm), c.over(ctx)
		case k := <-c.p.Keys():
			if c.keep(k) {
				c.ahead = nil
				stop()
			}
		case <-c.leg.Done():
			stop()
			<-done
			return nil, errGone
		}
	}
}

// What counts as a voice in a recorded name, and how it is cut: frames of 20 ms.
const (
	nameFrame  = bridge.SourceRate / 50
	voiceLevel = 180.0 // RMS; about -45 dBFS
	leastVoice = 8     // frames
	nameMargin = 5     // frames kept on either side
	nameLevel  = 3277  // RMS, -20 dBFS
)

// trimName cuts the silence off a recorded name and brings it to the level of the
// prompts. It is nil if there is no voice in it.
func trimName(pcm []int16) []int16 {
	first, last, voiced := -1, 0, 0
	var power float64
	for f := 0; (f+1)*nameFrame <= len(pcm); f++ {
		e := meanSquare(pcm[f*nameFrame : (f+1)*nameFrame])
		if e < voiceLevel*voiceLevel {
			continue
		}
		if first < 0 {
			first = f
		}
		last = f
		voiced++
		power += e
	}
	if voiced < leastVoice {
		return nil
	}
	from := max(first-nameMargin, 0) * nameFrame
	to := min((last+1+nameMargin)*nameFrame, len(pcm))
	gain := min(nameLevel/math.Sqrt(power/float64(voiced)), 10)
	name := make([]int16, to-from)
	for i, v := range pcm[from:to] {
		name[i] = int16(max(-32768, min(32767, float64(v)*gain)))
	}
	return name
}

func meanSquare(pcm []int16) float64 {
	var sum float64
	for _, v := range pcm {
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(pcm))
}
