package mixer

import "testing"

// Of a line that is quieter than speech the level is enough, as long as others are
// there to choose from; the tick in which it says something is heard whole.
func TestQuietLineNeedsNoSound(t *testing.T) {
	f := l16(8000)
	m := New(Config{Levelling: true})
	var lines []*Port
	for range 6 {
		lines = append(lines, m.Add(8000))
	}
	say := func(p *Port, amplitude int16) {
		in := p.Buffer()
		for i := range in {
			in[i] = amplitude
			if i/20%2 == 1 { // a square wave of 200 Hz
				in[i] = -amplitude
			}
		}
		p.Put()
	}
	tick := func(level uint8) (enough int) {
		for _, p := range lines[1:] {
			if p.Quiet(level) {
				enough++
			} else {
				say(p, 10)
			}
		}
		m.Mix()
		return enough
	}
	tick(70) // nobody has sounded yet: there may be few
	for range 100 {
		tick(70)
	}
	if got := tick(70); got != 5 {
		t.Fatalf("the level of %d of 5 quiet lines was enough", got)
	}
	if lines[1].Level() != 70 || lines[1].Talking() || lines[1].InMix() {
		t.Errorf("level %d, talking %v, in the mix %v", lines[1].Level(), lines[1].Talking(), lines[1].InMix())
	}
	if lines[0].Quiet(30) {
		t.Fatal("a level of -30 dBov was enough")
	}
	say(lines[0], 1000)
	tick(70)
	if !lines[0].InMix() {
		t.Error("what was said in the first loud tick is not in the mix")
	}
	if lines[0].Quiet(70) {
		t.Error("a member's pause was not asked for")
	}
	if p := lines[1].Output(f); len(p) != 1 || p[0].Level > 40 {
		t.Errorf("a quiet line hears %v", p)
	}
}

// With so few that all are mixed there is nothing to leave out.
func TestQuietAmongFew(t *testing.T) {
	m := New(Config{})
	a, b := m.Add(8000), m.Add(8000)
	for range 10 {
		for _, p := range []*Port{a, b} {
			if p.Quiet(70) {
				t.Fatal("left out although there is room for all")
			}
			p.Put()
		}
		m.Mix()
	}
	if !a.Quiet(silent) {
		t.Error("digital silence was asked for")
	}
}
