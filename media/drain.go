package media

import "runtime/debug"

// maxReads bounds how often a socket is read in one step: a flood must not make
// the tick late. What is left waits for the next step.
const maxReads = 16

// drain reads the engine's ports and what others read for it. RTCP is read
// once a tick: its times are the kernel's.
func (e *Engine) drain(rtcp bool) {
	for _, p := range e.ports {
		e.read(p, p.rtp, false)
		if rtcp {
			e.read(p, p.rtcp, true)
		}
	}
	for _, s := range e.fed {
		e.drink(s)
	}
	for i := range e.rings {
		if r := e.rings[i].Load(); r != nil {
			e.consume(r)
		}
	}
}

func (e *Engine) read(p *port, s socket, apart bool) {
	for range maxReads {
		n := s.receive(e.in)
		if n == 0 {
			return
		}
		e.packetsIn.Add(uint64(n))
		list := e.in.packets[:n]
		if lost := p.route(list, apart); lost > 0 {
			e.unknown.Add(uint64(lost))
		}
		for len(list) > 0 {
			some := list[:min(touchAtOnce, len(list))]
			list = list[len(some):]
			e.touched += e.touch(some)
			for done := 0; done < len(some); {
				done += e.deliver(some[done:])
			}
		}
		if n < readBatch {
			return
		}
	}
}

// touchAtOnce is for how many packets what they need is fetched together: it must
// still be in the nearest cache when the last of them is taken.
const touchAtOnce = 16

// touch fetches what the packets' streams are going to need, of those that the engine
// steps itself.
func (e *Engine) touch(list []packet) (sum byte) {
	for i := range list {
		if q := &list[i]; q.verdict != stranger && q.peer.stream.engine.Load() == e {
			sum += q.peer.stream.Touch()
		}
	}
	for i := range list {
		if q := &list[i]; q.verdict != stranger && q.peer.stream.engine.Load() == e {
			sum += q.peer.stream.TouchBuffer()
		}
	}
	return sum
}

// route asks the table for each packet's call. It returns how many have none.
func (p *port) route(list []packet, apart bool) (lost int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range list {
		q := &list[i]
		q.peer, q.verdict, q.apart = nil, stranger, apart
		if kind := kindOf(q.data); kind == kindRTP && !apart {
			q.rtcp = false
			q.peer, q.verdict = p.table.routeRTP(q.sighting(), q.arrival)
		} else if kind == kindRTCP {
			q.rtcp = true
			if apart {
				q.peer, q.verdict = p.table.routeRTCP(q.from, senderSSRC(q.data))
			} else {
				q.peer, q.verdict = p.table.routeMuxed(q.from)
			}
		}
		if q.verdict == stranger {
			lost++
		} else {
			q.settled = q.verdict == own && !q.peer.isOpen
		}
	}
	return lost
}

// confirm latches a secured call to where an authentic packet came from.
func (p *port) confirm(q *packet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if q.peer.stream.closed.Load() { // it is in the table no more
		return
	}
	switch {
	case !q.rtcp:
		p.table.latch(q.peer, q.sighting())
	case q.apart:
		p.table.latchRTCP(q.peer, q.from)
	}
}

// deliver hands packets to their streams: at once, or to the engine that steps the
// stream. It returns how many it is done with; a panic ends it early, with the
// packet that caused it.
func (e *Engine) deliver(list []packet) (done int) {
	defer func() {
		if v := recover(); v != nil {
			e.panics.Add(1)
			e.log.Error("panic over a packet", "panic", v, "stack", string(debug.Stack()))
		}
	}()
	for i := range list {
		done = i + 1
		q := &list[i]
		if q.verdict != stranger {
			e.give(q)
		}
	}
	return done
}

// give takes the packet to its stream.
func (e *Engine) give(q *packet) {
	s := q.peer.stream
	owner := s.engine.Load()
	if owner == e {
		s.take(q)
		return
	}
	r := owner.rings[e.index].Load()
	if r == nil {
		r = newRing(ringSlots)
		owner.rings[e.index].Store(r)
	}
	if !r.put(q) {
		e.overrun.Add(1)
	}
}

// consume takes what another engine read. A stream that has moved on meanwhile
// gets its packets where it is now.
func (e *Engine) consume(r *ring) {
	for range ringSlots {
		sl := r.peek()
		if sl == nil {
			return
		}
		e.deliver(e.one(&sl.packet))
		sl.peer = nil
		r.release()
	}
}

func (e *Engine) one(q *packet) []packet {
	e.single[0] = *q
	return e.single[:]
}
