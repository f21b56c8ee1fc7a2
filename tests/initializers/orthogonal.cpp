#include "gradus/initializers/orthogonal.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "../support/message.hpp"
#include "gradus/layers/dense.hpp"

namespace gr = gradus;
using matrix = gr::tensor<double, 2>;

namespace {

template <std::size_t N = 2>
gr::tensor<double, N> drawn(const typename gr::tensor<double, N>::shape_type& shape, double gain = 1, std::uint64_t key = 7) {
    gr::tensor<double, N> W(shape);
    gr::draw(W, gr::orthogonal{gain}, key, {});
    return W;
}

/// max |QᵀQ − I|, or of QQᵀ where Q is wide.
double error(const matrix& Q) {
    const bool wide = Q.shape()[0] < Q.shape()[1];
    const std::size_t m = std::min(Q.shape()[0], Q.shape()[1]), n = std::max(Q.shape()[0], Q.shape()[1]);
    double worst = 0;
    for (std::size_t a = 0; a < m; ++a)
        for (std::size_t b = 0; b < m; ++b) {
            double sum = a == b ? -1 : 0;
            for (std::size_t i = 0; i < n; ++i) sum += wide ? Q(a, i) * Q(b, i) : Q(i, a) * Q(i, b);
            worst = std::max(worst, std::abs(sum));
        }
    return worst;
}

}  // namespace

TEST_CASE("initializer.orthogonal: QᵀQ = I, tall, square and wide") {
    for (const auto [rows, columns] : {std::array{1, 1}, {60, 60}, {200, 31}, {31, 200}, {1, 9}, {9, 1}})
        CHECK(error(drawn({static_cast<std::size_t>(rows), static_cast<std::size_t>(columns)})) <= 1e-14);
}
TEST_CASE("initializer.orthogonal: by hand, Gram and Schmidt on two normal vectors") {
    const double a[] = {gr::random::normal(7, 0), gr::random::normal(7, 1)};
    const auto Q = drawn({2, 2});  // its columns: a / |a|, and what is perpendicular to it
    const double length = std::hypot(a[0], a[1]);
    CHECK(Q(0, 0) == doctest::Approx(a[0] / length).epsilon(1e-14));
    CHECK(Q(1, 0) == doctest::Approx(a[1] / length).epsilon(1e-14));
    const double side = a[0] * gr::random::normal(7, 3) - a[1] * gr::random::normal(7, 2) > 0 ? 1 : -1;
    CHECK(Q(0, 1) == doctest::Approx(-side * a[1] / length).epsilon(1e-14));
    CHECK(Q(1, 1) == doctest::Approx(side * a[0] / length).epsilon(1e-14));
    CHECK(drawn({1, 1})(0, 0) == (gr::random::normal(7, 0) > 0 ? 1 : -1));
}
TEST_CASE("initializer.orthogonal: times the gain, and |xW| = gain |x|") {
    const auto Q = drawn({6, 6}), W = drawn({6, 6}, 3);
    double x = 0, y = 0;
    for (std::size_t j = 0; j < 6; ++j) {
        double sum = 0;
        for (std::size_t i = 0; i < 6; ++i) {
            CHECK(W(i, j) == 3 * Q(i, j));
            sum += static_cast<double>(i + 1) * W(i, j);
        }
        y += sum * sum;
        x += static_cast<double>((j + 1) * (j + 1));
    }
    CHECK(std::sqrt(y) == doctest::Approx(3 * std::sqrt(x)).epsilon(1e-13));
}
TEST_CASE("initializer.orthogonal: every direction is as likely as any other") {
    // The first column over many keys: mean 0, Σ over keys of qqᵀ ∝ I; a fixed sign or axis would show.
    constexpr std::size_t keys = 4000;
    double mean[3] = {}, square[3] = {};
    for (std::size_t key = 0; key < keys; ++key) {
        const auto Q = drawn({3, 3}, 1, key);
        for (std::size_t j = 0; j < 3; ++j) mean[j] += Q(j, j) / keys, square[j] += Q(j, j) * Q(j, j) / keys;
    }
    for (std::size_t j = 0; j < 3; ++j) {
        CHECK(std::abs(mean[j]) <= 4 * std::sqrt(1.0 / 3 / keys));
        CHECK(square[j] == doctest::Approx(1.0 / 3).epsilon(0.06));
    }
}
TEST_CASE("initializer.orthogonal: all axes but the last are rows; the same numbers for ever; a layer begins so") {
    const auto image = drawn<4>({3, 3, 2, 5});
    const auto flat = drawn({18, 5});
    CHECK(std::ranges::equal(gr::flat(image), gr::flat(flat)));
    CHECK(flat(17, 4) == 0x1.c3a5e9efa034fp-2);
    CHECK_FALSE(drawn({18, 5}, 1, 8) == flat);
    const auto layer = gr::dense<double>(18, 5, gr::identity{}, gr::orthogonal{});
    CHECK(error(layer.theta.W) <= 1e-14);
    CHECK(layer.theta.b == gr::tensor<double, 1>({5}, 0.));
}
TEST_CASE("initializer: an orthogonal one's gain must be a number") {
    CHECK(support::message_of([] { gr::initializer{gr::orthogonal{.gain = NAN}}; }) == "orthogonal: needs a finite gain, got nan");
}
