package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
)

// The music on hold is ours: eight bars of soft chords with a slow melody over
// them, 24 s, made to go round without a seam. A change of the tune takes a new
// title, else the file is left as it is.
const (
	musicTitle = "Hold the line, no. 1"
	musicRate  = 16000
	beat       = 0.75 // s; 80 to the minute
	bars       = 8
	musicRMS   = -28 // dBFS
)

// Chords as MIDI note numbers, one a bar; the melody's notes as (beat, length in
// beats, note).
var (
	chords = [bars][]int{
		{53, 57, 60, 64},
		{52, 55, 59, 62},
		{50, 53, 57, 60},
		{48, 52, 55, 59},
		{46, 50, 53, 57},
		{45, 48, 52, 55},
		{43, 46, 50, 53},
		{48, 52, 55, 58},
	}
	melody = [][3]float64{
		{0, 2, 72},
		{2, 1, 69},
		{3, 1, 67},
		{4, 3, 71},
		{8, 2, 69},
		{10, 1, 65},
		{11, 1, 64},
		{12, 3, 67},
		{16, 2, 65},
		{18, 1, 69},
		{19, 1, 72},
		{20, 3, 67},
		{24, 2, 65},
		{26, 1, 62},
		{27, 1, 65},
		{28, 3, 64},
	}
)

// makeMusic writes the loop unless it is there already.
func makeMusic(out string, all bool) error {
	if !all && tag(out) == musicTitle {
		return nil
	}
	tmp, err := os.MkdirTemp("", "music")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	wav := filepath.Join(tmp, "music.wav")
	if err := os.WriteFile(wav, wavFile(compose()), 0o644); err != nil {
		return err
	}
	return encode(wav, out, musicTitle, "24", "--music")
}

// compose renders the loop: what rings on past its end is heard at its start.
func compose() []int16 {
	mix := make([]float64, int(bars*4*beat*musicRate))
	for bar, chord := range chords {
		for i, note := range chord {
			at := (float64(bar)*4 + 0.06*float64(i)) * beat // strummed a little
			strike(mix, at, 3.9*beat, note, 0.5)
			strike(mix, at+2*beat, 2*beat, note, 0.22)
		}
	}
	for _, n := range melody {
		strike(mix, n[0]*beat, n[1]*beat, int(n[2]), 0.55)
	}
	var power float64
	for _, v := range mix {
		power += v * v
	}
	gain := math.Pow(10, float64(musicRMS)/20) / math.Sqrt(power/float64(len(mix)))
	pcm := make([]int16, len(mix))
	for i, v := range mix {
		pcm[i] = int16(math.Round(math.Tanh(v*gain) * 32767))
	}
	return pcm
}

// strike adds one note of an electric-piano kind: a sine and soft overtones,
// each dying away faster the higher it is.
func strike(mix []float64, at, length float64, note int, loud float64) {
	freq := 440 * math.Pow(2, float64(note-69)/12)
	start := int(at * musicRate)
	ring := int((length + 1.2) * musicRate)
	for i := range ring {
		t := float64(i) / musicRate
		v := math.Sin(2*math.Pi*freq*t)*math.Exp(-1.3*t) +
			0.35*math.Sin(4*math.Pi*freq*t)*math.Exp(-2.6*t) +
			0.10*math.Sin(8*math.Pi*freq*t)*math.Exp(-6*t)
		v *= 1 - math.Exp(-t/0.006) // no click at the start
		if t > length {             // the key is let go
			v *= math.Exp(-(t - length) * 5)
		}
		mix[(start+i)%len(mix)] += loud * v
	}
}

// wavFile is 16-bit mono PCM as a WAV file.
func wavFile(pcm []int16) []byte {
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WAVEfmt "...)
	for _, v := range []any{uint32(16), uint16(1), uint16(1), uint32(musicRate), uint32(2 * musicRate), uint16(2), uint16(16)} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(2*len(pcm)))
	b, _ = binary.Append(b, binary.LittleEndian, pcm)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	return b
}
