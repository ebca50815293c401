package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// invite answers POST /v1/calls with a line of JSON for each step of the call out.
// Whoever goes away before the last gives the call up.
func invite(w http.ResponseWriter, q *http.Request, g Gateway) {
	var inv Invitation
	if err := json.NewDecoder(io.LimitReader(q.Body, 4096)).Decode(&inv); err != nil {
		http.Error(w, `{"error":"the request is no JSON"}`, http.StatusBadRequest)
		return
	}
	begun := false
	err := g.Invite(q.Context(), inv, func(p Progress) {
		if !begun {
			begun = true
			w.Header().Set("Content-Type", "application/x-ndjson")
		}
		json.NewEncoder(w).Encode(p)
		http.NewResponseController(w).Flush()
	})
	switch {
	case begun && err != nil:
		json.NewEncoder(w).Encode(Progress{State: Failed, Cause: "internal", Text: err.Error()})
	case !begun:
		reply(w, struct{}{}, err)
	}
}

// Invite has the gateway call somebody into a room and reports each step. It
// returns the last; ctx bounds how long it may take, and its end gives the call up.
func (c *Client) Invite(ctx context.Context, inv Invitation, report func(Progress)) (Progress, error) {
	var last Progress
	body, err := json.Marshal(inv)
	if err != nil {
		return last, err
	}
	req, err := http.NewRequestWithContext(ctx, "POST", "http://control/v1/calls", bytes.NewReader(body))
	if err != nil {
		return last, err
	}
	patient := *c.http
	patient.Timeout = 0
	res, err := c.send(&patient, req)
	if err != nil {
		return last, err
	}
	defer res.Body.Close()
	for steps := json.NewDecoder(res.Body); ; {
		var p Progress
		if err := steps.Decode(&p); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return last, fmt.Errorf("the gateway does not say how the call went on: %w", err)
		}
		last = p
		report(p)
		if p.State == Connected || p.State == Failed {
			return last, nil
		}
	}
}
