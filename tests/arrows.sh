#!/usr/bin/env bash
# Checks which folder of include/gradus includes which: an include against the order of the folders fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

low="nn kernels tensor base"
formulas="losses optimizers activations initializers $low"
declare -A knows=(
    [version]=""
    [base]="version"
    [tensor]="base"
    [kernels]="tensor base"
    [nn]="tensor base"
    [activations]="$low"
    [losses]="activations $low"
    [initializers]="$low"
    [optimizers]="$low"
    [layers]="activations initializers $low"
    [models]="layers $formulas"
    [data]="tensor base"
    [text]="metrics data tensor base"
    [images]="data tensor base"
    [metrics]="losses activations $low"
    [training]="metrics data models layers $formulas"
    [io]="training metrics data models layers $formulas"
    [interop]="io models layers $formulas"
    [inspect]="models layers $formulas"
    [plot]="metrics data $low"
    [reference]="metrics layers $formulas"
)

status=0
while IFS=: read -r file line include; do
    from=${file#include/gradus/} from=${from%%/*} from=${from%.hpp}
    to=${include#*gradus/} to=${to%%/*} to=${to%.hpp*}
    if [[ ! -v knows[$from] ]]; then
        echo "$file:$line: the folder $from has no place in $0"
        status=1
    elif [[ $from != "$to" && " ${knows[$from]} " != *" $to "* ]]; then
        echo "$file:$line: $from includes $to: ${include#*include }"
        status=1
    fi
done < <(grep -rnE '^ *# *include ["<]gradus[/.]' include/gradus | LC_ALL=C sort)
exit $status
