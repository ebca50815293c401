package invitation

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// asciiDomain is a domain in letters that every mail server and browser takes:
// labels with others than ASCII letters in Punycode (RFC 5890 §2.3.2.1). ok says that
// labels and the whole are as long as RFC 1035 §2.3.4 lets them be, and of letters,
// digits and hyphens.
func asciiDomain(s string) (domain string, ok bool) {
	s = norm.NFKC.String(strings.ToLower(s))
	labels := strings.Split(strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(s), ".")
	for i, l := range labels {
		if !ascii(l) {
			if l, ok = punycode(l); !ok {
				return "", false
			}
			labels[i] = "xn--" + l
		}
		if l = labels[i]; len(l) < 1 || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return "", false
		}
		if strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return "", false
		}
	}
	s = strings.Join(labels, ".")
	return s, len(s) <= 253
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// The parameters of Punycode (RFC 3492 §5).
const (
	pBase, pMin, pMax = 36, 1, 26
	pSkew, pDamp      = 38, 700
	pBias, pFirst     = 72, 128
)

// punycode encodes a label as RFC 3492 §6.3 does. Letters, digits, marks and hyphens
// are all that a label may have (RFC 5892 has the fine print).
func punycode(label string) (string, bool) {
	runes := []rune(label)
	if len(runes) > 63 {
		return "", false
	}
	var out []byte
	for _, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' {
			return "", false
		}
		if r < pFirst {
			out = append(out, byte(r))
		}
	}
	done := len(out)
	basic := done
	if basic > 0 {
		out = append(out, '-')
	}
	next, delta, bias := rune(pFirst), 0, pBias
	for done < len(runes) {
		least := rune(unicode.MaxRune)
		for _, r := range runes {
			if r >= next {
				least = min(least, r)
			}
		}
		delta += int(least-next) * (done + 1)
		next = least
		for _, r := range runes {
			if r < next {
				delta++
			}
			if r == next {
				out = appendDelta(out, delta, bias)
				bias = adapt(delta, done+1, done == basic)
				delta = 0
				done++
			}
		}
		delta++
		next++
	}
	return string(out), true
}

// appendDelta writes a delta as an integer of variable length (§3.3).
func appendDelta(out []byte, delta, bias int) []byte {
	const digits = "abcdefghijklmnopqrstuvwxyz0123456789"
	for k := pBase; ; k += pBase {
		t := min(max(k-bias, pMin), pMax)
		if delta < t {
			return append(out, digits[delta])
		}
		out = append(out, digits[t+(delta-t)%(pBase-t)])
		delta = (delta - t) / (pBase - t)
	}
}

// adapt is §6.1.
func adapt(delta, points int, first bool) int {
	delta /= 2
	if first {
		delta = delta * 2 / pDamp
	}
	delta += delta / points
	k := 0
	for ; delta > (pBase-pMin)*pMax/2; k += pBase {
		delta /= pBase - pMin
	}
	return k + (pBase-pMin+1)*delta/(delta+pSkew)
}
