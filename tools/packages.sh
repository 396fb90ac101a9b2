#!/bin/sh
# packages.sh [test | trial | bench]: the Debian packages that they need. The tests: a browser, Korean letters for its
# pictures, a PostgreSQL server, a clock that can be set, a spam filter, Node for what reads the letter's HTML. The benchmarks of sending: a Postfix and a C compiler. The
# trials: all of these. Root installs what is missing, anyone else is told. No service is started: the tests start
# their own.
set -eu

what=${1:-test}
missing=""
if [ "$what" != bench ]; then
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="$missing chromium"
    find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" -iname '*NotoS*CJK*' 2>/dev/null |
        grep -q . || missing="$missing fonts-noto-cjk"
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
    ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing="$missing faketime"
    command -v spamassassin >/dev/null || missing="$missing spamassassin"
    command -v node >/dev/null || missing="$missing nodejs"
    command -v npm >/dev/null || missing="$missing npm"
fi
if [ "$what" != test ]; then
    PATH=$PATH:/usr/sbin
    { command -v smtp-sink && command -v smtp-source && command -v postconf; } >/dev/null || missing="$missing postfix"
    command -v cc >/dev/null || missing="$missing gcc libc6-dev"
fi
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "make $what needs these Debian packages, which are missing:$missing" >&2
    echo "Install them first: apt-get install$missing" >&2
    exit 1
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
echo "installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update </dev/null
# shellcheck disable=SC2086  # the names are meant to be split
apt-get -qq install -y --no-install-recommends $missing </dev/null >/dev/null
