# Sourced by examples/run, tests/run and bench/run: required packages, the build, and the settings of OpenBLAS.
# shellcheck shell=bash disable=SC2034

# Names of Debian packages for each kind of work. make is listed because cmake only recommends it.
packages_blas=(libxtensor-blas-dev libopenblas-dev)
packages_without_blas=(g++ cmake make xtl-dev libxsimd-dev libxtensor-dev zlib1g-dev)
packages_library=("${packages_without_blas[@]}" "${packages_blas[@]}")
packages_examples=(libcli11-dev nlohmann-json3-dev)
packages_tests=(doctest-dev git ccache)
packages_tests_all=(clang libclang-rt-14-dev llvm-14 gcovr)
packages_bench=(libbenchmark-dev python3 util-linux)
# The peers that the benchmarks compare with, each with its packages. OpenBLAS is first: the programs of others link it.
peers=("OpenBLAS ${packages_blas[*]}" "PyTorch python3-torch" "oneDNN libdnnl-dev" "Eigen libeigen3-dev"
    "dlib libdlib-dev")

# need PACKAGE...: installs the packages that are missing, as root or through sudo. Never prompts if none is missing.
need() {
    local missing=() as_root=() package
    if ! command -v dpkg-query >/dev/null; then
        echo "This is no Debian: please see to it yourself that these are installed: $*" >&2
        return 0
    fi
    for package in "$@"; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    if [[ $(id -u) -ne 0 ]]; then
        if ! command -v sudo >/dev/null; then
            echo "Missing packages: ${missing[*]}" >&2
            echo "Install them as root: apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing: ${missing[*]}"
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "${missing[@]}")
    # The package lists may be missing or old: they are updated only if the installation fails without that.
    if ! "${install[@]}" >/dev/null 2>&1; then
        "${as_root[@]}" apt-get update -qq && "${install[@]}" >/dev/null
    fi
}

# build PRESET TARGET...: configures (with options_configure) and builds into build/PRESET. Without a terminal, output
# is shown only if the build fails.
options_configure=()
build() {
    local preset=$1 log
    shift
    echo "Building $* ($preset)"
    if [[ -t 1 ]]; then
        configure_and_build "$preset" "$@"
        return
    fi
    log=$(mktemp)
    if ! configure_and_build "$preset" "$@" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        return 1
    fi
    rm -f "$log"
}
configure_and_build() {
    cmake --preset "$1" "${options_configure[@]}" && cmake --build --preset "$1" --parallel "$(nproc)" --target "${@:2}"
}

# Ninja if it is installed; an existing build folder keeps its generator.
if command -v ninja >/dev/null; then
    export CMAKE_GENERATOR=${CMAKE_GENERATOR:-Ninja}
fi

# gradus itself splits the batch over threads, so each product uses one.
export OPENBLAS_NUM_THREADS=${OPENBLAS_NUM_THREADS:-1}
# Debian's OpenBLAS does not detect recent processors and then runs at half speed; its AVX-512 kernels crash on others.
if grep -qsw avx512vl /proc/cpuinfo; then
    export OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE:-SkylakeX}
fi
