package dialplan

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Outbound is a call that is to be made.
type Outbound struct {
	// Called is a number (+41…, 044…, tel:+41…) or a URI (sip:…, h323:…).
	Called string
	From   string // the room's extension
	Host   string // the account of the host who calls
	Time   time.Time
	Trace  bool // the Route is to tell its steps
}

// OutboundRule says which trunks carry calls to the numbers it matches, or that
// they are forbidden. Empty conditions match everything.
type OutboundRule struct {
	Match    *Pattern
	Prefixes *Prefixes
	From     *Pattern // the room's extension, or the host's account
	Time     *Schedule
	Trunks   []string // in the order in which they are tried
	CallerID string
	// Strip is what the number begins with and Prefix what it begins with
	// instead.
	Strip, Prefix string
	Deny          string // not empty: forbidden, and this says why
	Source        string
}

// Route is where an outgoing call goes.
type Route struct {
	Allowed  bool
	Trunks   []string // in order; none: straight to the host that the URI names
	CallerID string   // empty: the trunk's own
	Number   string   // what is dialled: E.164 on trunks if it can be, or the URI
	Country  string   // of the number, if it is known
	Reason   string   // why not
	Trace    []Step   // if asked for
}

// route is an outgoing call on its way through the plan.
type route struct {
	Route
	steps
	out    Outbound
	scheme string // sip, h323 or tel
	user   string // of a URI; of a number its digits, in E.164 if it can be
	host   string
}

// Route says which trunks carry a call. A telephone number without a rule that
// matches goes nowhere: nothing goes out that isn't allowed. Any other address
// may be called unless a rule forbids it, but not so as to get around the rules
// for numbers: see direct.
func (p *Plan) Route(o Outbound) Route {
	r := &route{out: o}
	r.on = o.Trace
	switch r.parse(); {
	case len(o.Called) > maxAddress:
		r.note(true, "built-in: length", "", fmt.Sprintf("no address has more than %d characters", maxAddress))
		r.Reason = "the address is too long"
	case r.host != "" || r.scheme == "h323":
		p.direct(r)
	default:
		p.toNumber(r)
	}
	r.Trace = r.list
	return r.Route
}

// parse takes the address apart.
func (r *route) parse() {
	r.scheme, r.user = "tel", r.out.Called
	if scheme, rest, ok := splitScheme(r.out.Called); ok {
		scheme = strings.ToLower(scheme)
		switch scheme {
		case "sips":
			scheme = "sip"
		case "sip", "h323", "tel":
		default:
			return // an address of some other protocol: no rule matches it
		}
		r.scheme, r.user = scheme, rest
	}
	// Parameters and headers of the URI (RFC 3261 §19.1, RFC 3966 §3).
	if i := strings.IndexAny(r.user, ";?"); i >= 0 {
		r.user = r.user[:i]
	}
	if r.scheme == "tel" {
		return
	}
	if i := strings.LastIndexByte(r.user, '@'); i >= 0 {
		r.user, r.host = r.user[:i], hostOf(r.user[i+1:])
	} else if _, number := dialled(r.user); number && r.scheme == "sip" {
		r.scheme = "tel" // sip:+41445550100: no host has such a name
	} else if r.scheme == "sip" {
		r.user, r.host = "", hostOf(r.user)
	}
	r.user = parseUser(r.user)
}

// parseUser undoes the escapes, behind which a number could hide from the rules.
func parseUser(user string) string {
	if !strings.Contains(user, "%") {
		return user
	}
	return parseAddress(user, "-").user
}

// hostOf is the host of host:port or [host]:port.
func hostOf(hostport string) string {
	if inside, ok := strings.CutPrefix(hostport, "["); ok {
		inside, _, _ = strings.Cut(inside, "]")
		return inside
	}
	if strings.Count(hostport, ":") == 1 {
		hostport, _, _ = strings.Cut(hostport, ":")
	}
	return strings.ToLower(strings.TrimSuffix(hostport, "."))
}

