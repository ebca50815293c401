package dialplan

import (
	"unicode"
	"unicode/utf8"
)

// token is one part of a glob.
type token struct {
	kind tokenKind
	r    rune // tokenRune: folded
}

type tokenKind uint8

const (
	tokenRune tokenKind = iota // this character
	tokenOne                   // any one character
	tokenRun                   // any run of characters, an empty one too
	tokenSome                  // some run of characters, as a regular expression decides
)

// normalized brings each run of wildcards into one form: first the single
// characters, then one run. That is what makes equal globs look equal.
func normalized(glob []token) []token {
	var out []token
	for i := 0; i < len(glob); {
		if k := glob[i].kind; k != tokenOne && k != tokenRun {
			out = append(out, glob[i])
			i++
			continue
		}
		run := false
		for ; i < len(glob) && (glob[i].kind == tokenOne || glob[i].kind == tokenRun); i++ {
			if glob[i].kind == tokenOne {
				out = append(out, glob[i])
			}
			run = run || glob[i].kind == tokenRun
		}
		if run {
			out = append(out, token{kind: tokenRun})
		}
	}
	return out
}

// fold gives one rune for all that differ in case only (Unicode simple folding,
// as the regular expressions have it).
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'a' <= r && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// matchGlob compares a glob without captures with a text. When a character does
// not fit, the last run before it takes one more.
func matchGlob(glob []token, s string) bool {
	g, run, tried := 0, -1, 0
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case g < len(glob) && glob[g].kind == tokenRun:
			run, tried = g, i
			g++
		case g < len(glob) && (glob[g].kind == tokenOne || glob[g].r == fold(r)):
			g++
			i += n
		case run >= 0:
			_, n = utf8.DecodeRuneInString(s[tried:])
			tried += n
			g, i = run+1, tried
		default:
			return false
		}
	}
	for g < len(glob) && glob[g].kind == tokenRun {
		g++
	}
	return g == len(glob)
}

// Covers says that everything b matches is matched by a too. It may say no where
// that is so: regular expressions are alike only if they are written alike.
func Covers(a, b *Pattern) bool {
	if a.protocol != "" && a.protocol != b.protocol {
		return false
	}
	if a.any {
		return true
	}
	if a.host != b.host {
		// user@host is compared by one and the user alone by the other.
		return false
	}
	_, restA, _ := a.parts()
	_, restB, _ := b.parts()
	if restA == restB {
		return true
	}
	if a.glob == nil || b.glob == nil {
		return false
	}
	return covers(a.glob, b.glob)
}

// parts are the protocol and the rest of the pattern as written.
func (p *Pattern) parts() (scheme, rest string, ok bool) {
	if p.protocol == "" {
		return "", p.source, false
	}
	return splitScheme(p.source)
}

// covers compares globs like matchGlob does a text, with b's parts in place of
// characters: what b leaves open only a's runs may take.
func covers(a, b []token) bool {
	i, run, tried := 0, -1, 0
	for j := 0; j < len(b); {
		switch {
		case i < len(a) && a[i].kind == tokenRun:
			run, tried = i, j
			i++
		case i < len(a) && takes(a[i], b[j]):
			i++
			j++
		case run >= 0:
			tried++
			i, j = run+1, tried
		default:
			return false
		}
	}
	for i < len(a) && a[i].kind == tokenRun {
		i++
	}
	return i == len(a)
}

// takes says that one part of a glob takes whatever the other stands for.
func takes(a, b token) bool {
	switch a.kind {
	case tokenOne:
		return b.kind == tokenRune || b.kind == tokenOne
	case tokenRune:
		return b.kind == tokenRune && a.r == b.r
	}
	return false
}
