#!/bin/sh
# Lays out in build/image what the container image is made of: root, its root file system,
# and data, what is the service's own in /var/lib. CA_FILE names the bundle of authorities'
# certificates to put in.
set -eu
cd "$(dirname "$0")/../.."
GO=${GO:-go}
image=build/image
out=$image/root
program=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
ca=${CA_FILE:-/etc/ssl/certs/ca-certificates.crt}
[ -s "$ca" ] || { echo "image: $ca is missing: install ca-certificates, or name another bundle by CA_FILE" >&2; exit 1; }

rm -rf "$image"
install -d "$out/usr/bin" "$out/etc/partyline" "$out/etc/ssl/certs" "$out/usr/share/doc/partyline"
install -d "$out/var/lib"
install -d -m 700 "$image/data/partyline"
install -d -m 1777 "$out/tmp"
CGO_ENABLED=0 GOOS=linux GOARCH=${ARCH:-$($GO env GOARCH)} $GO build -trimpath \
	-ldflags "-s -w -X main.version=$program -X main.configFile=/etc/partyline/partyline.yaml" \
	-o "$out/usr/bin/partyline" ./cmd/partyline
install -m 644 configs/packaging/partyline.yaml "$out/etc/partyline/partyline.yaml"
install -m 644 "$ca" "$out/etc/ssl/certs/ca-certificates.crt"
install -m 644 NOTICE LICENSE "$out/usr/share/doc/partyline/"
GO=$GO sh configs/packaging/licences.sh | gzip -9n >"$out/usr/share/doc/partyline/licences.gz"
# Names for the user of the process.
printf 'root:x:0:0::/:/\npartyline:x:65532:65532::/var/lib/partyline:/\n' >"$out/etc/passwd"
printf 'root:x:0:\npartyline:x:65532:\n' >"$out/etc/group"
