#include "gradus/layers/image/random_shift.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "gradus/inspect/gradient_check.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/reshape.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/pass.hpp"

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "../../support/message.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using images = gr::tensor<float, 4>;
using support::message_of;

namespace {

/// y_n[i, j] = x_n[i − a, j − b], element by element.
images moved(const images& x, int a, int b) {
    images y(x.shape(), 0.0f);
    const int height = static_cast<int>(x.shape()[1]), width = static_cast<int>(x.shape()[2]);
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        for (int i = 0; i < height; ++i)
            for (int j = 0; j < width; ++j)
                for (std::size_t c = 0; c < x.shape()[3]; ++c)
                    if (i - a >= 0 && i - a < height && j - b >= 0 && j - b < width) y(n, i, j, c) = x(n, i - a, j - b, c);
    return y;
}
images sample(const images& x, std::size_t n) {
    images one({1, x.shape()[1], x.shape()[2], x.shape()[3]});
    std::copy_n(x.data() + n * one.size(), one.size(), one.data());
    return one;
}

}  // namespace

TEST_CASE("random_shift.forward, random_shift.backward: by hand") {
    const gr::random_shift layer{.height = 2, .width = 3, .by = 1};
    // for each of the nine (a, b): y of x = 1 2 3 / 4 5 6, and dx of the same dy
    const std::map<std::pair<int, int>, std::pair<std::vector<float>, std::vector<float>>> by_hand = {
        {{0, 0}, {{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}}},  {{1, 0}, {{0, 0, 0, 1, 2, 3}, {4, 5, 6, 0, 0, 0}}},
        {{-1, 0}, {{4, 5, 6, 0, 0, 0}, {0, 0, 0, 1, 2, 3}}}, {{0, 1}, {{0, 1, 2, 0, 4, 5}, {2, 3, 0, 5, 6, 0}}},
        {{0, -1}, {{2, 3, 0, 5, 6, 0}, {0, 1, 2, 0, 4, 5}}}, {{1, 1}, {{0, 0, 0, 0, 1, 2}, {5, 6, 0, 0, 0, 0}}},
        {{-1, -1}, {{5, 6, 0, 0, 0, 0}, {0, 0, 0, 0, 1, 2}}}, {{1, -1}, {{0, 0, 0, 2, 3, 0}, {0, 4, 5, 0, 0, 0}}},
        {{-1, 1}, {{0, 4, 5, 0, 0, 0}, {0, 0, 0, 2, 3, 0}}}};
    matrix x({900, 6});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 6 + 1);
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    const matrix y = gr::forward(layer, x, pass), dx = gr::backward(layer, x, x, pass, none);
    std::map<std::pair<int, int>, int> seen;
    for (std::size_t n = 0; n < 900; ++n)
        for (const auto& [ab, expected] : by_hand) {
            const std::vector<float> row(y.data() + 6 * n, y.data() + 6 * n + 6), back(dx.data() + 6 * n, dx.data() + 6 * n + 6);
            if (row != expected.first) continue;
            ++seen[ab];
            CHECK(back == expected.second);
        }
    CHECK(seen.size() == 9);
    int all = 0;
    for (const auto& [ab, count] : seen) {
        all += count;
        CHECK(std::abs(count - 100) < 38);  // 4 standard deviations
    }
    CHECK(all == 900);
}

TEST_CASE("random_shift.forward: the formula, with channels, for each shape of the batch") {
    const gr::random_shift layer{.height = 5, .width = 4, .by = 3};
    const auto x = support::draw<images>({40, 5, 4, 3}, 1);
    gr::pass pass(layer, x);
    const images y = gr::forward(layer, x, pass);
    for (std::size_t n = 0; n < 40; ++n) {
        const gr::context ctx = pass.context();
        const int a = static_cast<int>(ctx.uniform(n, 0) * 7) - 3, b = static_cast<int>(ctx.uniform(n, 1) * 7) - 3;
        CHECK(support::same(sample(y, n), moved(sample(x, n), a, b)));
    }
    matrix flat({40, 60});
    std::copy_n(x.data(), x.size(), flat.data());
    gr::pass of_rows(layer, flat);
    CHECK(std::equal(y.begin(), y.end(), gr::forward(layer, flat, of_rows).begin()));
}

