package pcm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrWAV says that a file is no WAV file of a kind that is understood.
var ErrWAV = errors.New("pcm: not a usable WAV file")

// maxWAV bounds what ReadWAV keeps: 20 minutes of stereo at 48 kHz.
const maxWAV = 20 * 60 * 48000 * 4

// wavFormat is what the "fmt " chunk says.
type wavFormat struct {
	tag, channels, bits int
	rate                int
}

// ReadWAV reads a RIFF WAVE file of 8, 16, 24 or 32-bit integers or 32-bit
// floats. Several channels are averaged into one. Files that were cut short or
// whose data size was never filled in give what there is.
func ReadWAV(r io.Reader) (pcm []int16, rate int, err error) {
	var head [12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrWAV, err)
	}
	if string(head[:4]) != "RIFF" || string(head[8:]) != "WAVE" {
		return nil, 0, fmt.Errorf("%w: no RIFF WAVE header", ErrWAV)
	}
	var f wavFormat
	for {
		if _, err := io.ReadFull(r, head[:8]); err != nil {
			return nil, 0, fmt.Errorf("%w: no data chunk", ErrWAV)
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			if f, err = readWAVFormat(r, size); err != nil {
				return nil, 0, err
			}
		case "data":
			if f.channels == 0 {
				return nil, 0, fmt.Errorf("%w: data before format", ErrWAV)
			}
			pcm, err = f.read(r, size)
			return pcm, f.rate, err
		default:
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return nil, 0, fmt.Errorf("%w: %w", ErrWAV, err)
			}
		}
	}
}

func readWAVFormat(r io.Reader, size int64) (f wavFormat, err error) {
	var b [40]byte
	if size < 16 || size > 1024 {
		return f, fmt.Errorf("%w: format chunk of %d bytes", ErrWAV, size)
	}
	n := min(size, int64(len(b)))
	if _, err = io.ReadFull(r, b[:n]); err == nil {
		_, err = io.CopyN(io.Discard, r, size+size&1-n)
	}
	if err != nil {
		return f, fmt.Errorf("%w: %w", ErrWAV, err)
	}
	le := binary.LittleEndian
	f = wavFormat{
		tag: int(le.Uint16(b[:])), channels: int(le.Uint16(b[2:])),
		rate: int(le.Uint32(b[4:])), bits: int(le.Uint16(b[14:])),
	}
	if f.tag == 0xfffe && n >= 26 { // extensible: the format is in the GUID
		f.tag = int(le.Uint16(b[24:]))
	}
	switch {
	case f.channels < 1 || f.channels > 8 || f.rate < 1000 || f.rate > 192000:
	case f.tag == 1 && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32), f.tag == 3 && f.bits == 32:
		return f, nil
	}
	return wavFormat{}, fmt.Errorf("%w: format %d, %d channels, %d bit, %d Hz", ErrWAV, f.tag, f.channels, f.bits, f.rate)
}

// read reads the data chunk. The size it claims is not trusted.
func (f wavFormat) read(r io.Reader, size int64) ([]int16, error) {
	raw, err := io.ReadAll(io.LimitReader(r, min(size, maxWAV+1)))
	if err != nil {
		return nil, fmt.Errorf("pcm: WAV: %w", err)
	}
	if len(raw) > maxWAV {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrWAV, maxWAV)
	}
	width := f.bits / 8
	n := len(raw) / width / f.channels
	pcm := make([]int16, n)
	for i := range pcm {
		sum := 0.0
		for range f.channels {
			sum += f.sample(raw)
			raw = raw[width:]
		}
		v := math.RoundToEven(sum / float64(f.channels))
		pcm[i] = int16(max(-32768, min(32767, v)))
	}
	return pcm, nil
}

// sample is the first sample of b in 16-bit units.
func (f wavFormat) sample(b []byte) float64 {
	le := binary.LittleEndian
	switch {
	case f.bits == 8: // the only width without a sign
		return float64(int(b[0])-128) * 256
	case f.bits == 16:
		return float64(int16(le.Uint16(b)))
	case f.bits == 24:
		return float64(int32(b[0])<<8|int32(b[1])<<16|int32(b[2])<<24) / 65536
	case f.tag == 3:
		v := float64(math.Float32frombits(le.Uint32(b))) * 32768
		if v != v {
			return 0
		}
		return max(-32768, min(32767, v))
	}
	return float64(int32(le.Uint32(b))) / 65536
}

// WriteWAV writes a 16-bit mono WAV file.
func WriteWAV(w io.Writer, pcm []int16, rate int) error {
	le := binary.LittleEndian
	b := make([]byte, 44, 44+2*len(pcm))
	copy(b, "RIFF")
	le.PutUint32(b[4:], uint32(36+2*len(pcm)))
	copy(b[8:], "WAVEfmt ")
	le.PutUint32(b[16:], 16)
	le.PutUint16(b[20:], 1) // PCM
	le.PutUint16(b[22:], 1) // channels
	le.PutUint32(b[24:], uint32(rate))
	le.PutUint32(b[28:], uint32(2*rate))
	le.PutUint16(b[32:], 2)
	le.PutUint16(b[34:], 16)
	copy(b[36:], "data")
	le.PutUint32(b[40:], uint32(2*len(pcm)))
	for _, s := range pcm {
		b = le.AppendUint16(b, uint16(s))
	}
	_, err := w.Write(b)
	return err
}
