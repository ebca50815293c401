package meeting

import (
	"cmp"
	_ "embed"
	"slices"
	"strings"
	"time"
)

// zoneNames are those of zone.tab of the IANA database, which has one for each
// country and each place whose clocks differ, without the places of a single state
// or province; and UTC.
//
//go:embed zones.txt
var zoneNames string

// Zone is a time zone as people choose it.
type Zone struct {
	Name   string        // IANA, as "Europe/Zurich"
	Offset time.Duration // from UTC, at the time asked for
}

// Zones gives the zones to choose from, by offset and name. CheckSchedule takes any
// other of the IANA database too. It reads all of them, which takes some 10 ms.
func Zones(at time.Time) []Zone {
	var list []Zone
	for name := range strings.FieldsSeq(zoneNames) {
		if loc, ok := location(name); ok { // a system's database may be older
			list = append(list, Zone{name, offset(at.In(loc))})
		}
	}
	slices.SortFunc(list, func(a, b Zone) int {
		return cmp.Or(cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Name, b.Name))
	})
	return list
}
