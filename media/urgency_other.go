//go:build !linux

package media

// urgency is nothing here: threads are as the system has them.
type urgency struct{}

func keepsThread(Pacer) bool { return false }

func (u *urgency) here() error { return nil }

func (u *urgency) on() bool { return false }

func (u *urgency) end() {}

func (u *urgency) give(*urgency) {}
