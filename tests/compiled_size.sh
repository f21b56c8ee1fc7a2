#!/usr/bin/env bash
# tests/compiled_size.sh            bytes of code and functions of each program of bench/compile/, header-only and with
#                                   the compiled unit, are within 10 % of bench/compile/sizes.txt. Unlike seconds, they
#                                   do not depend on the machine.
# tests/compiled_size.sh --write    writes that file again
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C
CXX=${CXX:-g++} sizes=bench/compile/sizes.txt
if [[ $("$CXX" -v 2>&1) != *"gcc version 12."* || $("$CXX" -dumpmachine) != x86_64-* ]]; then
    echo "not compared: another compiler than g++ 12 for x86-64 makes other code"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
names=$(bench/compile/programs "$work")

# No BLAS and no zlib, so that the result does not depend on what is installed.
compile() {
    local macro=()
    [[ $2 == header-only ]] || macro=(-D GRADUS_COMPILED)
    "$CXX" -std=c++20 -O1 -D GRADUS_USE_BLAS=0 -D GRADUS_HAS_ZLIB=0 "${macro[@]}" -I include -c "$work/$1.cpp" -o "$work/$1/$2.o"
}
export -f compile
export CXX work
programs=$names names=
for name in $programs; do
    mkdir "$work/$name"
    names+="$name/header-only $name/with-the-unit "
done
tr ' ' '\n' <<<"${names% }" | xargs -P 2 -I {} bash -c 'set -e; program={}; compile "${program%/*}" "${program#*/}"'
for name in $names; do
    code=$(size -A "$work/$name.o" | awk '/^\.text/ { bytes += $2 } END { print bytes }')
    functions=$(nm "$work/$name.o" | grep -c ' [tTwW] ')
    echo "$name $code $functions"
done >"$work/sizes"

if [[ ${1:-} == --write ]]; then
    {
        echo "# g++ 12 -O1: program, bytes of code, functions. tests/compiled_size.sh --write"
        cat "$work/sizes"
    } >"$sizes"
fi
awk -v names="$names" '
    function compare(what, now, before) {
        share = before > 0 ? 100 * (now / before - 1) : 100
        verdict = share < -10 || share > 10 ? "  CHANGED by more than 10 %" : ""
        bad = bad || verdict != ""
        printf "%-29s %8d %-9s, was %8d: %+6.1f %%%s\n", $1, now, what, before, share, verdict
    }
    /^#/ { next }
    NR == FNR { code[$1] = $2; functions[$1] = $3; next }
    { compare("bytes", $2, code[$1]); compare("functions", $3, functions[$1]); ++n }
    END {
        if (n != split(names, all)) bad = 1
        if (bad) print "If that is meant: tests/compiled_size.sh --write, and bench/run compile says what it costs"
        exit bad
    }' "$sizes" "$work/sizes"
