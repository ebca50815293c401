package media

import (
	"encoding/binary"
	"sync/atomic"
)

// Wire carries a stream's packets over somebody else's transport: RTP and RTCP,
// encrypted if keys were agreed upon. Send is called on engines' goroutines and those
// of their couriers, several at once, and does not block: what the transport has no
// room for is lost. The packet is valid until it returns.
type Wire interface {
	Send(packet []byte)
}

// feedSize is how many octets wait for the engine: most of a second of speech.
const feedSize = 8 << 10

// feedHeader precedes each packet in a feed: its length and its arrival.
const feedHeader = 16

// skipRest is a length that says: go on at the buffer's beginning.
const skipRest = ^uint32(0)

// Feed is one transport under a stream that has no port. One goroutine, the
// transport's, puts packets in; the engine of the stream takes them out in its
// next step. In between is a ring of octets without a lock, since most packets
// are a tenth of the longest one.
type Feed struct {
	wire  Wire
	clock *clock
	buf   [feedSize]byte
	head  atomic.Uint64 // octets taken; the engine's
	_     [56]byte      // the two counters are of different cache lines
	tail  atomic.Uint64 // octets put; the producer's
}

// NewFeed makes a feed whose stream sends over w. It is given to the stream with
// Params.
func (m *Media) NewFeed(w Wire) *Feed { return &Feed{wire: w, clock: m.clock} }

// Put hands an RTP or RTCP packet to the stream. It copies it and does not wait:
// if the engine does not keep up, the packet is lost and the answer false.
func (f *Feed) Put(packet []byte) bool {
	n := len(packet)
	if n < rtcpHeaderSize || n > maxPacket {
		return false
	}
	need := uint64(feedHeader+n+7) &^ 7
	tail := f.tail.Load()
	free := feedSize - (tail - f.head.Load())
	at := tail % feedSize
	if rest := feedSize - at; rest < need { // a packet lies in one piece
		if free < rest+need {
			return false
		}
		binary.NativeEndian.PutUint32(f.buf[at:], skipRest)
		tail += rest
		at = 0
	} else if free < need {
		return false
	}
	binary.NativeEndian.PutUint32(f.buf[at:], uint32(n))
	binary.NativeEndian.PutUint64(f.buf[at+8:], uint64(f.clock.now()))
	copy(f.buf[at+feedHeader:], packet)
	f.tail.Store(tail + need)
	return true
}

// next is the oldest packet, valid until done is called.
func (f *Feed) next() (packet []byte, arrival int64, ok bool) {
	head, tail := f.head.Load(), f.tail.Load()
	if head == tail {
		return nil, 0, false
	}
	at := head % feedSize
	n := binary.NativeEndian.Uint32(f.buf[at:])
	if n == skipRest {
		head += feedSize - at
		f.head.Store(head)
		at = 0
		n = binary.NativeEndian.Uint32(f.buf[:])
	}
	arrival = int64(binary.NativeEndian.Uint64(f.buf[at+8:]))
	at += feedHeader
	return f.buf[at : at+uint64(n)], arrival, true
}

// done gives back the space of the packet that next gave.
func (f *Feed) done() {
	head := f.head.Load()
	n := binary.NativeEndian.Uint32(f.buf[head%feedSize:])
	f.head.Store(head + uint64(feedHeader+n+7)&^7)
}
