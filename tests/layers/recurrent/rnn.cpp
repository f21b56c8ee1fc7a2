#include "gradus/layers/recurrent/rnn.hpp"

#include "pytorch.hpp"

#include "gradus/activations/relu.hpp"
#include "gradus/activations/sigmoid.hpp"

namespace gr = gradus;
using support::equals_pytorch;
using support::tensor;

TEST_CASE("rnn.h, rnn.dz, rnn.dh, recurrent.forward, recurrent.dW, recurrent.dU, recurrent.db, recurrent.dx: "
          "by hand, two steps of one unit") {
    auto layer = gr::rnn<double>(1, 1);
    layer.theta = {{{1}}, {{0.5}}, {0.1}};  // W, U, b
    const gr::rnn_input<double> in{{{{0.5}, {-1}}}, {{0}}};
    gr::pass pass(layer, in);
    gr::gradients grad(layer);
    const auto near = [](double value) { return doctest::Approx(value).epsilon(1e-9); };
    const auto& y = gr::forward(layer, in, pass);
    CHECK(y(0, 0, 0) == near(0.5370495670));   // tanh(0.5 · 1 + 0 · 0.5 + 0.1) = tanh 0.6
    CHECK(y(0, 1, 0) == near(-0.5590671805));  // tanh(−1 + 0.5370495670 · 0.5 + 0.1) = tanh(−0.6314752165)
    CHECK(pass.cache.last.h(0, 0) == y(0, 1, 0));

    pass.input_gradient = true;
    const auto& d = gr::backward(layer, in, tensor<double, 3>{{{1}, {2}}}, pass, grad.values);
    // dz₂ = 2 (1 − 0.5590671805²) = 1.3748877754, dh₁ = 1 + 0.5 dz₂ = 1.6874438877, dz₁ = dh₁ (1 − 0.5370495670²) = 1.2007475461
    CHECK(d.x(0, 0, 0) == near(1.2007475461));          // dz₁ W
    CHECK(d.x(0, 1, 0) == near(1.3748877754));          // dz₂ W
    CHECK(d.h(0, 0) == near(0.6003737731));             // dz₁ U
    CHECK(grad.values.W(0, 0) == near(-0.7745140024));  // 0.5 dz₁ − 1 dz₂
    CHECK(grad.values.U(0, 0) == near(0.7383828845));   // 0 dz₁ + h₁ dz₂
    CHECK(grad.values.b(0) == near(2.5756353215));      // dz₁ + dz₂
}

TEST_CASE("rnn.h, rnn.dz, rnn.dh: by hand, ReLU, from a state that is not 0") {
    auto layer = gr::rnn<double>(1, 2, gr::relu{});
    layer.theta = {{{1, -1}}, {{2, 0}, {1, 1}}, {0, 1}};
    const gr::rnn_input<double> in{{{{1}, {-3}}}, {{1, 2}}};
    gr::pass pass(layer, in);
    gr::gradients grad(layer);
    // z₁ = (1, −1) + (1, 2) U + (0, 1) = (1 + 4, −1 + 2 + 1) = (5, 2); z₂ = (−3, 3) + (5, 2) U + (0, 1) = (−3 + 12, 3 + 2 + 1)
    CHECK(gr::forward(layer, in, pass) == tensor<double, 3>{{{5, 2}, {9, 6}}});
    pass.input_gradient = true;
    const auto& d = gr::backward(layer, in, tensor<double, 3>{{{0, 0}, {1, 10}}}, pass, grad.values);
    // dz₂ = (1, 10), dz₁ = dz₂ Uᵀ = (2 + 0, 1 + 10) = (2, 11), dh = dz₁ Uᵀ = (4, 13)
    CHECK(d.h == tensor<double, 2>{{4, 13}});
    CHECK(d.x == tensor<double, 3>{{{2 - 11}, {1 - 10}}});
    CHECK(grad.values.W == tensor<double, 2>{{2 - 3, 11 - 30}});
    CHECK(grad.values.U == tensor<double, 2>{{2 * 1 + 1 * 5, 11 * 1 + 10 * 5}, {2 * 2 + 1 * 2, 11 * 2 + 10 * 2}});
    CHECK(grad.values.b == tensor<double, 1>{3, 21});
}

TEST_CASE_TEMPLATE("rnn.h, rnn.dz, rnn.dh, recurrent.forward, recurrent.dW, recurrent.dU, recurrent.db, recurrent.dx: "
                   "PyTorch's values", T, float, double) {
    const auto with = [](auto f, gr::recurrent_options options = {}) {
        return [f, options](std::size_t D, std::size_t H) { return gr::rnn<T>(D, H, f, options); };
    };
    for (const std::string name : {"plain", "one", "wide", "masked"})
        equals_pytorch<T>("recurrent/rnn." + name, with(gr::tanh{}));
    equals_pytorch<T>("recurrent/relu.plain", with(gr::relu{}));
    equals_pytorch<T>("recurrent_loops/rnn.gaps", with(gr::tanh{}));
    equals_pytorch<T>("recurrent_loops/rnn.reverse", with(gr::tanh{}, {.reverse = true}));
    equals_pytorch<T>("recurrent_loops/rnn.truncated", with(gr::tanh{}, {.truncate = 3}));
}

TEST_CASE_TEMPLATE("rnn.h, rnn.dz, rnn.dh, recurrent.forward, recurrent.dW, recurrent.dU, recurrent.db, recurrent.dx: "
                   "the textbook's twin", T, float, double) {
    support::equals_twin_everywhere([](std::size_t D, std::size_t H) { return gr::rnn<T>(D, H); });
    support::equals_twin_everywhere([](std::size_t D, std::size_t H) { return gr::rnn<T>(D, H, gr::sigmoid{}); }, 10);
}

TEST_CASE("rnn.dz, rnn.dh, recurrent.dW, recurrent.dU, recurrent.db, recurrent.dx: "
          "central differences with a random upstream gradient") {
    support::follows_central_differences(gr::rnn<double>(3, 5));
    support::follows_central_differences(gr::rnn<double>(2, 3, gr::sigmoid{}));
    support::follows_central_differences(gr::rnn<float>(2, 9, gr::tanh{}, {.reverse = true}));
}
