package cacheline

import "testing"

// Every size is read to its last byte and not beyond: memory after it is another's.
func TestTouch(t *testing.T) {
	var mixed struct {
		before [3]byte
		p      *int
		after  [200]byte
	}
	mixed.after[199] = 7
	if got := Touch(&mixed); got != 7 && !raced(got) {
		t.Errorf("the last byte is not read: %d", got)
	}
	one := byte(5)
	if got := Touch(&one); got != 10 && !raced(got) { // the first byte is the last too
		t.Errorf("one byte: %d", got)
	}
	lines := make([]byte, 3, 129)
	for i := range lines[:129] {
		lines[:129][i] = byte(i % Size) // 0 at the beginning of each line
	}
	lines[:129][128] = 9
	if got := Bytes(lines); got != 9 && !raced(got) {
		t.Errorf("the third line is not read: %d", got)
	}
	if got := Bytes(nil); got != 0 {
		t.Errorf("nil: %d", got)
	}
}

// raced says that nothing was read, as under the race detector.
func raced(sum byte) bool { return racing && sum == 0 }
