"""Reads calendars by Debian's icalendar and prints when their events begin and end:
by nothing but the files, whose zones are their own VTIMEZONE."""

import datetime
import json
import sys

import pytz
from dateutil.rrule import rrulestr
from icalendar import Calendar

YEARS = datetime.timedelta(days=365 * int(sys.argv[1]))


def place(zone, local):
    """A local time's instant: the first of two, or by the offset before (RFC 5545 3.3.5)."""
    if zone is None:
        return local.replace(tzinfo=pytz.utc)
    try:
        return zone.localize(local, is_dst=None)
    except pytz.AmbiguousTimeError:
        return min(zone.localize(local, is_dst=d) for d in (True, False))
    except pytz.NonExistentTimeError:
        return max(zone.localize(local, is_dst=d) for d in (True, False))


def read(path):
    with open(path, "rb") as f:
        calendar = Calendar.from_ical(f.read())
    zones = {str(z["TZID"]): z.to_tz() for z in calendar.walk("VTIMEZONE")}

    def instant(prop):
        zone = zones[prop.params["TZID"]] if "TZID" in prop.params else None
        return place(zone, prop.dt.replace(tzinfo=None)), zone

    events = calendar.walk("VEVENT")
    changed = {}
    for e in events:
        if e.errors:
            raise ValueError(e.errors)
        if "RECURRENCE-ID" in e:
            changed[instant(e["RECURRENCE-ID"])[0]] = e
    found = []

    def add(e, start, length):
        found.append([int(t.timestamp()) for t in (start, start + length)])

    for e in events:
        start, zone = instant(e["DTSTART"])
        length = instant(e["DTEND"])[0] - start if "DTEND" in e else e["DURATION"].dt
        if "RRULE" not in e:
            add(e, start, length)
            continue
        out = e.get("EXDATE", [])
        out = {instant_of(x, zones) for l in (out if isinstance(out, list) else [out]) for x in l.dts}
        text = e["RRULE"].to_ical().decode()
        last = None
        parts = []
        for part in text.split(";"):  # UNTIL is in UTC, the rule runs on the wall
            if part.startswith("UNTIL="):
                last = pytz.utc.localize(datetime.datetime.strptime(part[6:], "%Y%m%dT%H%M%SZ"))
            else:
                parts.append(part)
        first = e["DTSTART"].dt.replace(tzinfo=None)
        for local in rrulestr(";".join(parts), dtstart=first):
            at = place(zone, local)
            if local > first + YEARS or last and at > last:
                break
            if at not in out and at not in changed:
                add(e, at, length)
    return sorted(found)


def instant_of(x, zones):
    zone = zones[x.params["TZID"]] if "TZID" in x.params else None
    return place(zone, x.dt.replace(tzinfo=None))


json.dump({path: read(path) for path in sys.argv[2:]}, sys.stdout)
