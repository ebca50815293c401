package prompts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"

	"github.com/thesyncim/gopus"
	"github.com/thesyncim/gopus/container/ogg"

	"github.com/partyline/partyline/bridge"
	"github.com/partyline/partyline/media/pcm"
)

// The longest recording that is taken: its PCM stays in memory.
const longest = 10 * 60 * bridge.SourceRate

var errEmpty = errors.New("there is no sound in it")

// decode reads a recording as PCM of 16 kHz.
func (s source) decode() ([]int16, error) {
	data, err := fs.ReadFile(s.fsys, s.path)
	if err != nil {
		return nil, err
	}
	var samples []int16
	if path.Ext(s.path) == ".wav" {
		var rate int
		if samples, rate, err = pcm.ReadWAV(bytes.NewReader(data)); err == nil {
			samples, err = convert(samples, rate)
		}
	} else {
		samples, err = decodeOpus(data)
	}
	if err == nil && len(samples) == 0 {
		err = errEmpty
	}
	return samples, err
}

// decodeOpus decodes an Ogg Opus file: the pre-skip is cut off and the end is
// where the last granule position says (RFC 7845 §4).
func decodeOpus(data []byte) ([]int16, error) {
	r, err := ogg.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if r.Channels() > 2 {
		return nil, fmt.Errorf("%d channels: one or two can be played", r.Channels())
	}
	dec, err := gopus.NewDecoder(gopus.DecoderConfig{SampleRate: bridge.SourceRate, Channels: 1})
	if err != nil {
		return nil, err
	}
	const perSample = 48000 / bridge.SourceRate // granules are at 48 kHz
	var (
		out     []int16
		frame   [bridge.SourceRate * 120 / 1000]int16
		granule uint64
	)
	for {
		packet, g, err := r.ReadPacket()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		n, err := dec.DecodeInt16(packet, frame[:])
		if err != nil {
			return nil, err
		}
		if granule = g; len(out)+n > longest {
			return nil, errors.New("longer than ten minutes")
		}
		out = append(out, frame[:n]...)
	}
	if end := granule / perSample; end < uint64(len(out)) {
		out = out[:end]
	}
	return out[min(int(r.PreSkip())/perSample, len(out)):], nil
}

// convert brings PCM of any rate to 16 kHz by a windowed sinc, 16 zero crossings
// to a side. It is for files, once: the engines have a faster one.
func convert(in []int16, rate int) ([]int16, error) {
	if rate < 4000 || rate > 192000 {
		return nil, fmt.Errorf("%d Hz cannot be played", rate)
	}
	n := int(int64(len(in)) * bridge.SourceRate / int64(rate))
	if n > longest {
		return nil, errors.New("longer than ten minutes")
	}
	if rate == bridge.SourceRate {
		return in, nil
	}
	out := make([]int16, n)
	step := float64(rate) / bridge.SourceRate
	cutoff := min(1, 1/step) // of the input's Nyquist frequency
	half := 16 / cutoff
	for i := range out {
		at := float64(i) * step
		var sum, weight float64
		for k := max(int(math.Ceil(at-half)), 0); k <= min(int(at+half), len(in)-1); k++ {
			x := float64(k) - at
			w := sinc(x*cutoff) * (0.5 + 0.5*math.Cos(math.Pi*x/half))
			sum += w * float64(in[k])
			weight += w
		}
		out[i] = int16(max(-32768, min(32767, math.Round(sum/weight))))
	}
	return out, nil
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}
