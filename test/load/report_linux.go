package load

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Report is what was measured in a window of time.
type Report struct {
	Callers int
	Window  time.Duration
	// Received and Lost count packets, lost ones by their sequence numbers. Short is
	// how many fewer came than the clock calls for, to those there all the time.
	Received, Lost, Short int
	// Streams is how often a stream began anew.
	Streams int
	// Gaps are the times between two packets of a phone, Longest the longest of each
	// phone, in ms. Late counts the gaps over 25 ms. Rests are ticks that were left out
	// in silence: such a gap counts without the frame of its own.
	Gaps, Longest Dist
	Late, Rests   int
	Presence      Presence
	// Clicks is how many should have been heard, all listeners together.
	Clicks, Heard int
	// MouthToEar is in ms, the talker's frame of 20 ms included. MeanP50 and MeanP99
	// are means of the percentiles of each sending phase.
	MouthToEar       Dist
	MeanP50, MeanP99 float64
	// Gateway and Own are CPU times, as a share of one core. Others is what all other
	// processes took but for nice ones, and the hypervisor withheld: if it is much, measure
	// again.
	Gateway, Own, Others float64
	RSS                  int // KB, at the end
	// PacerLate is by how much the load's packets were sent late, in ms. Woken is by
	// how much its thread was woken late, which goes before all ordinary ones: so long
	// the machine kept both from running, whatever the gateway did.
	PacerLate, Woken Dist
	SendErrors       int64
}

// PerCaller is the gateway's CPU a caller, in per cent of a core.
func (r Report) PerCaller() float64 { return 100 * r.Gateway / float64(max(r.Callers, 1)) }

// tailMS is how long tracks go on behind a window, for the last click.
const tailMS = searchMS + sweepMS + 100

// Measured is a window of time that has passed.
type Measured struct {
	fleet   *Fleet
	phones  []*phone
	span    *span
	clicks  []click
	begin   time.Time
	took    time.Duration
	gateway [2]Usage
	own     [2]time.Duration
	machine [2]time.Duration
	late    Dist
	woken   Dist
	errors  int64
}

// Measure watches for a time, in which during is run, if it is not nil, beside it.
func (f *Fleet) Measure(ctx context.Context, d time.Duration, during func(context.Context) error) (*Measured, error) {
	m, err := f.startWindow(d)
	if err != nil {
		return nil, err
	}
	result := make(chan error, 1)
	go func() {
		if during == nil {
			result <- nil
			return
		}
		result <- during(ctx)
	}()
	done := sleep(ctx, d)
	stopErr := m.stop()
	if err := errors.Join(<-result, stopErr); err != nil {
		return nil, err
	}
	if !done || !sleep(ctx, tailMS*time.Millisecond+2*drain) {
		return nil, ctx.Err()
	}
	f.mu.Lock()
	f.span = nil
	f.mu.Unlock()
	f.clickMu.Lock()
	m.clicks = slices.Clone(f.clicked)
	f.clickMu.Unlock()
	return m, nil
}

// startWindow notes where all stands, and has the clicks begin.
func (f *Fleet) startWindow(d time.Duration) (*Measured, error) {
	m := &Measured{fleet: f, phones: f.InCall()}
	f.pacer.mu.Lock()
	f.pacer.late, f.pacer.woken = histogram{}, histogram{}
	m.errors = -f.pacer.fails
	f.pacer.mu.Unlock()
	f.clickMu.Lock()
	f.clicked = nil
	f.clickMu.Unlock()
	m.begin = time.Now()
	m.span = &span{from: m.begin.UnixNano(), to: m.begin.Add(d).UnixNano(), tail: tailMS * 1e6, tracks: f.tracks()}
	f.mu.Lock()
	f.span = m.span
	f.mu.Unlock()
	var err error
	if f.cfg.PID != 0 {
		if m.gateway[0], err = ProcessUsage(f.cfg.PID); err != nil {
			return nil, err
		}
	}
	m.own[0], m.machine[0] = OwnCPU(), machineCPU()
	f.clicking.Store(f.cfg.Clickers > 0)
	return m, nil
}

