package quality

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/partyline/partyline/media/codec"
	"github.com/partyline/partyline/media/pcm"
)

// Score is how one receiver played a speech out.
type Score struct {
	ESTOI float64
	LSD   float64 // dB
	// Delay is from a sample's being spoken to its being heard, less the length
	// of a packet: what network, playout, ticks and the codec's filters add.
	// Longest is the same of the worst piece but for one in a hundred.
	Delay, Longest time.Duration
	// Lost is the share of the spoken pieces of 100 ms that are not to be found.
	Lost float64
}

// Result is a row's measurement with one codec.
type Result struct {
	Row         Row
	Codec       codec.Name
	Trace       *Trace
	Ours, Naive Heard
	// ScoreOurs and ScoreNaive are of these.
	ScoreOurs, ScoreNaive Score
}

// phase is that of the ticks against the sender's.
const phase = 7 * time.Millisecond

// Studio keeps the speech of a length, and what the codecs made of it. Several
// goroutines may use it.
type Studio struct {
	length time.Duration

	mu     sync.Mutex
	speech map[string][]int16
	sent   map[codec.Name]*Trace
}

// NewStudio makes a studio whose rows last for length, unless they say else.
func NewStudio(length time.Duration) *Studio {
	return &Studio{length: length, speech: map[string][]int16{}, sent: map[codec.Name]*Trace{}}
}

// Measure plays a row out with a codec.
func (s *Studio) Measure(row Row, name codec.Name) (*Result, error) {
	sent, err := s.send(row, codec.Standard(name))
	if err != nil {
		return nil, err
	}
	r := &Result{Row: row, Codec: name, Trace: row.Net.Carry(sent)}
	if r.Ours, err = Ours(r.Trace, phase); err != nil {
		return nil, err
	}
	if r.Naive, err = Naive(r.Trace, phase); err != nil {
		return nil, err
	}
	o := r.Trace.reference()
	r.ScoreOurs, r.ScoreNaive = o.score(&r.Ours), o.score(&r.Naive)
	return r, nil
}

// send codes a row's speech; that of the usual peer once for all rows.
func (s *Studio) send(row Row, f codec.Format) (*Trace, error) {
	usual := row.Peer == nil && !row.Noisy && row.Length == 0
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.sent[f.Name]; usual && t != nil {
		return t, nil
	}
	said, err := s.say(row, f.SampleRate)
	if err != nil {
		return nil, err
	}
	var p Peer
	if row.Peer != nil {
		p = row.Peer(f)
	}
	t, err := p.Send(said, f)
	if usual && err == nil {
		s.sent[f.Name] = t
	}
	return t, err
}

func (s *Studio) say(row Row, rate int) ([]int16, error) {
	d := s.length
	if row.Length > 0 {
		d = row.Length
	}
	key := fmt.Sprint(rate, d, row.Noisy)
	if said := s.speech[key]; said != nil {
		return said, nil
	}
	said, err := Speech(rate, d)
	if err != nil {
		return nil, err
	}
	if row.Noisy {
		said = noisy(said)
	}
	s.speech[key] = said
	return said, nil
}

// noisy puts sound into a room with white noise.
func noisy(sound []int16) []int16 {
	r := rand.New(rand.NewPCG(9, 9))
	rms := 32768 * pcm.Amplitude(-noiseLevel)
	out := make([]int16, len(sound))
	for i, v := range sound {
		out[i] = pcm.Clamp(int32(v) + int32(math.Round(rms*r.NormFloat64())))
	}
	return out
}

// longestLag is what is looked for, in seconds.
const longestLag = 0.41

// reference is the original, prepared to be compared with.
type reference struct {
	*Trace
	coarse, fine []float64
}

func (t *Trace) reference() reference {
	rate := t.Format.SampleRate
	return reference{t, coarse(t.Original, rate), convert(t.Original, rate, estoiRate)}
}

func (r reference) score(h *Heard) Score {
	l := alignCoarse(r.coarse, coarse(h.PCM, h.Rate), r.Drift, longestLag)
	heard := l.warp(h.PCM, len(r.Original), h.Rate)
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	fixed := h.Phase - r.Format.Ptime // what was heard begins at the phase
	return Score{
		ESTOI: estoi(r.fine, convert(heard, h.Rate, estoiRate)),
		LSD:   LSD(r.Original, heard, h.Rate),
		Delay: seconds(l.mean()) + fixed, Longest: seconds(l.most()) + fixed,
		Lost: l.lost(),
	}
}
