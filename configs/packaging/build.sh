#!/bin/sh
# Builds the Debian packages into build/packages. ARCHS says for which processors, NFPM
# which nfpm makes them. What it makes depends on the sources only: the same commit
# gives the same package.
set -eu
cd "$(dirname "$0")/../.."
GO=${GO:-go}
ARCHS=${ARCHS:-"amd64 arm64"}
NFPM=${NFPM:-"$GO run github.com/goreleaser/nfpm/v2/cmd/nfpm@v2.44.1"}
out=build/packages
program=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

# A Debian version begins with a digit and sorts: v1.2-3-gabc is 1.2+3.gabc, a commit
# before the first tag 0~20261122193000.gabc.
case $program in
v[0-9]*) VERSION=$(printf %s "${program#v}" | tr '-' '+' | sed 's/+/./2g') ;;
*) VERSION="0~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$(printf %s "$program" | tr '-' '.')" ;;
esac
export VERSION

rm -rf "$out"
mkdir -p "$out"
GO=$GO sh configs/packaging/licences.sh >"$out/licences"
gzip -9n "$out/licences"
gzip -9nc CHANGELOG.md >"$out/changelog.gz"
cp -R docs "$out/docs"
build() { # processor, file
	CGO_ENABLED=0 GOOS=linux GOARCH=$1 $GO build -trimpath \
		-ldflags "-s -w -X main.version=$program -X main.configFile=/etc/partyline/partyline.yaml" \
		-o "$2" ./cmd/partyline
}
# The manual is what the program itself says; the one that runs here prints it.
here=$($GO env GOHOSTARCH)
mkdir -p "$out/$here"
build "$here" "$out/$here/partyline"
"$out/$here/partyline" manual | gzip -9n >"$out/partyline.8.gz"
for ARCH in $ARCHS; do
	export ARCH
	mkdir -p "$out/$ARCH"
	[ "$ARCH" = "$here" ] || build "$ARCH" "$out/$ARCH/partyline"
	$NFPM package --config configs/packaging/nfpm.yaml --packager deb --target "$out/"
done
rm -r "$out/docs"
ls -l "$out"/*.deb
