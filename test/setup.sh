#!/bin/sh
# Installs the Debian packages that `make test` needs and that are not here yet.
set -eu
need=""
want() { command -v "$1" >/dev/null 2>&1 || need="$need $2"; }
want gcc gcc
want sipp sip-tester
want baresip baresip-core
want tshark tshark
want espeak-ng espeak-ng
want sox sox
want sqlite3 sqlite3
want chromium chromium
want turnserver coturn
# The page is built and tested by Node 20 or newer, whoever packaged it.
node_fits() { node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)' 2>/dev/null; }
node_fits || need="$need nodejs"
want npm npm
[ -e /usr/include/stdlib.h ] || need="$need libc6-dev"
[ -z "$need" ] && exit 0
echo "installing:$need"
if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
if ! command -v apt-get >/dev/null 2>&1; then
	echo "please install:$need" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >/dev/null
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $need >/dev/null
node_fits || { echo "please install Node 20 or newer: this is $(node --version)" >&2; exit 1; }
