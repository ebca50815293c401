package codec

import "fmt"

// NewEncoder makes an encoder of f's codec at f.SampleRate. It starts no
// goroutine and need not be closed.
func NewEncoder(f Format) (Encoder, error) {
	switch f.Name {
	case PCMU, PCMA:
		if err := f.wantRate(8000); err != nil {
			return nil, err
		}
		return g711Encoder{lawOf(f.Name)}, nil
	case G722:
		if err := f.wantRate(16000); err != nil {
			return nil, err
		}
		return newG722Encoder(), nil
	case Opus:
		return newOpusEncoder(f)
	case L16:
		if err := f.wantRate(8000, 16000, 48000); err != nil {
			return nil, err
		}
		return l16Encoder{}, nil
	}
	return nil, fmt.Errorf("codec: no encoder for %q", f.Name)
}

// NewDecoder makes a decoder of f's codec that gives PCM at f.SampleRate.
func NewDecoder(f Format) (Decoder, error) {
	switch f.Name {
	case PCMU, PCMA:
		if err := f.wantRate(8000); err != nil {
			return nil, err
		}
		return &g711Decoder{law: lawOf(f.Name), plc: newConcealer(8000)}, nil
	case G722:
		if err := f.wantRate(16000); err != nil {
			return nil, err
		}
		return newG722Decoder(), nil
	case Opus:
		return newOpusDecoder(f)
	case L16:
		if err := f.wantRate(8000, 16000, 48000); err != nil {
			return nil, err
		}
		return &l16Decoder{plc: newConcealer(f.SampleRate)}, nil
	}
	return nil, fmt.Errorf("codec: no decoder for %q", f.Name)
}

func (f Format) wantRate(rates ...int) error {
	for _, r := range rates {
		if f.SampleRate == r {
			return nil
		}
	}
	return fmt.Errorf("codec: %s cannot be sampled at %d Hz", f.Name, f.SampleRate)
}
