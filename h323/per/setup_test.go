package per_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/partyline/partyline/h323/h225"
	"github.com/partyline/partyline/h323/per"
)

// setup is the user information of a Setup that h323plus sent.
const setup = "20b8060008914a000701400500630061006c006c0065007222c00900003d0e74657374206833323370656572000019312e30" +
	"2e30202848333233706c75732076312e32382e30290000000140070068003300320033003a003600300030007f0000014394" +
	"000256767b7ee4f1118dcd02fc00000001005d0d8007007f00000143d01100f648767b7ee4f1118dcd02fc00000001010001" +
	"000100010002800180"

func BenchmarkSetupDecode(b *testing.B) {
	data, err := hex.DecodeString(setup)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var m h225.H323UserInformation
		if err := per.Unmarshal(data, &m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSetupEncode(b *testing.B) {
	data, err := hex.DecodeString(setup)
	if err != nil {
		b.Fatal(err)
	}
	var m h225.H323UserInformation
	if err := per.Unmarshal(data, &m); err != nil {
		b.Fatal(err)
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		if dst, err = per.Append(dst[:0], &m); err != nil {
			b.Fatal(err)
		}
	}
	if !bytes.Equal(dst, data) {
		b.Errorf("encoded %x, want %x", dst, data)
	}
}
