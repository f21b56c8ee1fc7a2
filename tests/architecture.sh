#!/usr/bin/env bash
# The layer of docs/architecture.md, as it stands there: it compiles, its gradient is right, and it trains in a network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
{
    awk '/^## A layer of your own/ { here = 1 } here && /^```/ { if (inside) exit; inside = 1; next } inside' \
        docs/architecture.md
    cat <<'END'
#include <cstdio>
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
"${CXX:-g++}" -std=c++20 -I include "$work/program.cpp" -o "$work/program" -pthread
"$work/program"
