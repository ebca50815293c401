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
want opusdec opus-tools
want sqlite3 sqlite3
want chromium chromium
want turnserver coturn
want promtool prometheus
want kamailio kamailio
want unbound unbound
want sngrep sngrep
want buildah buildah
want ip iproute2
want systemd-analyze systemd
/usr/bin/python3 -c 'import icalendar, dateutil' 2>/dev/null || need="$need python3 python3-icalendar python3-dateutil"
want_file() { [ -e "$1" ] || need="$need $2"; }
# The mail server would drive out another one that is here: then its tests are left out.
if [ -e /usr/sbin/postfix ] || [ ! -e /usr/sbin/sendmail ]; then want_file /usr/sbin/postfix postfix; fi
want_file /usr/sbin/bearerbox kannel
want_file "/usr/lib/$(uname -m)-linux-gnu/kamailio/modules/tls.so" kamailio-tls-modules
want_file /usr/lib/kannel/test/fakesmsc kannel-extras
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
# The tests run daemons of their own, in directories of their own: none of the system
# is to be started or set up.
case "$need" in *postfix*) echo "postfix postfix/main_mailer_type select No configuration" | $sudo debconf-set-selections ;; esac
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
	$sudo chmod 755 $policy
	trap '$sudo rm -f $policy' EXIT
fi
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $need >/dev/null
node_fits || { echo "please install Node 20 or newer: this is $(node --version)" >&2; exit 1; }
