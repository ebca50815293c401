#!/bin/sh
# Prints the licence texts of all that is in the binary: Partyline's, Go's, each
# module's as the module cache has them, and those of what the page is built from. It
# fails if a module has none.
set -eu
cd "$(dirname "$0")/../.."
GO=${GO:-go}

title() {
	printf '\n\n================================================================================\n'
	printf '%s\n================================================================================\n\n' "$1"
}

# texts prints every licence in a directory, also those of what a module has copied.
texts() { # name, directory
	files=$(cd "$2" && find . -type f \( -iname 'licen[cs]e*' -o -iname '*-licen[cs]e*' -o -iname 'copying*' \
		-o -iname 'notice*' -o -iname 'patents' \) -not -path '*/testdata/*' \
		-not -name '*.go' -not -name '*.y*ml' -not -name '*.json' | LC_ALL=C sort)
	[ -n "$files" ] || { echo "licences: $1 has no licence text in $2" >&2; exit 1; }
	for f in $files; do
		title "$1: ${f#./}"
		cat "$2/$f"
	done
}

echo "The licences of what is in the program partyline; NOTICE sums them up."
title "Partyline: LICENSE"
cat LICENSE
goroot=$($GO env GOROOT)
title "Go $($GO env GOVERSION): LICENSE"
cat "$goroot/LICENSE"
modules=$(CGO_ENABLED=0 GOOS=linux $GO list -deps \
	-f '{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}|{{.Dir}}{{end}}{{end}}' ./cmd/partyline | LC_ALL=C sort -u)
[ -n "$modules" ] || { echo "licences: no modules were found" >&2; exit 1; }
for m in $modules; do
	texts "${m%%|*}" "${m#*|}"
done
title "The page"
cat web/ui/public/licences.txt
