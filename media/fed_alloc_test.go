//go:build !race

package media

import "testing"

// What is received over a feed costs no allocation.
func TestFedPacketsAllocateNothing(t *testing.T) {
	b := newBench(t, Config{})
	ours, theirs := keyPair()
	p := plain(Candidates{})
	p.SRTP, p.LevelExt = ours, 1
	s, f, w := b.fed(StreamConfig{}, p)
	other, _, quiet := b.fed(StreamConfig{}, plain(Candidates{}))
	b.join(s, other)
	peer, err := newCrypt(theirs)
	if err != nil {
		t.Fatal(err)
	}
	talk := &phone2{crypt: peer}
	packets := make([][]byte, 400)
	for i := range packets {
		packets[i] = talk.seal(t, 0, noise(160))
	}
	w.keep, quiet.keep = false, false
	i := 0
	one := func() {
		f.Put(packets[i])
		i++
		b.tick()
	}
	for range 50 {
		one()
	}
	if n := testing.AllocsPerRun(300, one); n > 0 {
		t.Errorf("%v allocations a tick", n)
	}
	if s.count.PacketsIn < 300 {
		t.Error(s.count.PacketsIn)
	}
}
