#!/bin/sh
# Runs the tests with real phones. On a busy machine a phone may come too late:
# what fails is said, and tried once more, alone.
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
go test -count=1 -tags peers -timeout 15m "$@" ./test/... >"$log" 2>&1
status=$?
cat "$log"
[ $status = 0 ] && exit 0
failed=$(sed -n 's/^--- FAIL: \([A-Za-z0-9_]*\).*/\1/p' "$log" | sort -u | paste -sd '|' -)
[ -n "$failed" ] || exit $status
echo "once more, alone: $failed"
exec go test -count=1 -tags peers -timeout 10m -parallel 1 -run "^($failed)\$" ./test/...
