// labels: computes
#include "gradus/kernels/rows.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "gradus/reference/rows.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;
namespace ref = gradus::reference;

namespace {

using support::difference;
using support::draw;
using support::tolerance;
template <class T>
using matrix = gr::tensor<T, 2>;

}  // namespace

TEST_CASE("log_sum_exp: by hand") {
    const double z[] = {std::log(1.0), std::log(2.0), std::log(5.0)};
    double p[3];
    CHECK(k::log_sum_exp(z, 3) == doctest::Approx(std::log(8.0)));  // e^z = 1, 2, 5
    CHECK(k::softmax_row(z, p, 3) == doctest::Approx(std::log(8.0)));
    CHECK(k::log_sum_exp(z + 2, 1) == doctest::Approx(z[2]));
}

TEST_CASE_TEMPLATE("log_sum_exp: PyTorch's values, alone and as what softmax_row returns", T, float, double) {
    const auto z = support::pytorch<matrix<T>>("activations/z");
    const auto expected = support::pytorch<gr::tensor<double, 1>>("activations/log_sum_exp");
    gr::tensor<T, 1> alone(expected.shape()), beside(expected.shape()), p({gr::features(z)}, T(0));
    for (std::size_t r = 0; r < gr::rows(z); ++r) {
        alone(r) = k::log_sum_exp(&z(r, 0), gr::features(z));
        beside(r) = k::softmax_row(&z(r, 0), p.data(), gr::features(z));
    }
    CHECK(difference(alone, expected) <= tolerance<T>());
    CHECK(difference(beside, expected) <= tolerance<T>());
}

TEST_CASE_TEMPLATE("rows: kernels and twins at every length of a row", T, float, double) {
    for (std::size_t n = 1; n <= 40; ++n) {
        CAPTURE(n);
        const auto z = draw<matrix<T>>({1, n}, n, -4, 4);
        matrix<T> p(z.shape());
        const T lse = k::softmax_row(z.data(), p.data(), n);
        CHECK(difference(p, ref::softmax(z)) <= tolerance<T>());
        CHECK(difference(lse, ref::log_sum_exp(z)(0)) <= tolerance<T>());
        CHECK(difference(k::log_sum_exp(z.data(), n), ref::log_sum_exp(z)(0)) <= tolerance<T>());
        auto in_place = z;
        CHECK(k::softmax_row(in_place.data(), in_place.data(), n) == lse);
        CHECK(support::same(in_place, p));

        CHECK(k::argmax(z.data(), n) == ref::argmax(z)(0));
        CHECK(k::row_max(z.data(), n) == xt::amax(z)());
        CHECK(difference(k::row_sum(z.data(), n), xt::sum(z)()) <= tolerance<T>(n));
        const auto w = draw<matrix<T>>({1, n}, n + 100);
        // 1 stands for what f makes of the zeros beyond the end: it must not be summed
        const T sum = k::sum_of(
            n, [](const auto& a, const auto& b) { return a * b + 1; }, z.data(), w.data());
        CHECK(difference(sum, xt::sum(z * w + 1)()) <= tolerance<T>(n));
    }
    CHECK(k::row_sum(static_cast<const T*>(nullptr), 0) == 0);
}

TEST_CASE_TEMPLATE("rows: a maximum that is negative is found, beyond the last whole register too", T, float, double) {
    for (std::size_t n = 1; n <= 40; ++n) {
        std::vector<T> z(n, T(-5));
        z[n - 1] = T(-3);
        CHECK(k::row_max(z.data(), n) == T(-3));
        CHECK(k::argmax(z.data(), n) == n - 1);
    }
}

TEST_CASE_TEMPLATE("log_sum_exp, softmax.forward: finite for any finite row", T, float, double) {
    constexpr T largest = std::numeric_limits<T>::max();
    for (std::size_t n : {3u, 16u, 40u})
        for (T scale : {T(1e4), largest / 4}) {
            std::vector<T> z(n, -scale), p(n);
            z[1] = z[2] = scale;
            const T lse = k::softmax_row(z.data(), p.data(), n);
            CHECK(lse == doctest::Approx(scale + std::log(T(2))));
            CHECK(k::log_sum_exp(z.data(), n) == lse);
            CHECK(p[0] == 0);
            CHECK(p[1] == T(0.5));
        }
}

