#!/usr/bin/env bash
# The README on a fresh machine: clones the committed tree into a new folder (with a blank in its
# path) and runs the two commands of the README there, as a newcomer would.
#
#   tools/fresh_machine.sh                 here, with what is installed here
#   tools/fresh_machine.sh --container     in a bare debian:12 container (docker or podman)
#
# In the container only git is there beforehand: what ./dev does not install is missing.
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)

in_container() {
  local engine
  engine=$(command -v docker || command -v podman) || {
    echo "fresh_machine: neither docker nor podman is here" >&2
    exit 2
  }
  # shellcheck disable=SC2016  # the commands are for the shell inside
  "$engine" run --rm -v "$root:/source:ro" debian:12 bash -euc '
    apt-get update -q && apt-get install -q -y git
    git config --global --add safe.directory "*"
    git clone -q /source "/srv/a clone"
    cd "/srv/a clone"
    ./dev demo
    ./dev test'
}

if [[ ${1:-} == --container ]]; then
  in_container
  exit
fi

parent=$(mktemp -d)
trap 'rm -rf -- "$parent"' EXIT
git clone -q -- "$root" "$parent/a clone"
cd -- "$parent/a clone"
./dev demo
./dev test
