#include "gradus/layers/dropout2d.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using images = gr::tensor<float, 4>;
using support::draw;
using support::message_of;

TEST_CASE_TEMPLATE("dropout2d.forward, dropout2d.backward: by hand: each channel of a sample is dropped or doubled", T, float, double) {
    const gr::dropout2d layer{.p = 0.5};
    const auto x = draw<gr::tensor<T, 4>>({4, 3, 2, 5}, 1, 1, 2), dy = draw<gr::tensor<T, 4>>({4, 3, 2, 5}, 2, 1, 2);
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    const auto& y = gr::forward(layer, x, pass);
    const auto& dx = gr::backward(layer, x, dy, pass, none);
    const auto key = pass.context().key;
    std::size_t kept = 0;
    for (std::size_t n = 0; n < 4; ++n)
        for (std::size_t c = 0; c < 5; ++c) {
            const auto words = gr::random::philox({static_cast<std::uint32_t>(n), 0, static_cast<std::uint32_t>(c / 4), 0},
                                                  {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)});
            const T m = words[c % 4] >= 0x80000000u ? T(2) : T(0);
            kept += m != 0 ? 1 : 0;
            for (std::size_t h = 0; h < 3; ++h)
                for (std::size_t w = 0; w < 2; ++w) {
                    CHECK(y(n, h, w, c) == m * x(n, h, w, c));
                    CHECK(dx(n, h, w, c) == m * dy(n, h, w, c));
                }
        }
    CHECK(kept > 3);
    CHECK(kept < 17);
}

TEST_CASE_TEMPLATE("dropout2d.forward, dropout2d.backward: PyTorch's values, with the mask that it drew", T, float, double) {
    using X = gr::tensor<T, 4>;
    const gr::dropout2d layer{.p = 0.375};
    const auto x = support::pytorch<X>("normalization/dropout2d.x"), dy = support::pytorch<X>("normalization/dropout2d.dy");
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    (void)gr::forward(layer, x, pass);
    const auto m = support::pytorch<gr::tensor<T, 2>>("normalization/dropout2d.m");
    CHECK(pass.cache.m.shape() == m.shape());
    for (T drawn : pass.cache.m) CHECK((drawn == 0 || drawn == m(0, 0) || drawn == m(0, 1)));
    pass.cache.m = m;
    CHECK(support::difference(gr::backward(layer, x, dy, pass, none),
                              support::pytorch<gr::tensor<double, 4>>("normalization/dropout2d.dx")) <= support::tolerance<T>());
    // forward is the same product, so backward of x is PyTorch's y
    CHECK(support::difference(gr::backward(layer, x, x, pass, none),
                              support::pytorch<gr::tensor<double, 4>>("normalization/dropout2d.y")) <= support::tolerance<T>());
}

TEST_CASE("dropout2d.backward: central differences, with the mask of the check's own stream") {
    CHECK(gr::gradient_check(gr::dropout2d{.p = 0.4}, draw<images>({3, 2, 3, 5}, 1)));
    CHECK(gr::gradient_check(gr::dropout2d{.p = 0.4}, draw<gr::tensor<float, 3>>({3, 4, 5}, 1)));
    CHECK(gr::gradient_check(gr::dropout2d{.p = 0.4}, draw<images>({3, 2, 3, 5}, 1), {.training = false}));
    CHECK(gr::gradient_check(gr::dropout2d{.p = 0}, draw<images>({3, 2, 3, 5}, 1)));
}

TEST_CASE("dropout2d.forward: drops a share p of the channels; inference and p = 0 change nothing") {
    const gr::dropout2d layer{.p = 0.3};
    const images x({1000, 1, 1, 10}, 1.0f);
    gr::pass pass(layer, x);
    double dropped = 0;
    for (float v : gr::forward(layer, x, pass)) dropped += v == 0 ? 1 : 0;
    CHECK(std::abs(dropped / 1e4 - 0.3) < 4 * std::sqrt(0.3 * 0.7 / 1e4));
    pass.training = false;
    CHECK(support::same(gr::forward(layer, x, pass), x));
    pass.training = true;
    CHECK(support::same(gr::forward(gr::dropout2d{.p = 0}, x, pass), x));
}

TEST_CASE("dropout2d: repeated forwards draw the same, the next step anew; shards draw as the whole batch") {
    const gr::dropout2d layer;
    const images x({10, 2, 2, 7}, 1.0f), head({4, 2, 2, 7}, 1.0f), tail({6, 2, 2, 7}, 1.0f);
    gr::pass whole(layer, x), first(layer, x), second(layer, x);
    second.first_row = 4;
    const images y = gr::forward(layer, x, whole), a = gr::forward(layer, head, first), b = gr::forward(layer, tail, second);
    CHECK(support::same(gr::forward(layer, x, whole), y));
    CHECK(std::equal(a.begin(), a.end(), y.begin()));
    CHECK(std::equal(b.begin(), b.end(), y.begin() + 4 * 28));
    whole.step = 1;
    CHECK_FALSE(support::same(gr::forward(layer, x, whole), y));
}

TEST_CASE("dropout2d: what it says") {
    CHECK(message_of([] { (void)gr::sequential(gr::dense(2, 3), gr::dropout2d{.p = 1}); }) ==
          "dropout2d #1: y = x ∘ m / (1 − p) needs p in [0, 1), got 1");
    const images x({2, 1, 2, 3}, 1.0f);
    gr::pass pass(gr::dropout2d{}, x);
    gr::no_parameters none;
    (void)gr::forward(gr::dropout2d{}, x, pass);
    CHECK(message_of([&] { (void)gr::backward(gr::dropout2d{}, x, images({2, 2, 2, 3}, 1.0f), pass, none); }) ==
          "dropout2d: dx = dy ∘ m / (1 − p) needs dy shaped as y (2, 1, 2, 3), got (2, 2, 2, 3)");
}
