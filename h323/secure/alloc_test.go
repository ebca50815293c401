//go:build !race

package secure

import "testing"

func TestNothingIsAllocated(t *testing.T) {
	k := counting(AES128, 120)
	c := newTestCipher(t, k, k)
	buf, dst := packet(1, 1, make([]byte, 170)), make([]byte, 200)
	for _, n := range []int{4, 160, 161} {
		if got := testing.AllocsPerRun(200, func() {
			buf[0] = 0x80
			sealed := c.SealRTP(buf[:minHeader+n], minHeader)
			if _, ok := c.OpenRTP(dst, sealed, minHeader); !ok {
				t.Fatal("not opened")
			}
		}); got > 0 {
			t.Errorf("%d octets: %v allocations", n, got)
		}
	}
}
