package media

const (
	// batchSize is how many messages a page has.
	batchSize = 256
	// maxHeader holds an RTP header with the audio level extension, and a
	// telephone-event behind it.
	maxHeader = 32
)

// batch collects an engine's messages of one step and sends them with a system
// call for each socket. A payload is not copied: its owner leaves it alone until
// the end of the step. A page that is full before that goes out at once, by the
// courier, while the engine fills the next. The engine's goroutine owns the batch.
type batch struct {
	engine  *Engine
	page    *page // that fills
	spare   *page // nil while the courier has it
	queues  map[socket]*queue
	dirty   []*queue
	courier courier
}

// page is messages that are sent together.
type page struct {
	messages [batchSize]message
	n        int
	scratch  [batchSize][]byte // for what is made for one message: SRTP, RTCP
	runs     []run
	sys      *systemBatch
}

// run is the messages of a page for one socket, linked from head.
type run struct {
	socket socket
	head   int32
}

// send sends the page and returns how many messages the system took.
func (p *page) send() (sent int) {
	for _, r := range p.runs {
		sent += r.socket.send(p, r.head)
	}
	return sent
}

// message is one datagram on its way out: header and payload.
type message struct {
	to      key
	header  [maxHeader]byte
	length  int // of the header
	payload []byte
	next    int32 // in its queue; -1: the last
}

// queue is the messages of the page that fills for one socket.
type queue struct {
	socket     socket
	streams    int // that use it on this engine
	head, tail int32
	n          int
}

func newBatch(e *Engine) *batch {
	return &batch{engine: e, page: newPage(), queues: map[socket]*queue{}}
}

func newPage() *page { return &page{sys: newSystemBatch()} }

// use finds the queue of a socket for one more stream.
func (b *batch) use(s socket) *queue {
	q := b.queues[s]
	if q == nil {
		q = &queue{socket: s, head: -1, tail: -1}
		b.queues[s] = q
	}
	q.streams++
	return q
}

// leave is called when a stream does not use the queue any more. The batch must
// have been flushed.
func (b *batch) leave(q *queue) {
	if q.streams--; q.streams == 0 {
		delete(b.queues, q.socket)
	}
}

// add appends a message to the queue. The caller fills it at once.
func (b *batch) add(q *queue, to key) *message {
	if b.page.n == batchSize {
		b.turn()
	}
	p := b.page
	i := int32(p.n)
	p.n++
	if q.n == 0 {
		q.head = i
		b.dirty = append(b.dirty, q)
	} else {
		p.messages[q.tail].next = i
	}
	q.tail = i
	q.n++
	m := &p.messages[i]
	m.to, m.next = to, -1
	return m
}

// room is scratch space for the message added last, as long as the longest
// datagram. What is put there may be its payload.
func (b *batch) room() []byte {
	p := b.page
	i := p.n - 1
	if p.scratch[i] == nil {
		p.scratch[i] = make([]byte, maxPacket)
	}
	return p.scratch[i]
}

// turn hands the full page to the courier and begins the other.
func (b *batch) turn() {
	b.seal()
	b.collect()
	full := b.page
	b.page, b.spare = b.spare, nil
	if b.page == nil {
		b.page = newPage() // the first time that so much is sent in a step
	}
	b.courier.take(full)
}

// flush sends all messages; when it returns, their payloads are free.
func (b *batch) flush() {
	if b.page.n > 0 {
		b.seal()
		b.count(b.page, b.page.send())
	}
	b.collect()
}

// collect waits until the courier has sent its page.
func (b *batch) collect() {
	if p, sent := b.courier.wait(); p != nil {
		b.count(p, sent)
		b.spare = p
	}
}

// seal ends the queues: the page is complete.
func (b *batch) seal() {
	for _, q := range b.dirty {
		b.page.runs = append(b.page.runs, run{q.socket, q.head})
		q.n, q.head, q.tail = 0, -1, -1
	}
	b.dirty = b.dirty[:0]
}

// count counts what was sent of a page, and empties it.
func (b *batch) count(p *page, sent int) {
	b.engine.packetsOut.Add(uint64(sent))
	if lost := p.n - sent; lost > 0 {
		b.engine.unsent.Add(uint64(lost))
	}
	p.n = 0
	clear(p.runs)
	p.runs = p.runs[:0]
}
