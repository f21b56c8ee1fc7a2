#!/usr/bin/env bash
# The public workflow runs the two commands that do everything, and the last of them is what .ci/run runs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mapfile -t steps < <(sed -n 's/^ *- run: \([a-z]*\/.*\)/\1/p' .github/workflows/tests.yml)
if [[ ! -f .ci/run ]]; then
    echo "No .ci/run here to compare with"
    exit 77
fi
last=$(sed -n 's/^exec //p' .ci/run)
if [[ ${steps[*]} != "examples/run $last" ]]; then
    echo ".github/workflows/tests.yml runs '${steps[*]}', which should be 'examples/run' and then '$last', as .ci/run"
    exit 1
fi
