package main

import (
	"context"

	"github.com/partyline/partyline/admission"
	"github.com/partyline/partyline/cause"
	"github.com/partyline/partyline/telemetry"
)

// countedDoor is the one admission with its verdicts counted.
type countedDoor struct {
	*admission.Admission
	metrics *telemetry.Registry
}

// Admit implements reception.Door.
func (d countedDoor) Admit(ctx context.Context, q admission.Request) admission.Verdict {
	v := d.Admission.Admit(ctx, q)
	word := "admitted"
	if v.Cause != cause.None {
		word = v.Cause.String()
	}
	d.metrics.Count("partyline_admissions_total", word)
	return v
}
