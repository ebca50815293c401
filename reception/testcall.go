package reception

import (
	"context"
	"math"
	"time"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/media"
)

// echoDelay is how much later the caller of a test call hears itself: late enough
// to be told from its own voice.
const echoDelay = time.Second

// test lets the caller hear itself and then says how good the connection is.
func (c *call) test(ctx context.Context) error {
	question := append([]bridge.Source{bridge.NewPause(pickUp)}, c.words(sayTest)...)
	if err := c.tell(ctx, append(question, bridge.NewClip(toneSpeak))...); err != nil {
		return err
	}
	c.ahead = nil
	voice, err := c.echo(ctx)
	if err != nil {
		return err
	}
	if err := c.tell(ctx, c.words(result(c.leg.Quality(), voice)...)...); err != nil {
		return err
	}
	return cause.TestDone
}

// echo lets the caller hear itself until it presses a key or the time is over, and
// returns how loud it was.
func (c *call) echo(ctx context.Context) (voice loudness, err error) {
	c.p.Echo(echoDelay)
	defer c.p.Echo(0)
	over := time.NewTimer(c.r.cfg.EchoTime)
	defer over.Stop()
	tick := time.NewTicker(media.TickDuration)
	defer tick.Stop()
	for {
		select {
		case <-c.leg.Done():
			return voice, errGone
		case <-ctx.Done():
			return voice, ctx.Err()
		case k := <-c.p.Keys():
			if c.keep(k) {
				c.ahead = nil
				return voice, nil
			}
		case <-tick.C:
			voice.add(c.p.InputLevel())
		case <-over.C:
			return voice, nil
		}
	}
}

// loudness is the mean power of the frames in which there was a voice.
type loudness struct {
	frames int
	power  float64
}

// Levels in -dBov: below the first nothing was said; then what is too quiet and
// too loud for speech.
const (
	levelVoice = 50
	levelQuiet = 38
	levelLoud  = 10
	testVoice  = 10 // frames of 20 ms at least
)

func (l *loudness) add(level uint8) {
	if level <= levelVoice {
		l.frames++
		l.power += math.Pow(10, -float64(level)/10)
	}
}

func (l *loudness) word() prompt {
	if l.frames < testVoice {
		return sayLevelNone
	}
	switch level := -10 * math.Log10(l.power/float64(l.frames)); {
	case level > levelQuiet:
		return sayLevelLow
	case level < levelLoud:
		return sayLevelHigh
	}
	return sayLevelGood
}

// result is what a test call says of its connection: a word for all, then loss,
// jitter, round trip and level.
func result(s media.Stats, voice loudness) []prompt {
	loss := s.LossOut
	if all := float64(s.PacketsIn) + float64(s.Lost); s.Lost > 0 && all > 0 {
		loss = max(loss, float64(s.Lost)/all)
	}
	jitter := max(s.Jitter, s.JitterOut)
	said := []prompt{grade(loss, jitter, s.RTT), sayLoss, number(int(math.Ceil(loss*100 - 1e-9))), sayPerCent}
	said = append(append(said, sayJitter), milliseconds(jitter)...)
	said = append(said, sayRoundTrip)
	if s.RTT > 0 {
		said = append(said, milliseconds(s.RTT)...)
	} else {
		said = append(said, sayNotKnown)
	}
	return append(said, voice.word())
}

// grade sums a connection up: good speech bears 1 % of loss, 150 ms one way (ITU-T
// G.114) and a jitter that the playout hides; usable is what can be understood.
func grade(loss float64, jitter, rtt time.Duration) prompt {
	const ms = time.Millisecond
	switch {
	case loss <= 0.01 && jitter <= 30*ms && rtt <= 300*ms:
		return sayGood
	case loss <= 0.05 && jitter <= 80*ms && rtt <= 600*ms:
		return sayFair
	}
	return sayPoor
}

func milliseconds(d time.Duration) []prompt {
	if d > 500*time.Millisecond {
		return []prompt{sayOverHalf}
	}
	return []prompt{number(int(d.Round(time.Millisecond) / time.Millisecond)), sayMilliseconds}
}
