package per

import (
	"errors"
	"testing"
)

// TestTypes: Go types that describe no ASN.1 type are told apart when first used.
func TestTypes(t *testing.T) {
	for name, v := range map[string]any{
		"not a pointer": tree{},
		"nil":           nil,
		"nil pointer":   (*tree)(nil),
		"no struct":     new(int),
		"no marker":     &struct{ A bool }{},
		"empty struct":  &struct{}{},
		"unknown marker": &struct {
			_ struct{} `per:"bag"`
		}{},
		"Extra not embedded": &struct {
			X Extra `per:"sequence,ext"`
		}{},
		"unknown tag": &struct {
			_ struct{} `per:"sequence"`
			A int      `per:"rnge=1..2"`
		}{},
		"empty bounds": &struct {
			_ struct{} `per:"sequence"`
			A int      `per:"range=2..1"`
		}{},
		"no number": &struct {
			_ struct{} `per:"sequence"`
			A int      `per:"range=a..1"`
		}{},
		"no bounds": &struct {
			_ struct{} `per:"sequence"`
			A int      `per:"range=.."`
		}{},
		"negative size": &struct {
			_ struct{} `per:"sequence"`
			A []byte   `per:"size=-1..4"`
		}{},
		"optional value": &struct {
			_ struct{} `per:"sequence"`
			A int      `per:"opt"`
		}{},
		"mandatory pointer": &struct {
			_ struct{} `per:"sequence"`
			A *int
		}{},
		"addition without ext": &struct {
			_ struct{} `per:"sequence"`
			A *int     `per:"add"`
		}{},
		"root after an addition": &struct {
			_ struct{} `per:"sequence,ext"`
			A *int     `per:"add"`
			B int
		}{},
		"alternative after an addition": &struct {
			_ struct{} `per:"choice,ext"`
			A *int
			B *int `per:"add"`
			C *int
		}{},
		"choice of additions": &struct {
			_ struct{} `per:"choice,ext"`
			B *int     `per:"add"`
		}{},
		"alternative by value": &struct {
			_ struct{} `per:"choice"`
			B int
		}{},
		"unexported": &struct {
			_ struct{} `per:"sequence"`
			a int
		}{},
		"unsigned": &struct {
			_ struct{} `per:"sequence"`
			A uint
		}{},
		"map": &struct {
			_ struct{} `per:"sequence"`
			A map[string]int
		}{},
		"alphabet of a BMPString": &struct {
			_ struct{} `per:"sequence"`
			A string   `per:"bmp;from=ab"`
		}{},
		"enumeration of nothing": &one[nothing]{},
	} {
		if err := Unmarshal([]byte{0, 0, 0}, v); !errors.Is(err, ErrType) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "not a pointer" {
			continue
		}
		if _, err := Marshal(v); !errors.Is(err, ErrType) {
			t.Errorf("%s, encoding: %v", name, err)
		}
	}
}

type nothing int

func (nothing) PEREnum() (root, additions int, ext bool) { return 0, 0, false }

func TestBounds(t *testing.T) {
	for s, want := range map[string]bounds{
		"0..255":          {lo: 0, hi: 255, hasLo: true, hasHi: true},
		"16":              {lo: 16, hi: 16, hasLo: true, hasHi: true},
		"1..":             {lo: 1, hasLo: true},
		"..5":             {hi: 5, hasHi: true},
		"0..3,...":        {lo: 0, hi: 3, hasLo: true, hasHi: true, ext: true},
		"4,...":           {lo: 4, hi: 4, hasLo: true, hasHi: true, ext: true},
		"-262144..262143": {lo: -262144, hi: 262143, hasLo: true, hasHi: true},
		"0..4294967295":   {lo: 0, hi: 4294967295, hasLo: true, hasHi: true},
		"-5":              {lo: -5, hi: -5, hasLo: true, hasHi: true},
		"1..,...":         {lo: 1, hasLo: true, ext: true},
	} {
		if got, err := parseBounds(s); err != nil || got != want {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
}
