package call

import "github.com/partyline/partyline/h323/control"

// Control runs f on the call's loop with the H.245 procedures of the call, for
// what this package has no words for: pausing the peer, requesting a mode,
// messages of the owner's own. f does not wait and does not keep the Session. It
// does not run if the call has ended.
func (c *Call) Control(f func(*control.Session)) {
	c.box.put(func() {
		if !c.over {
			f(c.ctl.session)
		}
	})
}