// stop ends the clicks and reads what was used.
func (m *Measured) stop() (err error) {
	f := m.fleet
	f.clicking.Store(false)
	m.took = time.Since(m.begin)
	m.own[1], m.machine[1] = OwnCPU(), machineCPU()
	if f.cfg.PID != 0 {
		m.gateway[1], err = ProcessUsage(f.cfg.PID)
	}
	f.pacer.mu.Lock()
	m.late, m.woken, m.errors = f.pacer.late.dist(), f.pacer.woken.dist(), m.errors+f.pacer.fails
	f.pacer.mu.Unlock()
	return err
}

// tracks chooses who records: listeners of each room, spread over its members.
func (f *Fleet) tracks() map[*phone]bool {
	chosen := map[*phone]bool{}
	for room := range f.cfg.Rooms {
		all := f.Listeners(room)
		n := min(f.cfg.Tracks, len(all))
		for i := range n {
			chosen[all[i*len(all)/n]] = true
		}
	}
	return chosen
}

// Report sums up for some rooms, or for all if none is named.
func (m *Measured) Report(rooms ...int) (Report, error) {
	r := Report{Window: m.took, PacerLate: m.late, Woken: m.woken, SendErrors: m.errors, RSS: m.gateway[1].RSS}
	r.Gateway = float64(m.gateway[1].CPU-m.gateway[0].CPU) / float64(m.took)
	r.Own = float64(m.own[1]-m.own[0]) / float64(m.took)
	r.Others = max(float64(m.machine[1]-m.machine[0])/float64(m.took)-r.Gateway-r.Own, 0)
	var gaps histogram
	var longest []float64
	var phones []*phone
	for _, p := range m.phones {
		if len(rooms) > 0 && !slices.Contains(rooms, p.room) {
			continue
		}
		phones = append(phones, p)
		r.Callers++
		r.count(m, p, &gaps)
		if p.rx.span == m.span && p.rx.seen.longest > 0 {
			longest = append(longest, p.rx.seen.longest)
		}
	}
	r.Gaps, r.Longest = gaps.dist(), NewDist(longest)
	return r, r.listen(m, phones)
}

// gone says that a phone's call ended before the window did.
func (m *Measured) gone(p *phone) bool {
	m.fleet.exchange.mu.Lock()
	defer m.fleet.exchange.mu.Unlock()
	return p.call.left != 0 && p.call.left < m.span.to
}

// count adds what a phone received.
func (r *Report) count(m *Measured, p *phone, gaps *histogram) {
	s := m.span
	whole := !m.gone(p)
	p.rx.seen.settle()
	seen := p.rx.seen
	if p.rx.span != s {
		seen = tally{}
	}
	r.Received += seen.packets
	r.Lost += max(seen.lost-seen.late, 0)
	r.Streams += seen.streams
	r.Rests += seen.rests
	if want := int((s.to - s.from) / (frameMS * 1e6)); whole && seen.packets < want-1 {
		r.Short += want - seen.packets
	}
	for _, g := range seen.gaps {
		gaps.add(float64(g))
		if g > 25 {
			r.Late++
		}
	}
}

// listen looks for tones and clicks in what was recorded.
func (r *Report) listen(m *Measured, phones []*phone) error {
	e := newEar(m.fleet.loops.format.SampleRate)
	byPhase := make([][]float64, slots)
	var all []float64
	for _, p := range phones {
		if !m.span.tracks[p] || p.rx.span != m.span || m.gone(p) {
			continue
		}
		t, err := newTrack(m.fleet.loops.format, p.rx.seen.track)
		if err != nil {
			return err
		}
		for _, q := range m.phones {
			if q.role == talker && q.room == p.room {
				r.Presence.add(t.presence(q.hz))
			}
		}
		for _, c := range m.clicks {
			if c.room != p.room || c.phone == p {
				continue
			}
			ms, heard, seen := e.transit(t, c)
			if !seen {
				continue
			}
			r.Clicks++
			if heard {
				r.Heard++
				all = append(all, ms+frameMS)
				byPhase[c.phone.slot] = append(byPhase[c.phone.slot], ms+frameMS)
			}
		}
	}
	phases := 0.0
	for _, v := range byPhase {
		if len(v) > 0 {
			d := NewDist(v)
			r.MeanP50, r.MeanP99, phases = r.MeanP50+d.P50, r.MeanP99+d.P99, phases+1
		}
	}
	if phases > 0 {
		r.MeanP50, r.MeanP99 = r.MeanP50/phases, r.MeanP99/phases
	}
	r.MouthToEar = NewDist(all)
	return nil
}
