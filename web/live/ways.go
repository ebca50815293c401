package live

import (
	"cmp"
	"slices"
	"strings"
)

// Ways are all ways into a room. What is not configured is left out.
type Ways struct {
	Link      string   `json:"link,omitempty"`
	Numbers   []Number `json:"numbers,omitempty"`
	Extension string   `json:"extension,omitempty"`
	PIN       string   `json:"pin,omitempty"`
	SIP       string   `json:"sip,omitempty" doc:"The SIP address, without the PIN."`
	H323      string   `json:"h323,omitempty" doc:"What a room system dials."`
	// Of the second gateway, for when the first does not answer.
	SIPBackup  string `json:"sip_backup,omitempty" doc:"The SIP address at the second gateway."`
	H323Backup string `json:"h323_backup,omitempty" doc:"What a room system dials at the second gateway."`
	DialIn     string `json:"dial_in,omitempty" doc:"The page with the numbers."`
}

// Number is a telephone number that leads to the reception.
type Number struct {
	Number   string `json:"number" doc:"E.164"`
	Display  string `json:"display" doc:"With spaces, for people."`
	Label    string `json:"label,omitempty"`
	Language string `json:"language,omitempty"`
	Tel      string `json:"tel,omitempty" doc:"Dials the number, the extension and the PIN at one tap."`
}

// Directory is what a gateway knows of the ways to it.
type Directory struct {
	Base    string   // of links: https://meet.example.org
	Numbers []Number // that lead to the reception; without Tel
	// Direct are the numbers that lead to one room, by its extension.
	Direct map[string][]Number
	SIP    string // host, and port if it is another than 5060; empty: no SIP
	H323   string // address; empty: no H.323
	Backup string // host of the second gateway; empty: there is none
}

// Ways are those into one room. A token or PIN that is empty is left out.
func (d Directory) Ways(extension, pin, token string) Ways {
	w := Ways{Extension: extension, PIN: pin}
	if d.Base != "" {
		w.DialIn = d.Base + "/dial-in/" + extension
		if token != "" {
			w.Link = d.Base + "/j/" + token
		}
	}
	if d.SIP != "" {
		w.SIP = extension + "@" + d.SIP
		if d.Backup != "" {
			w.SIPBackup = extension + "@" + bracketed(d.Backup)
		}
	}
	if d.H323 != "" {
		w.H323 = d.H323 + "##" + extension
		if d.Backup != "" {
			w.H323Backup = d.Backup + "##" + extension
		}
	}
	for _, n := range d.Direct[extension] { // its own first: there is less to key
		w.Numbers = append(w.Numbers, n.dialling(pin))
	}
	w.Numbers = append(w.Numbers, d.Call(extension, pin)...)
	if len(w.Numbers) == 0 && w.SIP == "" && w.H323 == "" {
		w.DialIn = ""
	}
	return w
}

// bracketed is a host as it stands in an address.
func bracketed(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Call are the numbers, each dialling extension and PIN by itself. Phones do not
// dial a tel: URL with * or # in it, hence the pauses (commas) and entries that
// end by their length or by silence.
func (d Directory) Call(extension, pin string) []Number {
	if extension == "" {
		pin = ""
	}
	numbers := make([]Number, 0, len(d.Numbers))
	for _, n := range d.Numbers {
		numbers = append(numbers, n.dialling(extension, pin))
	}
	return numbers
}

// dialling is a number with what is dialled behind it; what is empty is left out.
func (n Number) dialling(entries ...string) Number {
	n.Display = cmp.Or(n.Display, DisplayNumber(n.Number))
	n.Tel = "tel:" + n.Number
	for _, e := range entries {
		if e != "" {
			n.Tel += ",," + e
		}
	}
	return n
}

// Speaking puts the numbers of a language first.
func (w Ways) Speaking(language string) Ways {
	w.Numbers = slices.Clone(w.Numbers)
	slices.SortStableFunc(w.Numbers, func(a, b Number) int {
		return cmp.Compare(rank(a, language), rank(b, language))
	})
	return w
}

func rank(n Number, language string) int {
	if strings.EqualFold(n.Language, language) {
		return 0
	}
	return 1
}
