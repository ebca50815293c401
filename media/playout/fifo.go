package playout

// fifo holds decoded sound that has not been played, and before it what was
// played last, for the search of the pitch. It knows of each sample whether it
// was said, concealed or silent.
type fifo struct {
	pcm    []int16
	lo, hi int // the sound not played yet is pcm[lo:hi]
	past   int // samples kept before lo
	size   int // of pcm, which is made when first needed
	still  int // samples of nothing but zeros before hi, at least

	runs  [12]run
	nruns int
}

type run struct {
	n  int
	is Activity
}

// setup sizes the fifo for a sampling rate: 20 ms of the past, 40 ms that
// wait, and the longest packet (120 ms) on top.
func (o *fifo) setup(rate int) {
	*o = fifo{past: rate / 50, size: rate / 50 * 9}
}

func (o *fifo) len() int { return o.hi - o.lo }

// room returns at least n samples to write to before commit.
func (o *fifo) room(n int) []int16 {
	if o.pcm == nil {
		o.pcm = make([]int16, max(o.size, n+o.past))
		o.lo, o.hi = o.past, o.past
	}
	if len(o.pcm)-o.hi < n {
		from := o.lo - o.past
		o.hi = copy(o.pcm, o.pcm[from:o.hi])
		o.lo = o.past
	}
	if len(o.pcm)-o.hi < n { // not reached: callers write while less than 40 ms wait
		o.pcm = append(o.pcm, make([]int16, n)...)
	}
	return o.pcm[o.hi:]
}

// commit adds n samples that have been written to room.
func (o *fifo) commit(n int, is Activity) {
	if n <= 0 {
		return
	}
	o.still = 0
	o.hi += n
	if k := o.nruns; k > 0 && (o.runs[k-1].is == is || k == len(o.runs)) {
		o.runs[k-1].n += n
		return
	}
	o.runs[o.nruns] = run{n, is}
	o.nruns++
}

// silence adds n samples of silence. Sound that stops short falls to zero in
// 2.5 ms instead of a click.
func (o *fifo) silence(n int) {
	if n <= 0 {
		return
	}
	dst := o.room(n)[:n]
	clear(dst)
	still := min(o.still+n, o.past)
	if last := int(o.pcm[o.hi-1]); last != 0 {
		k := min(o.past/8, n)
		for i := range k {
			dst[i] = int16(last * (k - 1 - i) / k)
		}
		still = n - k
	}
	o.commit(n, Silent)
	o.still = still
}

// rests says that nothing waits and that what was played last is silence: then more of
// it, played at once, would leave everything as it is.
func (o *fifo) rests() bool { return o.still >= o.past && o.lo == o.hi }

// pop moves the first n samples, of which there are as many, to dst. It leaves
// dst alone if all are silent, and takes nil.
func (o *fifo) pop(dst []int16, n int) (is Activity, concealed bool) {
	var said, hid int
	for left := n; left > 0 && o.nruns > 0; {
		r := &o.runs[0]
		k := min(left, r.n)
		switch r.is {
		case Voice:
			said += k
		case Concealed:
			hid += k
		}
		left -= k
		o.cut(k)
	}
	switch {
	case hid > said:
		is = Concealed
	case said > 0:
		is = Voice
	}
	if dst != nil && (is != Silent || o.fading(n)) {
		copy(dst[:n], o.pcm[o.lo:o.lo+n])
		is = max(is, Voice)
	}
	o.lo += n
	return is, hid > 0
}

// fading says that silence begins with the fall of a sound that stopped short.
func (o *fifo) fading(n int) bool { return o.pcm[o.lo] != 0 && n > 0 }

// cut takes n samples off the first run.
func (o *fifo) cut(n int) {
	if o.runs[0].n -= n; o.runs[0].n <= 0 {
		copy(o.runs[:], o.runs[1:o.nruns])
		o.nruns--
	}
}

// front is what plays next and how much of it there is.
func (o *fifo) front() run {
	if o.nruns == 0 {
		return run{}
	}
	return o.runs[0]
}

// remove leaves out n samples of the front: what follows moves up.
func (o *fifo) remove(n int) {
	o.still = 0
	o.lo += n
	for n > 0 && o.nruns > 0 {
		k := min(n, o.runs[0].n)
		n -= k
		o.cut(k)
	}
}

// insert makes room for n samples at the front, of the front's kind, and
// returns it. Older sound is moved down over the past.
func (o *fifo) insert(n int) []int16 {
	o.still = 0
	o.room(n)
	copy(o.pcm[o.lo+n:], o.pcm[o.lo:o.hi])
	o.hi += n
	if o.nruns == 0 {
		o.runs[0], o.nruns = run{0, Silent}, 1
	}
	o.runs[0].n += n
	return o.pcm[o.lo : o.lo+n]
}

func (o *fifo) clear() {
	o.lo, o.hi, o.nruns, o.still = o.past, o.past, 0, 0
	if o.pcm != nil {
		clear(o.pcm[:o.past])
	}
}
