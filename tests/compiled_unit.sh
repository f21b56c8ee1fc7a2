#!/usr/bin/env bash
# tests/compiled_unit.sh [FLAGS]    the compiled unit defines each function that the headers declare for it, linking a
#                                   program that does not match it fails with the reason, a precompiled header is used
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C
CXX=${CXX:-g++}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() { "$CXX" -std=c++20 -O0 -Wall -Wextra -Werror -I include "$@"; }
fail() {
    echo "$@"
    exit 1
}

# Every header belongs to the unit, and its folder's file includes it; but for the reference implementations and what
# includes the BLAS.
find include -name '*.hpp' ! -path '*/reference/*' ! -name reference.hpp ! -name cxxblas.hpp ! -name gradus.hpp ! -name version.hpp | sort >"$work/headers"
for folder in $(sed -n 's/^#include "\(.*\)\.cpp"/\1/p' src/gradus.cpp); do
    compile -D GRADUS_COMPILED -MM "src/$folder.cpp" | grep -oE "include/gradus/$folder(/[a-z0-9_/]+)?\.hpp"
done | sort -u | diff "$work/headers" - >"$work/diff" ||
    fail "gradus/FOLDER.hpp does not include these (<): $(grep '^[<>]' "$work/diff")"
{
    echo '#include <gradus.hpp>'
    sed 's:^include/\(.*\):#include "\1":' "$work/headers"
    echo 'int main() {}'
} >"$work/all.cpp"

# A program that emits every inline function of the headers finds all functions that they call in the unit.
compile -c src/gradus.cpp -o "$work/gradus.o" &
compile -D GRADUS_COMPILED -fkeep-inline-functions -c "$work/all.cpp" -o "$work/all.o"
wait -n
"$CXX" "$work/all.o" "$work/gradus.o" -o "$work/all" -pthread

# The names of functions declared GRADUS_ONCE, or GRADUS_INLINE in a class, and of those that the unit defines.
grep -rhE '^ *GRADUS_ONCE|^ +GRADUS_INLINE' include/gradus |
    sed -E 's/\[\[[^]]*\]\]//g; s/^ *GRADUS_(ONCE|INLINE)([^(]*)\(.*/\2/; s/.*[ :&*~]//' |
    sort >"$work/declared"
nm --defined-only "$work/gradus.o" | awk '$2 == "T" && $3 !~ /C1E/ { print $3 }' | c++filt |
    sed -E 's/\[abi:[^]]*\]//g; s/\(.*//; s/.*:://' | sort >"$work/defined"
diff "$work/declared" "$work/defined" >"$work/diff" ||
    fail "declared GRADUS_ONCE without a body in the unit (<), or the reverse (>): $(grep '^[<>]' "$work/diff")"
echo "The unit has $(wc -l <"$work/defined") functions, all that are declared of it"

# Each header that declares something for the unit includes all that it needs. Nine tenths of the second that each takes
# are xtensor's headers, which are therefore precompiled.
compile -D GRADUS_COMPILED -w -x c++-header include/gradus/tensor/xtensor.hpp -o "$work/xtensor.hpp.gch"
export -f compile
export CXX work
# shellcheck disable=SC2016
grep -rlE 'GRADUS_COMPILED|GRADUS_EXTERN' include/gradus | grep -v /base/compiled.hpp |
    xargs -P 2 -I HEADER bash -c 'echo "#include \"HEADER\"" | sed s:include/:: |
        compile -D GRADUS_COMPILED -include "$work/xtensor.hpp" -fsyntax-only -x c++ -' ||
    fail "These headers do not compile alone with GRADUS_COMPILED"

# The linker names the setting that does not match.
echo '#include "gradus/base/error.hpp"
int main() {}' >"$work/small.cpp"
says() {
    local words=$1
    shift
    compile -D GRADUS_COMPILED "$@" -c "$work/small.cpp" -o "$work/small.o"
    if "$CXX" "$work/small.o" "$work/gradus.o" -o "$work/small" 2>"$work/errors"; then
        fail "A program compiled with $* is linked with a unit that is not"
    fi
    grep -q "undefined reference to \`gradus::compiled_unit::.*::$words" "$work/errors" ||
        fail "$words is not what the linker says: $(cat "$work/errors")"
}
says with_BLAS -D GRADUS_USE_BLAS=1
says with_address_sanitizer -fsanitize=address
if [[ $("$CXX" -dumpmachine) == x86_64-* ]]; then
    says AVX2 -mavx2
fi

# -H marks a precompiled header that was used with "!", one that was not with "x".
compile -D GRADUS_COMPILED -w -x c++-header include/gradus.hpp -o "$work/gradus.hpp.gch"
program=(-D GRADUS_COMPILED -include "$work/gradus.hpp" -Winvalid-pch -fsyntax-only "$work/small.cpp")
compile -H "${program[@]}" 2>&1 | grep -q "^! $work/gradus.hpp.gch" || fail "The precompiled header is not used"
if compile -mavx2 "${program[@]}" 2>"$work/errors"; then
    fail "-Winvalid-pch says nothing of a precompiled header with other flags"
fi
