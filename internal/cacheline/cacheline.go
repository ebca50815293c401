// Package cacheline fetches memory before it is needed.
//
// A step over hundreds of calls spends its time waiting for lines of memory that have
// left the processor's caches since the last one, a line after the other, since what
// is done for a call depends on what was read of it. Whoever touches the lines of
// several calls first, which do not depend on each other, waits for all of them at
// once. There is no state here.
package cacheline

// Size is the length of a line in bytes, on the processors that servers have.
const Size = 64
