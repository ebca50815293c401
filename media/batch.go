package media

const (
	// batchSize is how many messages wait at most before they are sent.
	batchSize = 256
	// maxHeader holds an RTP header with the audio level extension, and a
	// telephone-event behind it.
	maxHeader = 32
)

// batch collects an engine's messages of one step and sends them with a system
// call for each socket. A payload is not copied: its owner leaves it alone until
// the end of the step. The engine's goroutine owns it.
type batch struct {
	engine   *Engine
	messages [batchSize]message
	n        int
	queues   map[socket]*queue
	dirty    []*queue
	scratch  [batchSize][]byte // for what is made for one message: SRTP, RTCP
	sys      *systemBatch
}

// message is one datagram on its way out: header and payload.
type message struct {
	to      key
	header  [maxHeader]byte
	length  int // of the header
	payload []byte
	next    int32 // in its queue; -1: the last
}

// queue is the messages of a batch for one socket.
type queue struct {
	socket     socket
	streams    int // that use it on this engine
	head, tail int32
	n          int
}

func newBatch(e *Engine) *batch {
	return &batch{engine: e, queues: map[socket]*queue{}, sys: newSystemBatch()}
}

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
	if b.n == batchSize {
		b.flush()
	}
	i := int32(b.n)
	b.n++
	if q.n == 0 {
		q.head = i
		b.dirty = append(b.dirty, q)
	} else {
		b.messages[q.tail].next = i
	}
	q.tail = i
	q.n++
	m := &b.messages[i]
	m.to, m.next = to, -1
	return m
}

// room is scratch space for the message added last, as long as the longest
// datagram. What is put there may be its payload.
func (b *batch) room() []byte {
	i := b.n - 1
	if b.scratch[i] == nil {
		b.scratch[i] = make([]byte, maxPacket)
	}
	return b.scratch[i]
}

// flush sends all messages.
func (b *batch) flush() {
	if b.n == 0 {
		return
	}
	sent := 0
	for _, q := range b.dirty {
		sent += q.socket.send(b, q)
		q.n, q.head, q.tail = 0, -1, -1
	}
	b.engine.packetsOut.Add(uint64(sent))
	if lost := b.n - sent; lost > 0 {
		b.engine.unsent.Add(uint64(lost))
	}
	b.n = 0
	b.dirty = b.dirty[:0]
}
