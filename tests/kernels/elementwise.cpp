// labels: computes
#include "gradus/kernels/elementwise.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/sigmoid.hpp"
#include "gradus/activations/softmax.hpp"
#include "gradus/optimizers/adam.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;

namespace {

using support::draw;
template <class T>
using vector = gr::tensor<T, 1>;

/// Numbers with a guard behind them, which a kernel for the first n must leave alone.
template <class T>
vector<T> guarded(const vector<T>& x) {
    vector<T> out({x.size() + 1}, T(-77));
    std::copy_n(x.data(), x.size(), out.data());
    return out;
}

}  // namespace

TEST_CASE_TEMPLATE("elementwise.load_part, elementwise.store_part: the first n lanes, and no memory beyond", T, float,
                   double) {
    for (std::size_t n = 0; n <= k::width<T>; ++n) {
        const auto x = draw<vector<T>>({n}, 1);
        T lane[k::width<T>];
        k::load_part(x.data(), n, T(5)).store_unaligned(lane);
        for (std::size_t i = 0; i < k::width<T>; ++i) CHECK(lane[i] == (i < n ? x(i) : T(5)));
        std::vector<T> out(n + 1, T(-77));
        k::store_part(out.data(), n, k::reg<T>(T(3)));
        for (std::size_t i = 0; i < n; ++i) CHECK(out[i] == T(3));
        CHECK(out[n] == T(-77));
    }
}

TEST_CASE_TEMPLATE("elementwise.map: at every length, in place too, and nothing written beyond", T, float, double) {
    const auto f = [](const auto& a, const auto& b) { return a * b - a; };
    for (std::size_t n = 0; n <= 40; ++n) {
        CAPTURE(n);
        const auto a = draw<vector<T>>({n}, 1), b = draw<vector<T>>({n}, 2);
        auto out = guarded(vector<T>({n}, T(0))), in_place = guarded(a);
        k::map(n, f, out.data(), a.data(), b.data());
        k::map(n, f, in_place.data(), static_cast<const T*>(in_place.data()), b.data());
        for (std::size_t i = 0; i < n; ++i)
            CHECK(support::difference(out(i), f(a(i), b(i))) <= support::tolerance<T>());
        CHECK(out(n) == T(-77));
        CHECK(support::same(in_place, out));
    }
}

TEST_CASE_TEMPLATE("elementwise.update: at every length, constants are read, the others written", T, float, double) {
    const auto f = [](auto& theta, const auto& g, auto& v) {
        v = v + g;
        theta -= v;
    };
    for (std::size_t n = 0; n <= 40; ++n) {
        CAPTURE(n);
        const auto theta = draw<vector<T>>({n}, 1), g = draw<vector<T>>({n}, 2), v = draw<vector<T>>({n}, 3);
        auto theta_ = guarded(theta), v_ = guarded(v);
        k::update(n, f, theta_.data(), g.data(), v_.data());
        for (std::size_t i = 0; i < n; ++i) {
            CHECK(v_(i) == v(i) + g(i));
            CHECK(theta_(i) == theta(i) - (v(i) + g(i)));
        }
        CHECK(theta_(n) == T(-77));
        CHECK(v_(n) == T(-77));
    }
}

TEST_CASE_TEMPLATE("elementwise.map, elementwise.update: a value does not depend on its place in the batch", T, float,
                   double) {
    constexpr std::size_t n = 3 * 16 + 7;
    const auto z = draw<vector<T>>({n}, 1, -6, 6), g = draw<vector<T>>({n}, 2);
    const auto values = [&](std::size_t first, std::size_t size) {
        vector<T> y({size}, T(0));
        k::map(
            size, [](const auto& u) { return gr::gelu::derivative(u) + gr::sigmoid::value(u); }, y.data(),
            z.data() + first);
        return y;
    };
    const auto steps = [&](std::size_t first, std::size_t size) {
        vector<T> theta({size}, T(1)), m({size}, T(0.5)), v({size}, T(0.25));
        k::update(size, gr::adam{}.step<T>(3), theta.data(), g.data() + first, m.data(), v.data());
        return theta;
    };
    const auto y = values(0, n), theta = steps(0, n);
    for (std::size_t first = 0; first < n; ++first)
        for (std::size_t size : {std::size_t(1), std::size_t(5), n - first}) {
            if (first + size > n) continue;
            const auto y_part = values(first, size), theta_part = steps(first, size);
            for (std::size_t i = 0; i < size; ++i) {
                CHECK(y_part(i) == y(first + i));
                CHECK(theta_part(i) == theta(first + i));
            }
        }
}

TEST_CASE("elementwise.activate: leading axes are rows, each row a softmax of its own") {
    const auto z = draw<gr::tensor<float, 3>>({2, 3, 5}, 1);
    const auto dy = draw<gr::tensor<float, 3>>({2, 3, 5}, 2);
    gr::tensor<float, 3> y(z.shape()), dz(z.shape());
    gradus::activate(gr::softmax{}, z, y);
    gradus::activate_backward(gr::softmax{}, y, dy, dz);
    for (std::size_t r = 0; r < 6; ++r) {
        float y_r[5], dz_r[5];
        gr::softmax::row(z.data() + 5 * r, y_r, 5);
        gr::softmax::row_backward(y_r, dy.data() + 5 * r, dz_r, 5);
        for (std::size_t i = 0; i < 5; ++i) {
            CHECK(y.data()[5 * r + i] == y_r[i]);
            CHECK(dz.data()[5 * r + i] == dz_r[i]);
        }
    }
}
