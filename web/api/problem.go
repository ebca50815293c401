package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/store"
	"github.com/partyline/partyline/web/live"
)

// Problem is a mistake as RFC 9457 has it, with a code where a program needs to
// tell cases apart.
type Problem struct {
	huma.ErrorModel
	Code string     `json:"code,omitempty"`
	Bad  []BadEntry `json:"bad,omitempty"`
	wait time.Duration
}

func problem(status int, code, detail string, fields ...*huma.ErrorDetail) *Problem {
	return &Problem{Code: code, ErrorModel: huma.ErrorModel{
		Status: status, Title: http.StatusText(status), Detail: detail, Errors: fields,
	}}
}

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((p.wait+time.Second-1)/time.Second)))
	}
	return h
}

// Refuse answers a request with a problem.
func Refuse(w http.ResponseWriter, p *Problem) {
	for key, values := range p.GetHeaders() {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// Forbidden is what a request gets that another site has sent.
func Forbidden() *Problem {
	return problem(http.StatusForbidden, "cross-origin", "requests from other sites are refused")
}

// silence takes out of a problem what was entered: it may be a password or a PIN.
func silence(_ huma.Context, _ string, v any) (any, error) {
	var fields []*huma.ErrorDetail
	switch v := v.(type) {
	case *huma.ErrorModel:
		fields = v.Errors
	case *Problem:
		fields = v.Errors
	}
	for _, f := range fields {
		f.Value = nil
	}
	return v, nil
}

// problemOf puts an error of the store or of a live room into these words.
func problemOf(err error) error {
	var failure *live.Failure
	var ours *Problem
	if fields := fieldsOf(err); len(fields) > 0 {
		return problem(http.StatusUnprocessableEntity, "", "some fields are wrong", fields...)
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &ours):
		return ours
	case errors.As(err, &failure):
		return failed(failure)
	case errors.Is(err, store.ErrNotFound):
		return problem(http.StatusNotFound, "", "there is no such room")
	case errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return busy(2 * time.Second)
	case errors.Is(err, store.ErrFull):
		p := problem(http.StatusServiceUnavailable, "disk-full", "the gateway's disk takes nothing more; nothing was changed")
		p.wait = 5 * time.Second
		return p
	}
	return err
}

func busy(wait time.Duration) *Problem {
	p := problem(http.StatusServiceUnavailable, "busy", "this took too long; try again in a moment")
	p.wait = wait
	return p
}

// failed is a command that was not carried out.
func failed(f *live.Failure) *Problem {
	status := http.StatusServiceUnavailable
	switch f.Code {
	case live.CodeNotLive:
		status = http.StatusConflict
	case live.CodeNotHere:
		status = http.StatusNotFound
	case live.CodeUnknown, live.CodeName:
		status = http.StatusUnprocessableEntity
	}
	if f.Field == "" {
		return problem(status, f.Code, f.Message)
	}
	return problem(status, f.Code, f.Message, &huma.ErrorDetail{Location: "body." + f.Field, Message: f.Message})
}

// fieldsOf are the mistakes of fields that an error is made of.
func fieldsOf(err error) (fields []*huma.ErrorDetail) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			fields = append(fields, fieldsOf(e)...)
		}
		return fields
	}
	var f *store.FieldError
	if errors.As(err, &f) {
		return []*huma.ErrorDetail{{Location: "body." + f.Field, Message: f.Msg}}
	}
	return nil
}

// lockedOut is what is answered while too many attempts have failed.
func lockedOut(wait time.Duration) *Problem {
	p := problem(http.StatusTooManyRequests, cause.LockedOut.String(), "too many attempts; try again later")
	p.wait = wait
	return p
}
