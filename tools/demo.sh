#!/usr/bin/env bash
# Shows the card pack at work: `./dev demo [PATH]` builds weir and calls this.
#
#   tools/demo.sh WEIR_BINARY [PATH]
#
# PATH is a file of purchases like data/sparkov's, .ndjson or .ndjson.gz; without one the slice
# that the repository carries. Writes to a directory of its own, which is gone afterwards.
set -euo pipefail

root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/.." && pwd -P)

if (($# < 1 || $# > 2)); then
  printf 'usage: tools/demo.sh WEIR_BINARY [PATH]\n' >&2
  exit 2
fi
weir=$1
events=${2:-$root/data/sparkov/tx-2019-slice.ndjson.gz}
if [[ ! -r $events ]]; then
  printf 'demo: cannot read %s\n' "$events" >&2
  exit 2
fi

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
python3 -B "$root/tools/demo_report.py" --weir "$weir" --rules "$root/rules/sparkov" \
  --events "$events" --scratch "$scratch"
