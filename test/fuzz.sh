#!/bin/sh
# Runs every fuzz target of the tree for the given time each; those of H.323, which
# anybody may send to, for the second.
set -eu
for_each=${1:-30s}
h323=${2:-$for_each}
grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do
	dir=$(dirname "$file")
	time=$for_each
	case $dir in ./h323/*) time=$h323 ;; esac
	sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file" | while read -r target; do
		echo "== $dir $target"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$time" "$dir"
	done
done
