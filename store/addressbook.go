package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// An address book is searched in memory. SQLite's own indexes were measured with
// 100,000 contacts: a beginning that all of them share ("ex" of example.org) takes
// FTS5 45 to 80 ms and a table of words 35 to 80 ms, two such words twice that,
// and writing the words of an import 7 to 15 s. Looking at each line in memory
// takes 5 to 15 ms, whatever is asked, and always knows all and the order.

// books are the address books that were searched last, each as of one revision.
// A book never changes: who changes a contact puts another book into its place.
type books struct {
	mu      sync.Mutex
	byOwner map[string]*book
	clock   int64 // counts what was asked
}

// booksKept bounds all books in memory by their contacts: some 60 MB.
const booksKept = 500_000

// book is the contacts of an account, by name.
type book struct {
	revision int64
	entries  []entry
	used     []entry // those that were invited, the last first
	asked    int64   // under books.mu
}

// newBook takes entries in their order.
func newBook(revision int64, entries []entry) *book {
	b := &book{revision: revision, entries: entries}
	for _, e := range entries {
		if e.used > 0 {
			b.used = append(b.used, e)
		}
	}
	slices.SortStableFunc(b.used, func(a, b entry) int { return cmp.Compare(b.used, a.used) })
	return b
}

// entry is a contact as it is searched. The text is of lines: what it is sorted
// by, then what else is searched. A space stands before each word.
type entry struct {
	id, used int64
	key      int // length of the first line
	text     string
	phone    string // digits
	traits   traits
}

func (e entry) sorted() string { return e.text[:e.key] }

func compareEntries(a, b entry) int {
	return cmp.Or(strings.Compare(a.sorted(), b.sorted()), cmp.Compare(a.id, b.id))
}

// entryOf makes a contact's text.
func entryOf(id, used int64, name, company, email, phone string) entry {
	first := words(cmp.Or(name, email, company, phone))
	var b strings.Builder
	b.WriteString(first)
	for _, s := range []string{name, company, email} {
		if s == name && umlauts.Replace(s) == s {
			continue // it is the first line
		}
		b.WriteByte('\n')
		b.WriteString(words(umlauts.Replace(s)))
	}
	e := entry{id: id, used: used, key: len(first), text: b.String(), phone: strings.TrimPrefix(phone, "+")}
	for w := range strings.FieldsSeq(e.text) {
		e.traits.begin(w)
	}
	e.traits[pairs] = pairsOf(e.phone)
	return e
}

// traits tell most entries apart without a look at their text: a bit for the first
// byte of each word, one for the first two bytes, one for each two digits that
// follow each other in the number.
type traits [3]uint64

const pairs = 2

func (t *traits) begin(word string) {
	for i := range min(len(word), 2) {
		t[i] |= trait(word[:i+1])
	}
}

func trait(s string) uint64 {
	h := uint64(s[0])
	if len(s) > 1 {
		h = h*31 + uint64(s[1])
	}
	return 1 << (h * 0x9e3779b97f4a7c15 >> 58)
}

func pairsOf(number string) (t uint64) {
	for i := range max(len(number)-1, 0) {
		t |= trait(number[i : i+2])
	}
	return t
}

// pack puts the texts one behind the other in memory, in the order in which they
// are looked at: that takes a third of the time.
func pack(entries []entry) {
	var b strings.Builder
	for _, e := range entries {
		b.WriteString(e.text)
		b.WriteString(e.phone)
	}
	all := b.String()
	for i := range entries {
		e := &entries[i]
		e.text, all = all[:len(e.text)], all[len(e.text):]
		e.phone, all = all[:len(e.phone)], all[len(e.phone):]
	}
}

// umlauts are written out as one does on a keyboard without them.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")

// words are the folded words of a text, a space before each.
func words(s string) string {
	var b strings.Builder
	for _, w := range splitWords(s) {
		b.WriteByte(' ')
		b.WriteString(w)
	}
	return b.String()
}

func splitWords(s string) []string {
	return strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// search is a query as entries are compared with it: all of its words, the longest
// first.
type search []sought

// sought is a word of a query.
type sought struct {
	word    string
	letters uint64 // its trait; of one letter or of two
	phone   string // its digits; empty: it is no number
	pairs   uint64
}

// searchFor gives false for a query of fewer than two letters and digits.
func searchFor(q string) (search, bool) {
	if number := strings.Trim(q, "+0123456789 ()-./"); number == "" {
		q = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, q)
	}
	var s search
	letters := 0
	for _, w := range splitWords(q) {
		letters += len([]rune(w))
		one := sought{word: w, letters: trait(w[:min(len(w), 2)])}
		if digits(w) {
			one.phone = strings.TrimLeft(w, "0") // of a trunk or international prefix
			one.pairs = pairsOf(one.phone)
		}
		s = append(s, one)
	}
	slices.SortStableFunc(s, func(a, b sought) int { return cmp.Compare(len(b.word), len(a.word)) })
	return s, letters >= 2
}

func (s search) matches(e *entry) bool {
	for i := range s {
		if !s[i].possible(e) {
			return false
		}
	}
	for i := range s {
		w := &s[i]
		if e.traits[min(len(w.word), 2)-1]&w.letters != 0 && hasWord(e.text, w.word) {
			continue
		}
		if w.phone == "" || e.traits[pairs]&w.pairs != w.pairs || !strings.Contains(e.phone, w.phone) {
			return false
		}
	}
	return true
}

