package call

import (
	"errors"
	"net"
	"os"
	"time"
)

// errNoSign: the peer gave no sign of life in time.
var errNoSign = errors.New("call: no sign of life")

// mostProbes is how many probes wait at once.
const mostProbes = 8

// probe asks for a sign of life, by H.245 if it is up.
func (c *Call) probe(within time.Duration, heard func(time.Duration, error)) {
	if c.over {
		heard(0, net.ErrClosed)
		return
	}
	began, told := time.Now(), false
	var late *timer
	tell := func(err error) {
		if told {
			return
		}
		told = true
		late.stop()
		heard(time.Since(began), err)
	}
	late = c.after(within, func() { tell(errors.Join(errNoSign, os.ErrDeadlineExceeded)) })
	c.probes = append(c.probes, tell)
	if len(c.probes) > mostProbes {
		oldest := c.probes[0]
		c.probes = c.probes[1:]
		oldest(errNoSign)
	}
	if c.ctl.session.Started() && c.ctl.reachable() {
		c.ctl.session.Probe(func(_ time.Duration, ok bool) {
			if ok {
				tell(nil)
			}
		})
	} else if c.signal != nil && c.callID != nil && c.crv != 0 {
		c.sendStatusInquiry()
	}
}
