package web

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// unbroken keeps a fault in one request from being more than that, and from being
// overlooked: net/http would close the connection, and speak of it where nobody looks.
// The path is not logged, since links are secrets.
func (s *Site) unbroken(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := &noted{ResponseWriter: w}
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			s.log.Error("panic in a request", "route", r.Pattern, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			if n.status != 0 {
				panic(http.ErrAbortHandler) // half an answer is none
			}
			http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		}()
		next.ServeHTTP(n, r)
	})
}