// possible is never wrong in saying no.
func (w *sought) possible(e *entry) bool {
	return e.traits[min(len(w.word), 2)-1]&w.letters != 0 || w.phone != "" && e.traits[pairs]&w.pairs == w.pairs
}

// hasWord says whether a word of the text begins so.
func hasWord(text, begin string) bool {
	for i := range len(text) - len(begin) {
		if text[i] == ' ' && text[i+1] == begin[0] && text[i+1:i+1+len(begin)] == begin {
			return true
		}
	}
	return false
}

// find gives the entries of a page, and whether more follow. recent: those used
// last first.
func (b *book) find(s search, after entry, recent bool, limit int) (page []entry, more bool) {
	begin := 0
	if after.id != 0 {
		at, found := slices.BinarySearchFunc(b.entries, after, compareEntries)
		if begin = at; found {
			begin++
		}
	}
	take := func(e *entry) bool { // whether it goes on
		if s.matches(e) {
			page = append(page, *e)
		}
		return len(page) <= limit
	}
	if recent {
		for i := range b.used {
			if !take(&b.used[i]) {
				return page[:limit], true
			}
		}
	}
	for i := begin; i < len(b.entries); i++ {
		if e := &b.entries[i]; (!recent || e.used == 0) && !take(e) {
			return page[:limit], true
		}
	}
	return page, false
}

// edited gives the book after a change: without some entries, and with others.
func (b *book) edited(revision int64, gone []int64, changed []entry) *book {
	entries := make([]entry, 0, len(b.entries)+len(changed))
	for _, e := range b.entries {
		if !slices.Contains(gone, e.id) {
			entries = append(entries, e)
		}
	}
	for _, e := range changed {
		at, _ := slices.BinarySearchFunc(entries, e, compareEntries)
		entries = slices.Insert(entries, at, e)
	}
	return newBook(revision, entries)
}

// book gives an account's contacts as of now.
func (s *Store) book(ctx context.Context, ownerID string) (*book, error) {
	tx, err := s.quick.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, unavailable(err)
	}
	defer tx.Rollback()
	revision, err := bookRevision(ctx, tx, ownerID)
	if err != nil {
		return nil, unavailable(err)
	}
	if b := s.books.get(ownerID); b != nil && b.revision == revision {
		return b, nil
	}
	b, err := readBook(ctx, tx, ownerID, revision)
	if err != nil {
		return nil, unavailable(err)
	}
	s.books.put(ownerID, b)
	return b, nil
}

// bookRevision is 0 while an account has had no contact.
func bookRevision(ctx context.Context, tx *sql.Tx, ownerID string) (revision int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT revision FROM address_books WHERE owner_id = ?", ownerID).Scan(&revision)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return revision, err
}

func readBook(ctx context.Context, tx *sql.Tx, ownerID string, revision int64) (*book, error) {
	rows, err := tx.QueryContext(ctx, "SELECT id, coalesce(used_at, 0), name, company, email, phone FROM contacts WHERE owner_id = ?", ownerID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []entry
	for rows.Next() {
		var id, used int64
		var name, company, email, phone string
		if err := rows.Scan(&id, &used, &name, &company, &email, &phone); err != nil {
			return nil, err
		}
		entries = append(entries, entryOf(id, used, name, company, email, phone))
	}
	slices.SortFunc(entries, compareEntries)
	pack(entries)
	return newBook(revision, entries), rows.Err()
}

func (l *books) get(ownerID string) *book {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.byOwner[ownerID]
	if b != nil {
		l.clock++
		b.asked = l.clock
	}
	return b
}

// put keeps a book, unless a later one is kept already, and forgets those that
// were not asked for longest when there are too many.
func (l *books) put(ownerID string, b *book) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if have := l.byOwner[ownerID]; have != nil && have.revision > b.revision {
		return
	}
	if l.byOwner == nil {
		l.byOwner = map[string]*book{}
	}
	l.clock++
	b.asked = l.clock
	l.byOwner[ownerID] = b
	for l.size() > booksKept && len(l.byOwner) > 1 {
		oldest := ownerID
		for id, other := range l.byOwner {
			if other.asked < l.byOwner[oldest].asked {
				oldest = id
			}
		}
		delete(l.byOwner, oldest)
	}
}

// size counts the contacts in memory. The caller holds mu.
func (l *books) size() (n int) {
	for _, b := range l.byOwner {
		n += len(b.entries)
	}
	return n
}

// cursor is where the page after an entry begins.
func (e entry) cursor() string {
	return strconv.FormatInt(e.id, 10) + "." + base64.RawURLEncoding.EncodeToString([]byte(e.sorted()))
}

// entryAt reads a cursor; one that is none of ours begins at the front.
func entryAt(cursor string) entry {
	before, after, _ := strings.Cut(cursor, ".")
	id, err := strconv.ParseInt(before, 10, 64)
	key, bad := base64.RawURLEncoding.DecodeString(after)
	if err != nil || bad != nil || id <= 0 {
		return entry{}
	}
	return entry{id: id, key: len(key), text: string(key)}
}
