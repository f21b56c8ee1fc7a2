# awk -f same_output.awk PRINTED EXPECTED: fails if the words differ, or numbers by more than 2 %, for another processor
# rounds differently.
function number(s) { return s ~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?[%,;:)]*$/ }
function differ(a, b) { return a - b > 0.02 * (b < 0 ? -b : b) || b - a > 0.02 * (b < 0 ? -b : b) }
NR == FNR { line[NR] = $0; lines = NR; next }
{
    n = split(line[FNR], word)
    bad = bad || FNR > lines || n != NF
    for (i = 1; i <= NF; ++i)
        if (word[i] != $i && !(number(word[i]) && number($i) && !differ(word[i] + 0, $i + 0))) bad = 1
}
END { exit bad || lines != FNR }
