package live

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// The times of a socket.
const (
	helloTime = 10 * time.Second // to say hello
	writeTime = 10 * time.Second // to take a message
	pingEvery = 20 * time.Second // so that a dead line is noticed
)

// queued is how many messages may wait for a socket: some 12 s of a lively room.
const queued = 64

// conn is one WebSocket. Anyone may send; one goroutine writes.
type conn struct {
	ws       *websocket.Conn
	out      chan frame
	cancel   context.CancelFunc // ends it at once
	live     *Live
	language string

	// What it has been shown, by the goroutine of the watch: of one after the other,
	// if the seat is moved.
	mu    sync.Mutex
	state string
	shown audience
}

// frame is a message to be written; with the last one the socket is closed.
type frame struct {
	text []byte
	last bool
}

// send queues a message that is written later, and must not change. A socket
// that does not keep up is ended: its page opens another one.
func (c *conn) send(text []byte) { c.put(frame{text: text}) }

func (c *conn) put(f frame) {
	select {
	case c.out <- f:
	default:
		c.live.log.Info("a page does not take its messages; its socket is closed")
		c.cancel()
	}
}

// bye says why it ends, and ends it.
func (c *conn) bye(m byeMessage) { c.put(frame{text: encode(m), last: true}) }

// write sends what is queued until the context ends or the socket fails.
func (c *conn) write(ctx context.Context) {
	defer c.cancel()
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case f := <-c.out:
			if c.within(ctx, func(ctx context.Context) error {
				return c.ws.Write(ctx, websocket.MessageText, f.text)
			}) != nil {
				return
			}
			c.live.sent.Add(1)
			if f.last {
				c.ws.Close(websocket.StatusNormalClosure, "")
				return
			}
		case <-ping.C:
			if c.within(ctx, c.ws.Ping) != nil {
				return
			}
		}
	}
}

func (c *conn) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTime)
	defer cancel()
	return f(ctx)
}

// read gives the next message. The error is errMessage if the socket is still
// good but what came is not.
func (c *conn) read(ctx context.Context) (inbound, error) {
	kind, text, err := c.ws.Read(ctx)
	if err != nil {
		return inbound{}, err
	}
	c.live.received.Add(1)
	if kind != websocket.MessageText {
		return inbound{}, bad("text messages are wanted")
	}
	return parse(text)
}
