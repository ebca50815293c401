package per

import "reflect"

// kept is what an Extra holds. It is never changed, so values may share it.
type kept struct {
	mapBits int // length of the extension bit map
	unknown []unknown
}

// unknown is an addition or alternative without a field.
type unknown struct {
	index  int // among the additions, or of the alternative
	octets []byte
}

// Unknown is the number of additions, or 1 for an alternative, that were received
// and have no field in this version.
func (x Extra) Unknown() int {
	if x.kept == nil {
		return 0
	}
	return len(x.kept.unknown)
}

// extraOf returns what is kept in the marker field of v; marker is false when the
// type keeps nothing.
func extraOf(marker bool, v reflect.Value) *kept {
	if !marker {
		return nil
	}
	return v.Field(0).Interface().(Extra).kept
}

func setExtra(v reflect.Value, k *kept) { v.Field(0).Addr().Interface().(*Extra).kept = k }

// unknownOpen passes an open type that has no field and returns a copy of its
// contents if they are to be kept.
func (d *decoder) unknownOpen(keep bool) ([]byte, error) {
	b, err := d.pieces(&unsized)
	if err != nil || !keep {
		return nil, err
	}
	if err := d.take(len(b) + 64); err != nil { // with its place in kept
		return nil, err
	}
	return append(make([]byte, 0, len(b)), b...), nil
}
