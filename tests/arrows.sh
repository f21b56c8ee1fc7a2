#!/usr/bin/env bash
# Which folder of include/gradus may include which: an include that points the wrong way fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

declare -A knows=(
    [core]=""
    [kernels]="core"
    [activations]="kernels core"
    [losses]="activations kernels core"
    [optimizers]="kernels core"
    [initializers]="kernels core"
    [layers]="activations losses optimizers initializers kernels core"
    [model]="layers activations losses optimizers initializers kernels core"
    [training]="model layers activations losses optimizers initializers kernels core"
)
inner="training model layers activations losses optimizers initializers kernels core"
for leaf in data plot check explain io reference; do
    knows[$leaf]=$inner
done
knows[data]="io $inner"  # arrays of NumPy's files as data

status=0
while IFS=: read -r file line include; do
    from=${file#include/gradus/} from=${from%%/*}
    to=${include#*gradus/} to=${to%%/*}
    if [[ ! -v knows[$from] ]]; then
        echo "$file:$line: the folder $from has no place in $0"
        status=1
    elif [[ $from != "$to" && " ${knows[$from]} " != *" $to "* ]]; then
        echo "$file:$line: $from includes $to: ${include#*include }"
        status=1
    fi
done < <(grep -rnE '^ *# *include ["<]gradus[/.]' include/gradus | LC_ALL=C sort)
exit $status
