// What every activation has as a layer, beside its formula.
#include "gradus/activations/activation.hpp"

#include <doctest/doctest.h>

#include "../io/temporary_folder.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "gradus.hpp"
#include "gradus/activations/leaky_relu.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/inspect/explain.hpp"
#include "gradus/inspect/gradient_check.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// A user's own, for dense alone: no more than the formula.
struct cube {
    static constexpr std::string_view name = "cube";
    static constexpr gr::reads backward_reads = gr::reads::z;
    template <class Z>
    static auto value(const Z& z) {
        return z * z * z;
    }
    template <class Z>
    static auto derivative(const Z& z) {
        return 3 * z * z;
    }
};

auto network() {
    gr::seed(1);
    return gr::sequential(gr::dense(2, 4), gr::leaky_relu{.slope = 0.1}, gr::dense(4, 3, gr::prelu(3)), gr::prelu(),
                          gr::dense(3, 1), gr::sigmoid{});
}

}  // namespace

TEST_CASE("activation: as a layer of a network, with summary, fit, saving and loading") {
    const temporary_folder folder;
    auto net = network();
    CHECK(gr::summary(net, {2}) ==
          "layer          output   parameters\n"
          "0 dense        (N, 4)           12\n"
          "1 leaky_relu   (N, 4)            0\n"
          "2 dense        (N, 3)           18\n"
          "3 prelu        (N, 3)            1\n"
          "4 dense        (N, 1)            4\n"
          "5 sigmoid      (N, 1)            0\n"
          "35 parameters\n");
    const auto data = gr::data::xor_gate();
    gr::optimizer descend(net, gr::adam{.learning_rate = 0.05});
    const auto history = gr::fit(net, gr::mse{}, descend, data,
                                 {.epochs = 600, .batch_size = 4, .threads = 2, .progress = gr::show::never});
    CHECK(history.loss.back() < 1e-3);
    CHECK_FALSE(net.layer<2>().theta.f.a(0) == 0.25f);
    CHECK_FALSE(net.layer<3>().theta.a(0) == 0.25f);
    gr::save(folder / "net.npz", net);
    CHECK(gr::io::npz_reader(folder / "net.npz").contains("2.a"));
    auto other = network();
    gr::load(folder / "net.npz", other);
    CHECK(support::same(gr::predict(other, data.x), gr::predict(net, data.x)));
    CHECK(gr::gradient_check(net, support::draw<matrix>({5, 2}, 1)));
}
TEST_CASE("activation: repeated, and first in a network") {
    const auto x = support::draw<matrix>({5, 3}, 1);
    const auto net = gr::repeat(3, gr::sequential(gr::tanh{}, gr::dense(3, 3)));
    CHECK(gr::gradient_check(net, x));
}
TEST_CASE("activation: which ones give probabilities, as layers and fused") {
    const auto ends_in = []<class F>(F f) {
        CHECK(gr::says_probabilities(f) == gr::says_probabilities(gr::dense(2, 3, f)));
        return gr::says_probabilities(gr::sequential(gr::dense(2, 3), f));
    };
    CHECK(ends_in(gr::softmax{}));
    CHECK(ends_in(gr::sigmoid{}));
    CHECK_FALSE(ends_in(gr::log_softmax{}));
    CHECK_FALSE(ends_in(gr::relu{}));
    CHECK_FALSE(ends_in(gr::prelu{}));
}
TEST_CASE("activation: the probabilities are the same from logits, from softmax and from its logarithm") {
    auto logits = gr::sequential(gr::dense(2, 3));
    gr::initialize(logits, 1);  // so that no other network draws them anew
    const auto x = support::draw<matrix>({5, 2}, 1);
    const auto p = gr::probabilities(logits, x);
    CHECK(support::difference(gr::probabilities(gr::sequential(logits, gr::softmax{}), x), p) <= 1e-6);
    CHECK(support::difference(gr::probabilities(gr::sequential(logits, gr::log_softmax{}), x), p) <= 1e-6);
    auto fused = gr::dense(2, 3, gr::log_softmax{});
    fused.theta = logits.layer<0>().theta;
    CHECK(support::difference(gr::probabilities(fused, x), p) <= 1e-6);
}
TEST_CASE("activation: a formula alone will do for dense") {
    CHECK(gr::gradient_check(gr::dense(2, 3, cube{}), support::draw<matrix>({5, 2}, 1)));
}
TEST_CASE("activation: explained in a network") {
    const auto net = network();
    const gr::optimizer descend(net, gr::gradient_descent{});
    const std::string text = gr::explanation(net, gr::mse{}, descend, matrix{{1, 2}}, matrix{{1}});
    for (const char* part : {"\n1 leaky_relu\n  y = z where z > 0, else αz\n    x (1, 4):", "y = prelu(z) = z where z > 0, else a z   [dense.forward]",
                             "    a (3):  [0] 0.25  [1] 0.25  [2] 0.25\n", "    da (3):", "\n3 prelu\n", "    da (1):"}) {
        CAPTURE(part);
        CHECK(text.find(part) != std::string::npos);
    }
}
TEST_CASE("activation: computes dx only for somebody who reads it, and batches may shrink and grow") {
    const gr::gelu f;
    gr::activation_cache<matrix> c;
    gr::no_parameters none;
    const auto x = support::draw<matrix>({5, 3}, 1);
    (void)f.forward(x, c);
    (void)f.backward(x, x, c, none, gr::context{.input_gradient = false});
    CHECK(c.dx.size() == 0);
    const matrix y = c.y, dx = f.backward(x, x, c, none);
    (void)f.forward(matrix({1, 3}, 1.f), c);
    CHECK(c.y.shape()[0] == 1);
    CHECK(support::same(f.forward(x, c), y));
    CHECK(support::same(f.backward(x, x, c, none), dx));
}
