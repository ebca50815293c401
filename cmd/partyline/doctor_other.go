//go:build !linux

package main

import "io/fs"

// kernel: nothing is known of it here.
func (x *examination) kernel() {}

// ephemeral: no such range is known here.
func (x *examination) ephemeral() {}

// descriptors: no such limit is known here.
func (x *examination) descriptors() {}

// synchronised is not known here.
func synchronised() (yes, known bool) { return false, false }

// freeSpace is not known here.
func freeSpace(string) (uint64, bool) { return 0, false }

// ownerOf is not known here.
func ownerOf(fs.FileInfo) (uid int, ok bool) { return 0, false }

// holder is not known here.
func holder(string, uint16) string { return "" }
