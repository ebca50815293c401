package h225

import (
	"reflect"

	"github.com/partyline/partyline/h323/h235"
	"github.com/partyline/partyline/h323/h245"
	"github.com/partyline/partyline/h323/per"
)

// hidden stands for what is called in a second stage: it may be a PIN.
const hidden = "****"

// Hide takes out of a message, to which m points, what others must not see. hide is
// given each number and name of an alias address and says how it is shown. Passwords
// and what is made of them go (H.235), keys pressed in tunnelled H.245, the digits
// of a second stage, and all that this version cannot read: additions that it does
// not know and what other protocols carry along. Encode it to see what is left.
func Hide(m any, hide func(string) string) { hider(hide).value(reflect.ValueOf(m)) }

type hider func(string) string

var (
	typeExtra  = reflect.TypeFor[per.Extra]()
	typeBits   = reflect.TypeFor[per.BitString]()
	typeCrypto = reflect.TypeFor[[]CryptoH323Token]()
)

// value walks through a message.
func (h hider) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			h.value(v.Elem())
		}
	case reflect.Slice:
		switch {
		case v.Type() == typeCrypto:
			v.SetZero()
		case v.Type().Elem().Kind() != reflect.Uint8:
			for i := range v.Len() {
				h.value(v.Index(i))
			}
		}
	case reflect.Struct:
		h.fields(v)
	}
}

func (h hider) fields(v reflect.Value) {
	switch p := v.Addr().Interface().(type) {
	case *per.BitString:
		return
	case *AliasAddress:
		h.texts(v)
		return
	case *H323UUPDU:
		h.carried(p)
	case *SetupUUIE:
		if p.DestExtraCallInfo != nil {
			p.DestExtraCallInfo = []AliasAddress{AliasH323ID(hidden)}
		}
		p.ParallelH245Control = hideControl(p.ParallelH245Control)
	case *h235.ClearToken:
		p.Password, p.NonStandard, p.ProfileInfo = nil, nil, nil
	case *UnknownMessageResponse:
		p.MessageNotUnderstood = nil
	}
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Type() == typeExtra:
			f.SetZero()
		case f.CanSet() && f.Type() != typeBits:
			h.value(f)
		}
	}
}

// texts hides in all texts of an alias.
func (h hider) texts(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			h.texts(v.Elem())
		}
	case reflect.String:
		if v.CanSet() {
			v.SetString(h(v.String()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			switch {
			case f.Type() == typeExtra:
				f.SetZero()
			case f.CanSet():
				h.texts(f)
			}
		}
	}
}

// carried takes away what a message carries of other protocols.
func (h hider) carried(p *H323UUPDU) {
	p.NonStandardData, p.NonStandardControl = nil, nil
	p.H4501SupplementaryService, p.TunnelledSignallingMessage, p.StimulusControl = nil, nil, nil
	p.H245Control = hideControl(p.H245Control)
}

// hideControl is tunnelled H.245 as far as it may be shown.
func hideControl(pdus [][]byte) [][]byte {
	var shown [][]byte
	for _, pdu := range pdus {
		all, err := h245.UnmarshalAll(pdu)
		if err != nil {
			continue
		}
		for _, m := range all {
			if !h245.Hide(m) {
				continue
			}
			if octets, err := h245.Marshal(m); err == nil {
				shown = append(shown, octets)
			}
		}
	}
	return shown
}

// Chosen names the alternative that is set in the CHOICE that p points to, as H.225.0
// writes it; Unknown if there is none.
func Chosen(p any) string { return chosen(p) }
