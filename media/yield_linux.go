package media

import _ "unsafe" // go:linkname

// goyield lets the other goroutines of this processor of the scheduler run, and goes
// on. Unlike runtime.Gosched it wakes no idle thread to look for work. The runtime
// keeps its name and signature for those who link to it (go.dev/issue/67401).
//
//go:linkname goyield runtime.goyield
func goyield()
