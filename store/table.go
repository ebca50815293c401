package store

import "maps"

// table is a map that never changes: an edit of it makes another one, and both
// share all parts but those in which something has changed.
type table[V any] struct{ part [parts]map[string]V }

// parts is a power of two. With 100,000 entries a change copies 400 of them.
const parts = 256

// partOf is FNV-1a: keys are extensions and ids, and hashes that nobody chooses.
func partOf(key string) int {
	h := uint32(2166136261)
	for i := range len(key) {
		h = (h ^ uint32(key[i])) * 16777619
	}
	return int(h % parts)
}

func (t *table[V]) get(key string) (V, bool) {
	v, ok := t.part[partOf(key)][key]
	return v, ok
}

// edit is a table in the making.
type edit[V any] struct {
	table[V]
	own [parts]bool
}

// edited begins with all that t has.
func edited[V any](t *table[V]) *edit[V] { return &edit[V]{table: *t} }

func (e *edit[V]) mine(key string) map[string]V {
	i := partOf(key)
	if !e.own[i] {
		if e.part[i] = maps.Clone(e.part[i]); e.part[i] == nil {
			e.part[i] = map[string]V{}
		}
		e.own[i] = true
	}
	return e.part[i]
}

func (e *edit[V]) put(key string, v V) { e.mine(key)[key] = v }

func (e *edit[V]) drop(key string) {
	if _, ok := e.get(key); ok {
		delete(e.mine(key), key)
	}
}
