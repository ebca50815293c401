package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/partyline/partyline/internal/quality"
	"github.com/partyline/partyline/media/codec"
)

// printer prints the tables and keeps the sound.
type printer struct {
	w      io.Writer
	dir    string
	studio *quality.Studio
}

// measured is a row that is under way.
type measured struct {
	row   quality.Row
	codec codec.Name
	done  chan error
	*quality.Result
}

// rows prints the impairments, as many at a time as there are processors.
func (p *printer) rows(only string) error {
	var all []*measured
	for _, row := range quality.Rows() {
		for _, c := range quality.Codecs {
			if strings.Contains(row.Name, only) {
				all = append(all, &measured{row: row, codec: c, done: make(chan error, 1)})
			}
		}
	}
	turn := make(chan struct{}, runtime.GOMAXPROCS(0))
	go func() {
		for _, m := range all {
			turn <- struct{}{}
			go func() {
				var err error
				m.Result, err = p.studio.Measure(m.row, m.codec)
				<-turn
				m.done <- err
			}()
		}
	}()
	fmt.Fprintf(p.w, "%-24s %-5s %12s %13s %12s\n", "", "", "ESTOI", "LSD, dB", "delay, ms")
	fmt.Fprintf(p.w, "%-24s %-5s %6s %6s %6s %6s %6s %6s\n", "impairment", "codec", "ours", "naive", "ours", "naive", "ours", "naive")
	for _, m := range all {
		if err := <-m.done; err != nil {
			return fmt.Errorf("%s, %s: %w", m.row.Name, m.codec, err)
		}
		p.row(m)
		if err := p.keep(m.Result); err != nil {
			return err
		}
		m.Result = nil // ten minutes are large
	}
	return nil
}

func (p *printer) row(m *measured) {
	name := m.row.Name
	if m.codec != quality.Codecs[0] {
		name = ""
	}
	o, n := m.ScoreOurs, m.ScoreNaive
	fmt.Fprintf(p.w, "%-24s %-5s %6.3f %6.3f %6.2f %6.2f %6d %6d\n", name, m.codec,
		o.ESTOI, n.ESTOI, o.LSD, n.LSD, o.Delay.Round(time.Millisecond).Milliseconds(), n.Delay.Round(time.Millisecond).Milliseconds())
}

// figure is one curve that is printed.
type figure struct {
	title, unit string
	points      func() ([]quality.Point, error)
}

// curves prints the room's sound.
func (p *printer) curves() error {
	for _, f := range figures() {
		points, err := f.points()
		if err != nil {
			return fmt.Errorf("%s: %w", f.title, err)
		}
		fmt.Fprintf(p.w, "\n%s\n", f.title)
		for len(points) > 0 {
			part := points[:min(9, len(points))]
			points = points[len(part):]
			x, y := "", ""
			for _, q := range part {
				x += fmt.Sprintf(" %7g", q.X)
				y += fmt.Sprintf(" %7.1f", q.Y)
			}
			fmt.Fprintf(p.w, "%-6s%s\n%-6s%s\n", f.unit, x, "dB", y)
		}
	}
	return nil
}

func figures() []figure {
	std := codec.Standard
	plain := std(codec.Opus)
	plain.FEC = false
	snr := func(f codec.Format, levelling bool) func() ([]quality.Point, error) {
		return func() ([]quality.Point, error) { return quality.SNR(f, levelling) }
	}
	response := func(f codec.Format, freqs ...float64) func() ([]quality.Point, error) {
		return func() ([]quality.Point, error) { return quality.Response(f, freqs) }
	}
	return []figure{
		{"SNR of 1,020 Hz from leg to leg, PCMU", "dBFS", snr(std(codec.PCMU), false)},
		{"the same, PCMA", "dBFS", snr(std(codec.PCMA), false)},
		{"the same, PCMU, levelled", "dBFS", snr(std(codec.PCMU), true)},
		{"the same before the codec, 8 kHz", "dBFS", snr(quality.PCM(8000), false)},
		{"the same before the codec, 48 kHz", "dBFS", snr(quality.PCM(48000), false)},
		{"response from leg to leg, phones in the room, G.722", "Hz", response(std(codec.G722), 50, 100, 300, 1000, 3400, 5000, 6000, 6500, 7000)},
		{"the same, Opus with redundancy", "Hz", response(std(codec.Opus), 50, 100, 300, 1000, 3400, 7000, 12000, 14000, 20000)},
		{"the same, Opus without", "Hz", response(plain, 50, 100, 300, 1000, 3400, 7000, 12000, 16000, 20000)},
		{"the same before the codec, 48 kHz", "Hz", response(quality.PCM(48000), 50, 100, 1000, 7000, 12000, 16000, 18000, 20000, 22000)},
		{"aliases of 16 kHz in 8 kHz", "Hz", func() ([]quality.Point, error) {
			return quality.Aliases([]float64{4600, 4800, 5000, 5500, 6000, 6500, 7000, 7500, 7900})
		}},
		{"talkers after 3 s of levelling, heard at dBFS", "dBFS", func() ([]quality.Point, error) {
			return quality.Levelled(std(codec.PCMU), []float64{-40, -35, -30, -25, -20, -15, -10})
		}},
		{"noise behind a talker: rise and fall within a pause of 10 s", "dBFS", func() ([]quality.Point, error) {
			return quality.Pumping(std(codec.PCMU), []float64{-38, -25, -12})
		}},
		{"noise of a silent phone: by how much it is lifted", "dBFS", func() ([]quality.Point, error) {
			return quality.Lifted(std(codec.PCMU), []float64{-65, -55, -45, -35})
		}},
		{"two talkers at once: their sum to what the limiter changes", "dBFS", func() ([]quality.Point, error) {
			return quality.Limited(8000, []float64{-30, -26, -20, -15, -10})
		}},
	}
}
