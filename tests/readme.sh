#!/usr/bin/env bash
# tests/readme.sh           runs the commands of README.md, with a clone of this checkout
# tests/readme.sh FOLDER    also runs those marked as not run here; the clone stays in FOLDER/reader/gradus
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
checkout=$PWD
if [[ ! -e .git ]]; then
    echo "No git checkout, so there is nothing to clone"
    exit 77
fi

kept=${1:-}
work=${kept:-$(mktemp -d)}
output=$work/output errors=$work/errors
finish() {
    local status=$?
    if [[ $status -ne 0 ]]; then
        tail -n 40 "$output" "$errors"
    fi
    [[ -n $kept ]] || rm -rf "$work"
}
trap finish EXIT
# Reuses what tests/run has compiled: the folder and the home of the reader differ, so ccache needs both settings.
if [[ -n ${CCACHE_BASEDIR:-} ]]; then
    export CCACHE_DIR=${CCACHE_DIR:-$HOME/.cache/ccache} CCACHE_BASEDIR=$work CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
export HOME=$work/home
mkdir -p "$HOME" "$work/programs" "$work/reader"
address=$(sed -n 's/^git clone \([^ ]*\).*/\1/p' README.md | head -n 1)
# Written without `git config`: README.md has not installed git yet.
printf '[url "%s"]\ninsteadOf = %s\n[safe]\ndirectory = *\n' "$checkout" "$address" >"$HOME/.gitconfig"
awk -f tests/readme.awk README.md >"$work/script"

save() { tee "$work/programs/$1" >"$1"; }

# A block that is not run still changes to the folder in which the next block begins.
skipped() {
    local block
    block=$(cat)
    if [[ -n $kept ]]; then
        echo "README: ${block//$'\n'/; }"
        eval "$block"
    else
        echo "not run: $1"
        sed 's/^/    /' <<<"$block"
        eval "$(grep '^cd ' <<<"$block")"
    fi
}
# Root on a minimal Debian has no sudo. The answer to every prompt is yes.
if [[ -n $kept ]] && ! command -v sudo >/dev/null; then
    sudo() { "$@" < <(yes) >"$output" 2>"$errors"; }
fi

# The same words, and numbers within 2 %, since rounding differs on other processors.
printed() {
    cat >"$work/expected"
    if ! awk -f "$checkout/tests/same_output.awk" "$output" "$work/expected"; then
        echo "README.md promises, in the block that ends at line $1:"
        diff "$work/expected" "$output" || true
        exit 1
    fi
}

project() {
    local folder
    folder=$(mktemp -d -p "$work")
    {
        echo "cmake_minimum_required(VERSION 3.25)"
        echo "project(readme LANGUAGES CXX)"
        echo "add_executable(my_program $1)"
        cat
    } >"$folder/CMakeLists.txt"
    cp "$work/programs/$1" "$folder"
    ln -s "$checkout" "$folder/gradus"
    echo "README project: $(grep -o 'add_subdirectory\|FetchContent_MakeAvailable\|find_package' "$folder/CMakeLists.txt")"
    cmake -S "$folder" -B "$folder/build" -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_FLAGS_RELEASE=-O1 -D FETCHCONTENT_SOURCE_DIR_GRADUS="$checkout" \
        -D CMAKE_PREFIX_PATH="$HOME/.local" >"$errors" 2>&1 &&
        cmake --build "$folder/build" --parallel 2 >>"$errors" 2>&1 &&
        "$folder/build/my_program" >"$output" 2>>"$errors"
}

cd "$work/reader"
# shellcheck source=/dev/null
source "$work/script"
echo "Everything in README.md works"
