package per

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"
)

// The examples of X.691 Annex A, in the ALIGNED variant. SETs are in the canonical
// order of their tags.

type nameA1 struct {
	_                              struct{} `per:"sequence"`
	GivenName, Initial, FamilyName string   `per:"visible"`
}

type childA1 struct {
	_           struct{} `per:"sequence"`
	Name        nameA1
	DateOfBirth string `per:"visible"`
}

type recordA1 struct {
	_            struct{} `per:"sequence"`
	Name         nameA1
	Number       int
	Title        string `per:"visible"`
	DateOfHire   string `per:"visible"`
	NameOfSpouse nameA1
	Children     []childA1 `per:"opt"`
}

type nameA2 struct {
	_          struct{} `per:"sequence"`
	GivenName  string   `per:"visible;size=1..64;from=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."`
	Initial    string   `per:"visible;size=1;from=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."`
	FamilyName string   `per:"visible;size=1..64;from=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."`
}

type childA2 struct {
	_           struct{} `per:"sequence"`
	Name        nameA2
	DateOfBirth string `per:"visible;size=8;from=0123456789"`
}

type recordA2 struct {
	_            struct{} `per:"sequence"`
	Name         nameA2
	Number       int
	Title        string `per:"visible"`
	DateOfHire   string `per:"visible;size=8;from=0123456789"`
	NameOfSpouse nameA2
	Children     []childA2 `per:"opt"`
}

type nameA3 struct {
	Extra      `per:"sequence,ext"`
	GivenName  string `per:"visible;size=1..64,...;from=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."`
	Initial    string `per:"visible;size=1;from=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."`
	FamilyName string `per:"visible;size=1..64,...;from=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-."`
}

type sexA3 int

func (sexA3) PEREnum() (root, additions int, ext bool) { return 3, 0, false }

type childA3 struct {
	Extra       `per:"sequence,ext"`
	Name        nameA3
	DateOfBirth string `per:"visible;size=8,...;from=0123456789"`
	Sex         *sexA3 `per:"add"`
}

type recordA3 struct {
	Extra        `per:"sequence,ext"`
	Name         nameA3
	Number       int    `per:"range=0..9999,..."`
	Title        string `per:"visible"`
	DateOfHire   string `per:"visible;size=8,...;from=0123456789"`
	NameOfSpouse nameA3
	Children     []childA3 `per:"opt;size=2,..."`
}

type groupE struct {
	_ struct{} `per:"sequence"`
	G string   `per:"numeric;size=3"`
	H *bool    `per:"opt"`
}

type choiceA4 struct {
	Extra `per:"choice,ext"`
	D     *int
	E     *bool   `per:"add"`
	F     *string `per:"add"`
}

type recordA4 struct {
	Extra `per:"sequence,ext"`
	A     int `per:"range=250..253"`
	B     bool
	C     choiceA4
	I     *string `per:"opt;bmp"`
	J     *string `per:"opt;printable"`
	Group *groupE `per:"add"`
}

func TestAnnexA(t *testing.T) {
	female := sexA3(1)
	for _, tt := range []struct {
		name string
		v    any
		hex  string
	}{
		{
			"A.1 no constraints",
			&recordA1{
				Name: nameA1{GivenName: "John", Initial: "P", FamilyName: "Smith"}, Number: 51, Title: "Director",
				DateOfHire: "19710917", NameOfSpouse: nameA1{GivenName: "Mary", Initial: "T", FamilyName: "Smith"},
				Children: []childA1{
					{Name: nameA1{GivenName: "Ralph", Initial: "T", FamilyName: "Smith"}, DateOfBirth: "19571111"},
					{Name: nameA1{GivenName: "Susan", Initial: "B", FamilyName: "Jones"}, DateOfBirth: "19590717"},
				},
			},
			`80044A6F 686E0150 05536D69 74680133 08446972 6563746F 72083139 37313039
			 3137044D 61727901 5405536D 69746802 0552616C 70680154 05536D69 74680831
			 39353731 31313105 53757361 6E014205 4A6F6E65 73083139 35393037 3137`,
		},
		{
			"A.2 constraints",
			&recordA2{
				Name: nameA2{GivenName: "John", Initial: "P", FamilyName: "Smith"}, Number: 51, Title: "Director",
				DateOfHire: "19710917", NameOfSpouse: nameA2{GivenName: "Mary", Initial: "T", FamilyName: "Smith"},
				Children: []childA2{
					{Name: nameA2{GivenName: "Ralph", Initial: "T", FamilyName: "Smith"}, DateOfBirth: "19571111"},
					{Name: nameA2{GivenName: "Susan", Initial: "B", FamilyName: "Jones"}, DateOfBirth: "19590717"},
				},
			},
			`864A6F68 6E501053 6D697468 01330844 69726563 746F7219 7109170C 4D617279
			 5410536D 69746802 1052616C 70685410 536D6974 68195711 11105375 73616E42
			 104A6F6E 65731959 0717`,
		},
		{
			"A.3 extension markers",
			&recordA3{
				Name: nameA3{GivenName: "John", Initial: "P", FamilyName: "Smith"}, Number: 51, Title: "Director",
				DateOfHire: "19710917", NameOfSpouse: nameA3{GivenName: "Mary", Initial: "T", FamilyName: "Smith"},
				Children: []childA3{
					{Name: nameA3{GivenName: "Ralph", Initial: "T", FamilyName: "Smith"}, DateOfBirth: "19571111"},
					{Name: nameA3{GivenName: "Susan", Initial: "B", FamilyName: "Jones"}, DateOfBirth: "19590717", Sex: &female},
				},
			},
			`40C04A6F 686E5008 536D6974 68000033 08446972 6563746F 72001971 0917034D
			 61727954 08536D69 74680100 52616C70 68540853 6D697468 00195711 11820053
			 7573616E 42084A6F 6E657300 19590717 010140`,
		},
		{
			"A.4 extension addition groups",
			&recordA4{A: 253, B: true, C: choiceA4{E: new(true)}, Group: &groupE{G: "123", H: new(true)}},
			"9E000180 010291A4",
		},
	} {
		t.Run(tt.name, func(t *testing.T) { same(t, tt.v, tt.hex) })
	}
}

// same checks that v encodes to the octets in hex and that they decode to v.
func same(t *testing.T, v any, digits string) {
	t.Helper()
	want, err := hex.DecodeString(strings.Join(strings.Fields(digits), ""))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("encoded\n%x, want\n%x", got, want)
	}
	back := reflect.New(reflect.TypeOf(v).Elem())
	if err := Unmarshal(want, back.Interface()); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Interface(), v) {
		t.Errorf("decoded\n%+v, want\n%+v", back.Interface(), v)
	}
}
