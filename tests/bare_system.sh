#!/usr/bin/env bash
# Proves the README's two commands on a system that has nothing: a minimal Debian in a folder, with
# no more than git and certificates. What is committed is what runs there.
#
# As root, with debootstrap: tests/bare_system.sh SUITE FOLDER, such as bookworm /var/tmp/bare
set -euo pipefail

if (($# != 2)); then
  echo "bare_system.sh: expected a suite of Debian, such as bookworm, and a folder to put it in." >&2
  exit 2
fi
if [[ -z ${BARE_SYSTEM_MOUNTS:-} ]]; then
  # What is mounted below is mounted for this script alone, and goes with it, however it ends.
  BARE_SYSTEM_MOUNTS=private exec unshare --mount "$0" "$@"
fi
suite=$1
system=$2
root=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/..

# Commands in the bare system, in its copy of the repository.
inside() { chroot "$system" env --chdir=/book HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }
inside_as_nobody() { chroot --userspec=nobody "$system" env --chdir=/book HOME=/ "$@"; }
inside_without_network() { unshare --net chroot "$system" env --chdir=/book HOME=/root "$@"; }

# expect STATUS WORDS COMMAND…: runs it, and stops unless it ends with the status.
expect() {
  local wanted=$1 words=$2 status=0
  shift 2
  printf '\n== %s\n' "$words"
  TIMEFORMAT='== took %1R s'
  time "$@" </dev/null || status=$?
  if ((status != wanted)); then
    echo "bare_system.sh: $words: status $status, expected $wanted." >&2
    exit 1
  fi
}

if [[ -e $system ]]; then
  echo "bare_system.sh: $system already exists, expected a folder to create." >&2
  exit 2
fi
debootstrap --variant=minbase "$suite" "$system" >/dev/null
mount -t proc proc "$system/proc"

# The way to the network is the host's: its name server and the certificates it trusts.
cp /etc/resolv.conf /etc/hosts "$system/etc/"
cp -r /usr/local/share/ca-certificates "$system/usr/local/share/"
rm -rf "$system/book"
git clone --quiet "$root" "$system/book"
chroot "$system" sh -c 'apt-get update && apt-get install -y git ca-certificates &&
  update-ca-certificates && chown -R nobody /book' >/dev/null 2>&1

expect 1 'somebody without root and sudo' inside_as_nobody ./book test
expect 124 'Ctrl-C while packages are installed' inside timeout -s INT 15 ./book test
expect 124 'Ctrl-C while it is built' inside timeout -s INT 60 ./book test
expect 0 './book test' inside ./book test
expect 0 './book test dense, without the network' inside_without_network ./book test dense
expect 0 './book mnist, without the network' inside_without_network ./book mnist --epochs 1
expect 0 './book setup, a second time' inside_without_network ./book setup
expect 0 './book docs --all' inside ./book docs --all