TEST_CASE_TEMPLATE("softmax.forward, log_sum_exp: one that is impossible, -inf, has probability 0", T, float, double) {
    constexpr T never = -std::numeric_limits<T>::infinity();
    const std::vector<T> z{0, never, 0};
    std::vector<T> p(3);
    CHECK(k::softmax_row(z.data(), p.data(), 3) == doctest::Approx(std::log(2.0)));
    CHECK(p == std::vector<T>{T(0.5), T(0), T(0.5)});
}

TEST_CASE("argmax: ties go to the first") {
    const float z[] = {1, 3, 2, 3};
    CHECK(k::argmax(z, 4) == 1);
    CHECK(k::argmax(z + 3, 1) == 0);
    const std::vector<double> flat(33, 0.5);
    CHECK(k::argmax(flat.data(), flat.size()) == 0);
    CHECK(ref::argmax(gr::tensor<float, 2>{{1, 3, 2, 3}})(0) == 1);
}

TEST_CASE("column_sums: by hand") {
    const gr::tensor<double, 2> a{{1, 2, 3}, {10, 20, 30}};
    gr::tensor<double, 1> out({3}, 0.0);
    k::column_sums(k::as_matrix(a), out.data());
    CHECK(out == gr::tensor<double, 1>{11, 22, 33});
}

TEST_CASE_TEMPLATE("column_sums: kernel and twin at every width, for no row and many", T, float, double) {
    for (std::size_t rows : {1u, 2u, 3u, 8u, 33u})
        for (std::size_t cols = 1; cols <= 40; ++cols) {
            CAPTURE(rows);
            CAPTURE(cols);
            const auto a = draw<matrix<T>>({rows, cols}, cols);
            gr::tensor<T, 1> guarded({cols + 1}, T(-77)), out({cols}, T(0));
            k::column_sums(k::as_matrix(a), guarded.data());
            CHECK(guarded(cols) == T(-77));
            std::copy_n(guarded.data(), cols, out.data());
            CHECK(difference(out, ref::column_sums(a)) <= tolerance<T>(rows));
        }
    gr::tensor<T, 1> none({5}, T(-77));
    k::column_sums(k::matrix<const T>(nullptr, 0, 5, 5), none.data());
    CHECK(support::same(none, gr::tensor<T, 1>({5}, T(0))));
}

TEST_CASE_TEMPLATE("column_sums: of a part of a wider matrix, of which what lies beside does not count", T, float,
                   double) {
    const auto a = draw<matrix<T>>({5, 50}, 1);
    for (std::size_t first : {0u, 1u, 17u})
        for (std::size_t cols : {1u, 7u, 16u, 33u}) {
            gr::tensor<T, 1> out({cols}, T(0)), expected({cols}, T(0));
            k::column_sums(k::matrix<const T>(a.data() + first, 5, cols, 50), out.data());
            for (std::size_t i = 0; i < 5; ++i)
                for (std::size_t j = 0; j < cols; ++j) expected(j) += a(i, first + j);
            CHECK(difference(out, expected) <= tolerance<T>(5));
        }
}

TEST_CASE_TEMPLATE("softmax.forward: a row does not depend on its place in the batch", T, float, double) {
    for (std::size_t n : {1u, 10u, 33u}) {
        const auto z = draw<matrix<T>>({4, n}, n);
        matrix<T> moved({7, n}, T(9)), p(moved.shape()), q(z.shape());
        std::copy_n(z.data(), z.size(), moved.data() + 3 * n);
        for (std::size_t r = 0; r < 4; ++r) {
            const T a = k::softmax_row(&z(r, 0), &q(r, 0), n), b = k::softmax_row(&moved(r + 3, 0), &p(r + 3, 0), n);
            CHECK(a == b);
            for (std::size_t i = 0; i < n; ++i) CHECK(q(r, i) == p(r + 3, i));
        }
    }
}
