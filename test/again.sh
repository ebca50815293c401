#!/bin/sh
# again.sh FLAGS PACKAGES: go test with these; what failed beside all the others is tried
# once more, alone. A test that waits for sound or for a browser may fail because the
# machine had no time for it; alone it passes, or the fault is ours. Data races, panics,
# time-outs, what does not build and more than five failures are not tried again.
#
# GO is the go command; AGAIN are the flags of the second time that -run alone is not
# enough for (tags, -race).
set -u
go=${GO:-go}
most=5
log=$(mktemp)
trap 'rm -f "$log"' EXIT

{ "$go" test "$@" 2>&1; echo "exit $?"; } | tee "$log" | grep -v '^exit [0-9]*$'
test "$(tail -n 1 "$log")" = "exit 0" && exit 0
if grep -qE '^WARNING: DATA RACE|^panic: |^fatal error: ' "$log"; then exit 1; fi

# The failed tests, by package: "package Test|Test".
failed=$(awk '
	/^--- FAIL: / { names = names (names == "" ? "" : "|") $3; next }
	/^FAIL\t/     { if (names == "") names = "?"; print $2, names; names = "" }
	/^ok/         { names = "" }
' "$log")
if [ -z "$failed" ] || echo "$failed" | grep -q ' ?$'; then exit 1; fi
if [ "$(echo "$failed" | grep -o 'Test[^| ]*' | wc -l)" -gt $most ]; then exit 1; fi

echo "$failed" | while read -r package names; do
	echo "again, alone: $names of $package"
	# shellcheck disable=SC2086 # flags are several words
	"$go" test ${AGAIN:-} -count=1 -p 1 -parallel 1 -run "^($names)\$" "$package" || exit 1
done