// toNumber finds the rule for a number, then asks whether what is dialled keeps
// to the limits.
func (p *Plan) toNumber(r *route) {
	number, international := normal(r.user)
	if _, ok := dialled(number); !ok {
		r.note(true, "built-in: number", "", "there are other characters in it than digits")
		r.Reason = "it is no telephone number"
		return
	}
	if !international && p.Country != "" {
		home := Numbering{Form: National, Country: p.Country}
		if read, ok := home.E164(number); ok && len(number) >= minNumber {
			r.note(false, "dialplan.country", "", fmt.Sprintf("in %s, %s is %s", p.Country, number, read))
			number = read
		}
	}
	r.user, r.Number = number, number
	for i := range p.Outbound {
		if p.try(r, i, "sip", number, "") {
			return
		}
	}
	r.note(false, "end of the dialplan", "", "no rule matches")
	r.Reason = "no outbound rule allows it"
}

// try asks one rule; it says whether the rule has decided.
func (p *Plan) try(r *route, i int, protocol, user, host string) bool {
	o := &p.Outbound[i]
	row, why := o.match(r, protocol, user, host)
	if why != "" {
		if r.on {
			r.note(false, o.name(i), o.Source, why)
		}
		return false
	}
	trunks, deny := o.Trunks, o.Deny
	if deny == "" {
		deny = row.Deny
	}
	if len(row.Trunks) > 0 {
		trunks = row.Trunks
	}
	if deny != "" {
		r.note(true, o.name(i), o.Source, "matches"+row.words(o)+"; the rule refuses: "+deny)
		r.Reason = deny
		return true
	}
	if rest, ok := strings.CutPrefix(user, o.Strip); ok && host == "" {
		r.Number, _ = normal(o.Prefix + rest)
	}
	if r.on {
		r.note(true, o.name(i), o.Source, "matches"+row.words(o)+dialledWords(user, r.Number, host)+"; "+trunkWords(trunks))
	}
	if !p.within(r, user, host) {
		return true
	}
	r.Allowed, r.Trunks, r.CallerID = true, slices.Clone(trunks), o.CallerID
	return true
}

func (o *OutboundRule) name(i int) string {
	switch {
	case o.Match != nil:
		return fmt.Sprintf("outbound rule %d: %s", i+1, o.Match)
	case o.Prefixes != nil:
		return fmt.Sprintf("outbound rule %d: %s", i+1, o.Prefixes.Name())
	}
	return fmt.Sprintf("outbound rule %d", i+1)
}

// match says why the rule does not match, or gives the row of its table.
func (o *OutboundRule) match(r *route, protocol, user, host string) (row Prefix, why string) {
	if o.Match != nil {
		if o.Match.protocol != "" && o.Match.protocol != protocol {
			return row, r.why("the rule is for %s", o.Match.protocol)
		}
		if _, ok := o.Match.Match(protocol, user, host); !ok {
			return row, "what is called does not match"
		}
	}
	if o.Prefixes != nil {
		var ok bool
		switch row, ok = o.Prefixes.Find(user); {
		case !ok:
			return row, r.why("the number is not in %s", o.Prefixes.Name())
		case row.Except:
			return row, r.why("%s excepts %s (line %d)", o.Prefixes.Name(), row.Digits, row.Line)
		}
	}
	if o.From != nil && !o.calls(r.out) {
		return row, r.why("neither the room nor the host matches %s", o.From)
	}
	if o.Time != nil && !o.Time.Holds(r.out.Time) {
		return row, r.why("there it is %s; the rule holds %s", o.Time.words(r.out.Time), o.Time)
	}
	return row, ""
}

// why puts into words why a rule does not match, if anybody reads them.
func (r *route) why(format string, args ...any) string {
	if !r.on {
		return "no"
	}
	return fmt.Sprintf(format, args...)
}

// calls compares who calls with the rule's from.
func (o *OutboundRule) calls(out Outbound) bool {
	for _, who := range []string{out.From, out.Host} {
		if who == "" {
			continue
		}
		user, host, account := strings.Cut(who, "@")
		switch {
		case !o.From.host:
			user = who
		case !account:
			continue
		}
		if _, ok := o.From.Match(o.From.protocol, user, host); ok {
			return true
		}
	}
	return false
}

