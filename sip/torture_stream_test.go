package sip

import (
	"bytes"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// tortured are the messages of RFC 4475 and RFC 5118 by their names.
func tortured(t *testing.T) map[string][]byte {
	all := maps.Clone(torture(t))
	for _, m := range messages6 {
		text := strings.ReplaceAll(strings.Replace(m.text, "LENGTH", itoa(len(m.body)), 1), "\n", "\r\n") + m.body
		all["RFC 5118 "+m.name] = []byte(text)
	}
	return all
}

// TestTortureOverTCP sends each message by TCP, whole, octet by octet, and with a good
// request behind it. Whatever it is, the connection is closed or the good request is
// answered, and so is one on another connection.
func TestTortureOverTCP(t *testing.T) {
	answered := 0
	all := tortured(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		data := bytes.ReplaceAll(all[name], []byte("/UDP"), []byte("/TCP"))
		t.Run(name, func(t *testing.T) {
			overPipe(t, nil, func(t *testing.T, h *house, l *pipeListener) {
				one, two := l.dial("198.51.100.7:40000"), l.dial("198.51.100.7:40001")
				var pieces [][]byte
				for i := range data {
					pieces = append(pieces, data[i:i+1])
				}
				if feed(one.conn, append(pieces, []byte(tcpOptions(1)))) && reads(one) {
					answered++
				}
				if feed(two.conn, [][]byte{append(bytes.Clone(data), tcpOptions(2)...)}) && reads(two) {
					answered++
				}
				good := l.dial("198.51.100.8:40000")
				_, _ = good.conn.Write([]byte(tcpOptions(3)))
				good.expect(t, "SIP/2.0 200")
			})
		})
	}
	if answered < len(all)/2 {
		t.Errorf("after only %d of %d messages the connection was good", answered, 2*len(all))
	}
}

// feed writes pieces and says whether the connection took them all.
func feed(c net.Conn, pieces [][]byte) bool {
	_ = c.SetWriteDeadline(time.Now().Add(50 * time.Second))
	for _, b := range pieces {
		if _, err := c.Write(b); err != nil {
			return false
		}
	}
	return true
}

// reads says whether 200 comes to an OPTIONS before the connection ends.
func reads(c *tcpPhone) bool {
	for {
		synctest.Wait()
		select {
		case s := <-c.in:
			if strings.HasPrefix(s, "SIP/2.0 200") && strings.Contains(s, " OPTIONS\r\n") {
				return true
			}
		case <-c.closed:
			return false
		case <-time.After(time.Minute):
			return false
		}
	}
}
