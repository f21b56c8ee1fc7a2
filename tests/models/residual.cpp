// labels: threads
#include "gradus/models/residual.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "gradus.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dropout.hpp"

#include "../probes/xtensor.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using support::message_of;

namespace {

auto block() { return gr::residual(gr::sequential(gr::dense(4, 8, gr::tanh{}), gr::dense(8, 4))); }

/// A dense layer with PyTorch's W and b.
template <class T, class F>
auto stored(const std::string& name, F f, const char* W = ".W", const char* b = ".b") {
    const auto w = support::pytorch<gr::tensor<T, 2>>(name + W);
    auto layer = gr::dense<T>(w.shape()[0], w.shape()[1], f);
    layer.theta = {w, support::pytorch<gr::tensor<T, 1>>(name + b)};
    return layer;
}

/// PyTorch's y and gradients.
template <class T, std::size_t N>
auto equals_pytorch(const auto& net, const std::string& name) {
    using X = gr::tensor<T, N>;
    const auto limit = support::tolerance<T>(5);
    const auto x = support::pytorch<X>(name + ".x");
    gr::pass pass(net, x);
    pass.input_gradient = true;
    gr::gradients grad(net);
    CHECK(support::difference(gr::forward(net, x, pass), support::pytorch<gr::tensor<double, N>>(name + ".y")) <= limit);
    const X& dx = gr::backward(net, x, support::pytorch<X>(name + ".dy"), pass, grad);
    CHECK(support::difference(dx, support::pytorch<gr::tensor<double, N>>(name + ".dx")) <= limit);
    CHECK(support::difference(grad.values.f.W, support::pytorch<gr::tensor<double, 2>>(name + ".dW")) <= limit);
    CHECK(support::difference(grad.values.f.b, support::pytorch<gr::tensor<double, 1>>(name + ".db")) <= limit);
    return grad.values;
}

}  // namespace

TEST_CASE("residual.forward, residual.backward: by hand") {
    auto net = gr::residual(gr::dense(1, 1));
    net.f.theta = {{{2}}, {1}};  // f(x) = 2x + 1
    const matrix x = {{1}, {-3}}, dy = {{1}, {10}};
    gr::pass pass(net);
    pass.input_gradient = true;
    gr::gradients grad(net);
    CHECK(gr::forward(net, x, pass) == matrix{{4}, {-8}});
    CHECK(gr::backward(net, x, dy, pass, grad) == matrix{{3}, {30}});  // dy + 2 dy
    CHECK(grad.values.f.W(0, 0) == 1 * 1 - 3 * 10);

    auto projected = gr::residual(gr::dense(1, 2), gr::dense(1, 2));
    projected.f.theta = {{{2, 0}}, {1, 0}};
    projected.shortcut.theta = {{{1, -1}}, {0, 5}};
    gr::pass other(projected);
    other.input_gradient = true;
    gr::gradients both(projected);
    CHECK(gr::forward(projected, x, other) == matrix{{4, 4}, {-8, 8}});  // 2x + 1 + x, −x + 5
    CHECK(gr::backward(projected, x, matrix{{1, 1}, {1, 0}}, other, both) == matrix{{2}, {3}});
    CHECK(both.values.shortcut.W == matrix{{1 - 3, 1}});
}

TEST_CASE_TEMPLATE("residual.forward, residual.backward: PyTorch's values", T, float, double) {
    equals_pytorch<T, 2>(gr::residual(stored<T>("layers/residual.rows", gr::tanh{})), "layers/residual.rows");
    equals_pytorch<T, 3>(gr::residual(stored<T>("layers/residual.sequence", gr::tanh{})), "layers/residual.sequence");
    const std::string name = "layers/residual.projection";
    const auto grad = equals_pytorch<T, 2>(gr::residual(stored<T>(name, gr::tanh{}), stored<T>(name, gr::identity{}, ".S", ".s")), name);
    CHECK(support::difference(grad.shortcut.W, support::pytorch<gr::tensor<double, 2>>(name + ".dS")) <= support::tolerance<T>(7));
    CHECK(support::difference(grad.shortcut.b, support::pytorch<gr::tensor<double, 1>>(name + ".ds")) <= support::tolerance<T>(7));
}

TEST_CASE("residual.backward: central differences, in a row, around another, and past a projection") {
    gr::seed(2);
    const auto layer = block();
    const auto x = support::draw<matrix>({3, 4}, 1);
    const matrix f = gr::predict(layer.f, x);
    CHECK(support::difference(gr::predict(layer, x), matrix(x + f)) < 1e-7);
    CHECK(gr::gradient_check(layer, x));
    CHECK(gr::gradient_check(gr::sequential(gr::dense(2, 4), block(), gr::dense(4, 3)), support::draw<matrix>({3, 2}, 1)));
    CHECK(gr::gradient_check(gr::residual(gr::sequential(block(), gr::dropout{0.5})), x));
    CHECK(gr::gradient_check(gr::residual(gr::dense(4, 3, gr::tanh{}), gr::dense(4, 3)), x));
    CHECK(gr::gradient_check(gr::repeat(2, block()), x));
}

