package h225

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// shownLen is how many octets of a product's name or version are shown.
const shownLen = 64

// NewVendorIdentifier says who we are: the manufacturer's code in its T.35
// country, product and version, each at most 256 octets; an empty one is left out.
func NewVendorIdentifier(vendor H221NonStandard, product, version string) *VendorIdentifier {
	v := &VendorIdentifier{Vendor: vendor}
	if product != "" {
		v.ProductId = []byte(product[:min(len(product), 256)])
	}
	if version != "" {
		v.VersionId = []byte(version[:min(len(version), 256)])
	}
	return v
}

// Product is the name of the product, fit to be shown: see [CleanText].
func (v *VendorIdentifier) Product() string {
	if v == nil {
		return ""
	}
	return CleanText(v.ProductId)
}

// Version is the product's version, fit to be shown: see [CleanText].
func (v *VendorIdentifier) Version() string {
	if v == nil {
		return ""
	}
	return CleanText(v.VersionId)
}

// CleanText makes text fit to be shown and logged of octets that a stranger sent
// for a name: endpoints end it with a NUL and pad it, some send ISO 8859-1. What
// can't be printed becomes a space, runs of spaces one; at most 64 octets are left.
func CleanText(octets []byte) string {
	if i := strings.IndexByte(string(octets), 0); i > 0 {
		octets = octets[:i]
	}
	var text strings.Builder
	space := false
	for len(octets) > 0 {
		r, n := utf8.DecodeRune(octets)
		if r == utf8.RuneError && n == 1 {
			r = rune(octets[0]) // ISO 8859-1
		}
		octets = octets[n:]
		if !unicode.IsPrint(r) || r == ' ' {
			space = text.Len() > 0
			continue
		}
		if space {
			text.WriteByte(' ')
			space = false
		}
		if text.Len()+utf8.RuneLen(r) > shownLen {
			break
		}
		text.WriteRune(r)
	}
	return strings.TrimSpace(text.String())
}
