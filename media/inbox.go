package media

const (
	// maxPacket is the longest datagram taken: an Ethernet frame's. What is longer
	// is no speech and is dropped.
	maxPacket = 1500
	// readBatch is how many datagrams are read at once.
	readBatch = 64
)

// packet is one datagram on its way in. Its bytes are the inbox's or a ring's and
// are valid until the packet has been taken.
type packet struct {
	data    []byte
	from    key
	arrival int64 // the engines' clock, ns
	peer    *peer
	verdict verdict
	rtcp    bool // it is RTCP
	apart   bool // it came to the RTCP port
	settled bool // the call has latched to where it came from
}

// inbox is where an engine reads to. Its packets are overwritten by the next read.
type inbox struct {
	packets [readBatch]packet
	buffers [readBatch][maxPacket]byte
	fresh   int // packets of the last read
	sys     *systemInbox
}

func newInbox() *inbox {
	in := &inbox{fresh: readBatch}
	in.sys = newSystemInbox(&in.buffers)
	return in
}

// receiveBuffer holds what arrives while an engine stalls, sendBuffer a batch, in
// bytes.
const (
	receiveBuffer = 8 << 20
	sendBuffer    = 2 << 20
)

// socket is one UDP port. receive runs on the goroutine of its reader, send on
// any engine's or its courier's; close only when neither is going to be called again.
type socket interface {
	// receive reads what has arrived, readBatch datagrams at most, and returns how
	// many. It does not wait.
	receive(in *inbox) int
	// send sends the page's messages that are linked from head and returns how many
	// the system took. A page is sent by one goroutine, several pages may be at once.
	send(p *page, head int32) int
	port() uint16
	// holds is how many packets wait unread before others are lost, at least.
	holds() int
	close()
}