// words say which row of a table it was.
func (r Prefix) words(o *OutboundRule) string {
	if o.Prefixes == nil {
		return ""
	}
	return fmt.Sprintf(" %s (%s line %d)", r.Digits, o.Prefixes.Name(), r.Line)
}

func dialledWords(called, number, host string) string {
	if host != "" || called == number {
		return ""
	}
	return "; dialled is " + number
}

func trunkWords(trunks []string) string {
	switch len(trunks) {
	case 0:
		return "straight to the host"
	case 1:
		return "trunk " + trunks[0]
	}
	return "trunks " + strings.Join(trunks, ", then ")
}

// within asks whether the number keeps to the limits that hold for all. The user
// part of a URI counts if it is a number in international form.
func (p *Plan) within(r *route, user, host string) bool {
	number := r.Number
	if host != "" {
		number, _ = normal(user)
	}
	digits, numeric := dialled(number)
	if !numeric || host != "" && !global(number) {
		return true
	}
	refuse := func(rule, why string) bool {
		r.note(true, rule, "", why)
		r.Reason = why
		return false
	}
	length := len(strings.TrimPrefix(digits, "+"))
	if most := p.Limits.NumberLength; most > 0 && length > most {
		return refuse("limits.outbound.number_length", fmt.Sprintf("the number has %d digits, and %d is the most", length, most))
	}
	if !global(number) {
		// Of a number written in any other way nobody can say where it leads.
		if len(p.Limits.Countries) > 0 && (number[0] == '+' || length >= minNumber) {
			return refuse("limits.outbound.countries", "the number says no country: write it with + and country code")
		}
		return true
	}
	r.Country = Country(number)
	switch {
	case len(p.Limits.Countries) == 0:
	case r.Country == "":
		return refuse("limits.outbound.countries", "no country has such numbers")
	case !slices.Contains(p.Limits.Countries, r.Country):
		return refuse("limits.outbound.countries", "calls to "+countryWords(r.Country)+" are off")
	default:
		r.note(false, "limits.outbound.countries", "", "calls to "+r.Country+" are allowed")
	}
	if !p.Limits.Premium && Service(number) == premium {
		return refuse("limits.outbound.premium", "premium rate numbers are off")
	}
	return true
}

func countryWords(code string) string {
	if code == "001" {
		return "satellite and other networks of no country"
	}
	return code
}

// direct decides about a URI that names a host. Rules that name its protocol come
// first. A host that is a trunk's is called by the rules for numbers, for a trunk
// may take a call from us to anywhere; so is a number in international form,
// which then still goes where the URI says.
func (p *Plan) direct(r *route) {
	r.Number = r.out.Called
	for i := range p.Outbound {
		if m := p.Outbound[i].Match; m == nil || m.protocol != r.scheme {
			continue
		}
		if p.try(r, i, r.scheme, r.user, r.host) {
			return
		}
	}
	if t := p.trunkAt(r.host); t != "" {
		r.note(false, "built-in: host of a trunk", "", r.host+" is a peer of trunk "+t+": the rules for numbers decide")
		p.toNumber(r)
		return
	}
	_, international := normal(r.user)
	if !international {
		r.note(true, "built-in: address", "", "no rule forbids it; it is no telephone number")
		r.Allowed = true
		return
	}
	r.note(false, "built-in: address", "", r.user+" is a telephone number: the rules for numbers decide")
	if p.toNumber(r); r.Allowed && r.host != "" {
		r.Number, r.Trunks = r.out.Called, nil
	}
}

// trunkAt names the trunk that has a peer at a host.
func (p *Plan) trunkAt(host string) string {
	addr, err := netip.ParseAddr(host)
	for i := range p.Trunks {
		t := &p.Trunks[i]
		if host != "" && slices.Contains(t.Hosts, host) {
			return t.Name
		}
		if err == nil && slices.ContainsFunc(t.Networks, func(n netip.Prefix) bool { return n.Contains(addr.Unmap()) }) {
			return t.Name
		}
	}
	return ""
}
