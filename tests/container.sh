#!/usr/bin/env bash
# Proves the Dockerfile on a machine without Docker: reads its steps and takes them in a folder with the Debian
# that it begins from, then runs the command that its first lines show, and builds what an editor needs.
#
# As root, with debootstrap: tests/container.sh FOLDER, such as /var/tmp/container
set -euo pipefail

if (($# != 1)); then
  echo "container.sh: expected a folder to put the container's system in." >&2
  exit 2
fi
if [[ -e $1 ]]; then
  echo "container.sh: $1 already exists, expected a folder to create." >&2
  exit 2
fi
if [[ -z ${CONTAINER_MOUNTS:-} ]]; then
  # What is mounted below is mounted for this script alone, and goes with it, however it ends.
  CONTAINER_MOUNTS=private exec unshare --mount "$0" "$@"
fi
system=$1
root=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/..
folder=/

# Commands in the container, in its working folder.
inside() { chroot "$system" env --chdir="$folder" HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

begin_from() {
  debootstrap --variant=minbase "${1#debian:}" "$system" >/dev/null
  mount -t proc proc "$system/proc"
  # The way to the network is the host's: its name server and the certificates it trusts.
  cp /etc/resolv.conf /etc/hosts "$system/etc/"
  cp -r /usr/local/share/ca-certificates "$system/usr/local/share/"
}

# copy_all: what is committed, as COPY with .dockerignore copies it from a fresh clone.
copy_all() {
  rm -rf "${system:?}/$folder"
  git clone --quiet "$root" "$system/$folder"
}

# A step of the Dockerfile: its instruction and the rest of its lines, joined.
take_step() {
  local instruction=$1 rest=$2
  printf '== %s %s\n' "$instruction" "$rest"
  case $instruction in
    FROM) begin_from "$rest" ;;
    RUN) inside sh -c "$rest" </dev/null >/dev/null ;;
    WORKDIR)
      folder=$rest
      mkdir -p "$system/$folder"
      ;;
    COPY)
      [[ $rest == '. .' ]] || { echo "container.sh: COPY $rest: expected '. .'." >&2 && exit 1; }
      copy_all
      ;;
    CMD) ;;
    *)
      echo "container.sh: the Dockerfile has $instruction, which is not known here." >&2
      exit 1
      ;;
  esac
}

joined=$(sed -e '/^#/d' -e ':a' -e '/\\$/N; s/\\\n */ /; ta' "$root/Dockerfile")
while read -r instruction rest; do take_step "$instruction" "$rest"; done <<<"$joined"
inside update-ca-certificates >/dev/null 2>&1 # the host's, for the network that is left to use
inside ./book mnist --epochs 1
inside "$(sed -n 's/.*"postCreateCommand": "\(.*\)".*/\1/p' "$root/.devcontainer/devcontainer.json" | cut -d ' ' -f 1)" test dense
inside clangd-19 --check=modules/layers/dense.cpp --check-locations=0 --log=error
echo "container.sh: the Dockerfile's steps work."
