package api

import (
	"net/http"
	"reflect"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// Every operation that is known by a sign-in and changes something passes the record:
// what is new cannot be forgotten there.
func TestEveryOperationIsRecorded(t *testing.T) {
	a := New(Config{})
	record := reflect.ValueOf(a.recorded).Pointer()
	n := 0
	for path, item := range a.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || op.Security == nil {
				continue
			}
			n++
			last := op.Middlewares[len(op.Middlewares)-1]
			if reflect.ValueOf(last).Pointer() != record {
				t.Errorf("%s %s is not on record", op.Method, path)
			}
		}
		if op := item.Get; op != nil && op.Method != http.MethodGet {
			t.Errorf("%s is %s", path, op.Method)
		}
	}
	if n < 20 {
		t.Errorf("only %d operations were looked at", n)
	}
}