TEST_CASE("residual: paths, initial parameters and a summary reach inside") {
    gr::seed(2);
    auto net = gr::sequential(gr::dense(2, 4), block(), gr::named("deep", block()));
    std::vector<std::string> paths;
    gr::each([&](const gr::entry& e, const auto&) { paths.push_back(e.path()); }, net);
    CHECK(paths == std::vector<std::string>{"0.W", "0.b", "1.f.0.W", "1.f.0.b", "1.f.1.W", "1.f.1.b", "deep.f.0.W",
                                            "deep.f.0.b", "deep.f.1.W", "deep.f.1.b"});
    CHECK_FALSE(net.layer<1>().f.layer<0>().theta.W == net.layer<2>().f.layer<0>().theta.W);
    CHECK(gr::summary(net, matrix({1, 2}, 0.0f)) ==
          "layer            output   parameters\n"
          "0 dense          (N, 4)           12\n"
          "1.f.0 dense      (N, 8)           40\n"
          "1.f.1 dense      (N, 4)           36\n"
          "deep.f.0 dense   (N, 8)           40\n"
          "deep.f.1 dense   (N, 4)           36\n"
          "164 parameters\n");
}

TEST_CASE("residual: what does not fit is told by its path, when put together and where the input arrives") {
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 3), block()); }) ==
          "dense #1.f.0: y = f(xW + b) needs x of (N, 4), got (N, 3): W is (4, 8)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 4), gr::residual(gr::dense(4, 5))); }) ==
          "residual #1: y = x + f(x) needs f(x) shaped as x (N, 4), got (N, 5)");
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 4), gr::residual(gr::dense(4, 5), gr::dense(4, 6))); }) ==
          "residual #1: y = s(x) + f(x) needs f(x) shaped as s(x) (N, 6), got (N, 5)");
    CHECK(message_of([] { (void)gr::predict(block(), matrix({1, 2}, 0.0f)); }) ==
          "dense #f.0: y = f(xW + b) needs x of (N, 4), got (1, 2): W is (4, 8)");
    CHECK(message_of([] { (void)gr::predict(gr::residual(gr::dense(4, 5)), matrix({3, 4}, 0.0f)); }) ==
          "residual: y = x + f(x) needs f(x) shaped as x (3, 4), got (3, 5)");
    CHECK(message_of([] { (void)gr::predict(gr::residual(gr::dense(4, 5), gr::dense(3, 5)), matrix({3, 4}, 0.0f)); }) ==
          "dense #shortcut: y = f(xW + b) needs x of (N, 3), got (3, 4): W is (3, 5)");
}

TEST_CASE("residual: f and the shortcut do not begin alike") {
    const auto net = gr::residual(gr::dense(3, 3), gr::dense(3, 3));
    CHECK_FALSE(net.f.theta.W == net.shortcut.theta.W);
}

TEST_CASE("residual: f and the shortcut draw from streams of their own, backward what forward drew") {
    const auto net = gr::residual(gr::dropout{0.5}, gr::dropout{0.5});
    const matrix x({20, 10}, 1.0f);
    gr::pass pass(net, x);
    pass.input_gradient = true;
    gr::gradients grad(net);
    const matrix y = gr::forward(net, x, pass);  // y = x ∘ (m₁ + m₂) / ½
    const auto both_or_none = std::count_if(y.begin(), y.end(), [](float v) { return v == 0 || v == 4; });
    CHECK(both_or_none > 60);  // of 200, half where the masks have nothing to do with each other, all if they are one
    CHECK(both_or_none < 140);
    CHECK(support::same(gr::backward(net, x, x, pass, grad.values), y));  // dx = dy ∘ (m₁ + m₂) / ½
    CHECK_FALSE(support::same(gr::forward(net, x, pass), y));             // the next step draws anew
    gr::seed(4);
    CHECK(gr::gradient_check(gr::sequential(gr::dense(3, 4), gr::residual(gr::sequential(gr::dense(4, 4), gr::dropout{0.3}),
                                                                         gr::sequential(gr::dropout{0.3}, gr::dense(4, 4)))),
                             support::draw<matrix>({5, 3}, 1)));
}

TEST_CASE("residual: trains with fit on two threads") {
    gr::seed(2);
    auto net = gr::sequential(gr::dense(2, 4), block(), gr::dense(4, 1));
    const auto data = gr::data::xor_gate();
    const auto history = gr::fit(net, gr::mse{}, gr::adam{.learning_rate = 0.02}, data,
                                 {.epochs = 300, .batch_size = 4, .threads = 2, .progress = gr::show::never});
    CHECK(history.loss.back() < 1e-3);
}