TEST_CASE("random_shift.backward: central differences") {
    const gr::random_shift layer{.height = 4, .width = 3, .by = 1};
    CHECK(gr::gradient_check(layer, support::draw<images>({6, 4, 3, 2}, 1)));
    CHECK(gr::gradient_check(layer, support::draw<matrix>({6, 12}, 1)));
    CHECK(gr::gradient_check(gr::sequential(gr::dense(5, 12), layer, gr::dense(12, 2)), support::draw<matrix>({6, 5}, 1)));
    CHECK(gr::gradient_check(layer, support::draw<matrix>({6, 12}, 1), {.training = false}));
}

TEST_CASE("random_shift: inference changes nothing; a batch in shards is moved as the whole") {
    const gr::random_shift layer{.height = 4, .width = 4};
    const auto x = support::draw<matrix>({10, 16}, 1);
    gr::pass whole(layer, x), first(layer, x), second(layer, x);
    const matrix y = gr::forward(layer, x, whole), again = gr::forward(layer, x, whole);
    CHECK(support::same(y, again));
    CHECK_FALSE(support::same(y, x));
    matrix head({4, 16}), tail({6, 16});
    std::copy_n(x.data(), head.size(), head.data()), std::copy_n(x.data() + head.size(), tail.size(), tail.data());
    second.first_row = 4;
    CHECK(std::equal(head.begin(), head.end(), x.begin()));
    const matrix a = gr::forward(layer, head, first), b = gr::forward(layer, tail, second);
    CHECK(std::equal(a.begin(), a.end(), y.begin()));
    CHECK(std::equal(b.begin(), b.end(), y.begin() + 64));
    whole.training = false;
    CHECK(support::same(gr::forward(layer, x, whole), x));
}

TEST_CASE("random_shift: takes what a dense layer makes of each pixel") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(2, 20), gr::random_shift{.height = 4, .width = 4}, gr::dense(20, 1));
    CHECK(gr::gradient_check(net, support::draw<images>({2, 4, 4, 2}, 1)));
}

TEST_CASE("random_shift: what is not made of such images is told, and a move that would leave nothing") {
    CHECK(message_of([] { (void)gr::sequential(gr::reshaped({20}), gr::random_shift{.height = 4, .width = 4}); }) ==
          "random_shift #1: y[i, j] = x[i − a, j − b] needs images of (4, 4), a sample is (20)");
    const auto forward_of = [](const gr::random_shift& layer, const auto& x) {
        gr::pass pass(layer, x);
        return message_of([&] { (void)gr::forward(layer, x, pass); });
    };
    CHECK(forward_of({.height = 4, .width = 3}, images({1, 3, 4, 2}, 0.0f)) ==
          "random_shift: y[i, j] = x[i − a, j − b] needs images of (4, 3), a sample is (3, 4, 2)");
    CHECK(forward_of({.height = 4, .width = 3}, gr::tensor<float, 1>({12}, 0.0f)) ==
          "random_shift: y[i, j] = x[i − a, j − b] needs images of (4, 3), a sample is ()");
    CHECK(forward_of({.height = 0, .width = 3}, matrix({1, 3}, 0.0f)) ==
          "random_shift: y[i, j] = x[i − a, j − b] needs images of (0, 3), a sample is (3)");
    CHECK(forward_of({.height = 2, .width = 3}, matrix({1, 6}, 0.0f)) ==
          "random_shift: moves by up to 2 pixels, which must be less than the images' (2, 3)");
    const gr::random_shift layer{.height = 2, .width = 3, .by = 1};
    const matrix x({2, 6}, 0.0f);
    gr::pass pass(layer, x);
    (void)gr::forward(layer, x, pass);
    gr::no_parameters none;
    CHECK(message_of([&] { (void)gr::backward(layer, x, matrix({2, 5}, 0.0f), pass, none); }) ==
          "random_shift: dx[i, j] = dy[i + a, j + b] needs dy shaped as y (2, 6), got (2, 5)");
}
