#!/usr/bin/env bash
# tests/first_steps.sh NAME PROGRAM    runs one of examples/first_steps/: it prints what docs/first_steps.md shows, and is at most
#                                      thirty lines long
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v name="$1" '
    /^## / { here = $2 == name }
    /^```/ { inside = here && $0 == "```text"; next }
    inside' docs/first_steps.md >"$work/expected"
"$2" >"$work/printed"
if [[ ! -s $work/expected ]] || ! awk -f tests/same_output.awk "$work/printed" "$work/expected"; then
    echo "docs/first_steps.md shows another output of $1:"
    diff "$work/expected" "$work/printed" || true
    exit 1
fi
lines=$(wc -l <"examples/first_steps/$1.cpp")
if [[ $lines -gt 30 ]]; then
    echo "examples/first_steps/$1.cpp has $lines lines, more than 30"
    exit 1
fi
