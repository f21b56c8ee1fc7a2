#!/usr/bin/env bash
# The C++ of docs/*.md: each piece that includes gradus.hpp compiles, the layer of architecture.md has the right
# gradient and trains in a network, its visitor and its container work, and plots.md produces its pictures.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# gradus.hpp is precompiled for all pieces: g++ looks for the .gch file in each include folder.
compile=("${CXX:-g++}" -std=c++20 -I "$work" -I include)
"${compile[@]}" -w -x c++-header include/gradus.hpp -o "$work/gradus.hpp.gch"

for page in docs/*.md; do
    [[ $page != docs/plots.md ]] || continue # one program in pieces: below
    name=$(basename "$page" .md)
    awk -v file="$work/$name" '
        /^```cpp/ { inside = 1; text = ""; next }
        /^```/ { if (inside && text ~ /#include <gradus.hpp>/) print text > (file "_" ++piece ".cpp"); inside = 0; next }
        inside { text = text $0 "\n" }' "$page"
done
for piece in "$work"/*.cpp; do
    basename "$piece" .cpp
    if ! "${compile[@]}" -fsyntax-only "$piece"; then
        cat "$piece"
        exit 1
    fi
done

{
    cat "$work/architecture_1.cpp"
    cat <<'END'
#include <cstdio>
#include <gradus/inspect/gradient_check.hpp>
int main() {
    const gr::tensor<float, 2> x = {{1, -2, 3}, {0.5f, 4, -1}}, y = {{1}, {0}};
    const auto report = gr::gradient_check(affine(3), x);
    std::puts(report.text().c_str());
    auto net = gr::sequential(affine(3), gr::dense(3, 1));
    const auto history = gr::fit(net, gr::mse{}, gr::gradient_descent{.learning_rate = 0.02}, gr::dataset{x, y},
                                 {.epochs = 200, .progress = gr::show::never});
    std::printf("J = %g after %g\n", history.loss.back(), history.loss.front());
    return report && history.loss.back() < 1e-3 ? 0 : 1;
}
END
} >"$work/program.cpp"
"${compile[@]}" "$work/program.cpp" -o "$work/program" -pthread
"$work/program"

{
    cat "$work/architecture_3.cpp" "$work/architecture_4.cpp"
    cat <<'END'
#include <cstdio>
#include <gradus/inspect/gradient_check.hpp>
int main() {
    const gr::tensor<float, 2> x = {{1, -2}, {0.5f, 4}};
    auto net = gr::sequential(gr::named("in", gr::dense(2, 2)), twins{}, gr::named("out", gr::dense(2, 4, gr::relu{})));
    net.layer<2>().theta.b = {100, 100, 100, -100};
    gr::pass pass(net);
    net.forward(x, pass);
    least_at_work least;
    gr::visit_forward(net, x, pass, least);
    std::printf("%g in %s\n", least.share, least.where.c_str());
    return gr::gradient_check(net, x) && least.share == 0.75 && least.where == "out" ? 0 : 1;
}
END
} >"$work/told.cpp"
"${compile[@]}" "$work/told.cpp" -o "$work/told" -pthread
"$work/told"

mkdir "$work/pictures"
docs/pictures/draw "$work/pictures"
diff <(cd docs/pictures && ls ./*.svg) <(cd "$work/pictures" && ls ./*.svg)
