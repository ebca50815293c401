package main

import "time"

// clock looks for one that was never set or that nothing keeps right: certificates,
// lock-outs and reminders need it.
func (x *examination) clock() {
	now := time.Now()
	if now.Year() < 2025 {
		x.add("clock", failed, "it says %s", now.Format(time.RFC3339)).advise("set it: timedatectl set-ntp true")
		return
	}
	if yes, known := synchronised(); known && !yes {
		x.add("clock", warning, "it says %s, and nothing keeps it right", now.Format(time.RFC3339)).
			advise("apt install systemd-timesyncd (or chrony); then timedatectl shows \"System clock synchronized: yes\"")
		return
	}
	x.add("clock", fine, "%s", now.Format(time.RFC3339))
}
