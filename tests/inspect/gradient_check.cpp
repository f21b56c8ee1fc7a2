#include "gradus/inspect/gradient_check.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include "gradus.hpp"

#include "../support/draw.hpp"
#include "../support/some_of.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

namespace {

/// y = a ∘ x + c, with one mistake of a kind in its backward.
enum class mistake { none, twice, sum_of_dy, unassigned, accumulated, small, small_in_c, offset_in_c, wrong_shape };

template <class T, mistake M>
struct affine {
    struct parameters {
        gr::tensor<T, 1> a, c;
        static void each(auto&& f, auto&... p) { f("a", p.a...), f("c", p.c...); }
    } theta;
    template <class X>
    struct cache {
        X y, dx;
    };
    explicit affine(std::size_t D) : theta{gr::tensor<T, 1>({D}, T(1.5)), gr::tensor<T, 1>({D}, T(0.5))} {}

    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        gr::reshape(c.y, x.shape());
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t d = 0; d < theta.a.size(); ++d) c.y(n, d) = theta.a(d) * x(n, d) + theta.c(d);
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters& grad) const {
        gr::reshape(c.dx, x.shape());
        if (M != mistake::accumulated) grad.a.fill(0);
        if (M != mistake::unassigned) grad.c.fill(0);
        for (std::size_t n = 0; n < x.shape()[0]; ++n)
            for (std::size_t d = 0; d < theta.a.size(); ++d) {
                grad.a(d) += M == mistake::sum_of_dy ? dy(n, d) : dy(n, d) * x(n, d);
                if (M != mistake::unassigned) grad.c(d) += dy(n, d) * (M == mistake::small_in_c ? T(1 + 1e-6) : 1);
                c.dx(n, d) = dy(n, d) * theta.a(d) * (M == mistake::twice ? 2 : M == mistake::small ? T(1 + 1e-6) : 1);
            }
        if (M == mistake::offset_in_c) grad.c(0) += T(1e-9);
        if (M == mistake::wrong_shape) c.dx.resize({1, 1}), c.dx.fill(0);
        return c.dx;
    }
    template <class U>
    [[nodiscard]] auto to_scalar() const {
        return affine<U, M>(theta.a.size());
    }
};

template <mistake M>
gr::gradient_report checked() {
    return gr::gradient_check(affine<float, M>(3), support::draw<matrix>({4, 3}, 1));
}

template <mistake M>
auto affine_before_norm() {
    return gr::sequential(affine<float, M>(4), gr::batch_norm(4), gr::dense(4, 2));
}

/// y = log(x), with a backward that is wrong by far.
struct wrong_logarithm {
    using parameters = gr::no_parameters;
    template <class X>
    struct cache {
        X y, dx;
    };
    template <class X>
    const X& forward(const X& x, cache<X>& c) const {
        gr::reshape(c.y, x.shape());
        for (std::size_t i = 0; i < x.size(); ++i) c.y.data()[i] = std::log(x.data()[i]);
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const X& dy, cache<X>& c, parameters&) const {
        gr::reshape(c.dx, x.shape());
        for (std::size_t i = 0; i < x.size(); ++i) c.dx.data()[i] = i == 1 ? 12345 : dy.data()[i] / x.data()[i];
        return c.dx;
    }
};

/// y = 2x, without parameters, written for float alone.
struct doubling {
    using parameters = gr::no_parameters;
    template <class X>
    struct cache {
        X y, dx;
    };
    const matrix& forward(const matrix& x, cache<matrix>& c) const { return twice(x, c.y); }
    const matrix& backward(const matrix&, const matrix& dy, cache<matrix>& c, parameters&) const { return twice(dy, c.dx); }

  private:
    static const matrix& twice(const matrix& x, matrix& y) {
        gr::reshape(y, x.shape());
        for (std::size_t i = 0; i < x.size(); ++i) y.data()[i] = 2 * x.data()[i];
        return y;
    }
};

}  // namespace

TEST_CASE("gradient_check: a layer for float alone is checked in float, without parameters or within a network too") {
    gr::seed(1);
    const auto x = support::draw<matrix>({4, 3}, 1);
    const auto alone = gr::gradient_check(doubling{}, x);
    CHECK(alone);
    CHECK(alone.in_float);
    CHECK(alone.text().ends_with("; the layer has no `to_scalar` to double, or takes float alone: float's rounding forces the "
                                 "wide limit"));
    const auto within = gr::gradient_check(gr::sequential(gr::dense(3, 3), doubling{}), x);
    CHECK(within);
    CHECK(within.in_float);
    CHECK_FALSE(gr::gradient_check(gr::sequential(gr::dense(3, 3), gr::dense(3, 2)), x).in_float);
}

TEST_CASE("gradient_check: differences that are no numbers are a defect, and are not forgotten for the next entry") {
    const auto report = gr::gradient_check(wrong_logarithm{}, matrix{{0.5f, 1e-9f, 2}});
    CHECK_FALSE(report);
    CHECK(report.where == "dx[1]");
    CHECK(report.text() ==
          "gradient check FAILED: dx[1]: no step gives differences of forward that are numbers: x or a parameter is too "
          "near to where forward is not finite");
    CHECK_FALSE(gr::gradient_check(wrong_logarithm{}, matrix{{0, 1}}));  // ∞ upstream of everything
    CHECK(gr::gradient_check(wrong_logarithm{}, matrix{{1e-4f}, {2}}).defect.empty());  // its small steps are numbers
}

TEST_CASE("gradient_check: a right layer passes, every entry looked at") {
    const auto report = checked<mistake::none>();
    CHECK(report);
    CHECK(report.entries == 3 + 3 + 12);
    CHECK(report.worst < 1e-9);
    CHECK(report.text().starts_with("gradient check passed in double: worst relative error "));
    CHECK(report.text().ends_with("; 18 entries"));
    std::ostringstream out;
    out << report;
    CHECK(out.str() == report.text());
}

TEST_CASE("gradient_check: names the worst entry, with both values") {
    const auto twice = checked<mistake::twice>();
    CHECK_FALSE(twice);
    CHECK(twice.where.starts_with("dx["));
    CHECK(twice.worst == doctest::Approx(0.5));
    CHECK(twice.analytic == doctest::Approx(2 * twice.numeric));
    CHECK(twice.text().starts_with("gradient check FAILED in double: worst relative error 0.5 (limit 1e-07) at dx["));
    CHECK_FALSE(checked<mistake::sum_of_dy>());
    CHECK(checked<mistake::sum_of_dy>().where.starts_with("da["));
}

TEST_CASE("gradient_check: a millionth is seen in double") { CHECK_FALSE(checked<mistake::small>()); }

TEST_CASE("gradient_check: a bias that a normalization takes out again has no gradient but rounding") {
    using images = gr::tensor<float, 4>;
    for (std::uint64_t k = 0; k < (support::some_of::is_long() ? 10u : 3u); ++k) {
        CAPTURE(k);
        gr::seed(k);
        const auto x = support::draw<matrix>({6, 4}, k);
        const auto image = support::draw<images>({3, 6, 6, 2}, k);
        CHECK(gr::gradient_check(affine_before_norm<mistake::none>(), x));
        CHECK(gr::gradient_check(gr::sequential(gr::dense(4, 8), gr::batch_norm(8), gr::relu{}, gr::dense(8, 2)), x));
        CHECK(gr::gradient_check(gr::sequential(gr::conv2d(2, 4, 3), gr::batch_norm(4), gr::relu{}), image));
        CHECK(gr::gradient_check(gr::sequential(gr::conv2d(2, 4, 3), gr::batch_norm(4), gr::relu{}, gr::conv2d(4, 3, 3),
                                                gr::batch_norm(3), gr::relu{}, gr::flatten{}, gr::dense(12, 2)),
                                 image));
        CHECK(gr::gradient_check(gr::sequential(gr::conv2d(2, 4, 3), gr::group_norm(4, 4)), image));
    }
}

TEST_CASE("gradient_check: a layer for float alone before a normalization") {
    const auto x = support::draw<matrix>({6, 3}, 1);
    const auto report = gr::gradient_check(gr::sequential(gr::dense(3, 3), doubling{}, gr::batch_norm(3)), x);
    CHECK_MESSAGE(report, report);
    CHECK(report.in_float);
}

TEST_CASE("gradient_check: a wrong db is found before a normalization, and beside gradients a thousand times as large") {
    const auto offset = gr::gradient_check(affine_before_norm<mistake::offset_in_c>(), support::draw<matrix>({6, 4}, 1));
    CHECK_FALSE(offset);  // 1e-9 that should be 0
    CHECK(offset.where == "d0.c[0]");
    const auto beside = [](auto layer) { return gr::gradient_check(layer, support::draw<matrix>({4, 3}, 1, -1000, 1000)); };
    CHECK(beside(affine<float, mistake::none>(3)));
    CHECK_FALSE(beside(affine<float, mistake::small_in_c>(3)));
    CHECK(beside(affine<float, mistake::small_in_c>(3)).where.starts_with("dc["));
}

TEST_CASE("gradient_check: backward assigns; what adds to its gradients or leaves them out is told") {
    CHECK(checked<mistake::accumulated>().text() ==
          "gradient check FAILED: da: backward left an entry unassigned, or not a number");
    CHECK(checked<mistake::unassigned>().text() ==
          "gradient check FAILED: dc: backward left an entry unassigned, or not a number");
}

TEST_CASE("gradient_check: dx must have the shape of x") {
    CHECK(checked<mistake::wrong_shape>().text() == "gradient check FAILED: dx is (1, 1), the input is (4, 3)");
}

TEST_CASE("gradient_check: looks at no more entries than told, drawn by the seed") {
    const auto report = gr::gradient_check(gr::dense(30, 20), support::draw<matrix>({4, 30}, 1), {.entries = 10});
    CHECK(report);
    CHECK(report.entries == 30);
}

TEST_CASE("gradient_check: losses, with targets and labels, and with a mask") {
    const auto z = support::draw<matrix>({4, 3}, 1), y = support::draw<matrix>({4, 3}, 2, 0, 1);
    CHECK(gr::gradient_check(gr::mse{}, z, y));
    CHECK(gr::gradient_check(gr::half_mse{}, z, y));
    CHECK(gr::gradient_check(gr::binary_cross_entropy{}, z, y));
    CHECK(gr::gradient_check(gr::cross_entropy{}, z, gr::tensor<std::int32_t, 1>{0, 2, 1, 1}));
    const auto sequence = support::draw<gr::tensor<float, 3>>({2, 3, 4}, 1);
    CHECK(gr::gradient_check(gr::cross_entropy{}, sequence, gr::tensor<std::int32_t, 2>{{0, 3, 1}, {2, 2, 0}},
                             {.mask = {{true, true, false}, {true, false, false}}}));
}

TEST_CASE("gradient_check: kinks of ReLU are no mistakes, whatever x") {
    gr::seed(1);
    for (std::uint64_t k = 0; k < 20; ++k)
        CHECK(gr::gradient_check(gr::sequential(gr::dense(4, 8, gr::relu{}), gr::dense(8, 2)), support::draw<matrix>({6, 4}, k)));
}

namespace {

/// y = a[x], for indices x; a wrong gradient of a, if `error` is not 0. What it returns as dx is no gradient.
template <class T = float>
struct lookup {
    struct parameters {
        gr::tensor<T, 1> a;
        static void each(auto&& f, auto&... p) { f("a", p.a...); }
    };
    template <class X>
    struct cache {
        gr::tensor<T, 1> y;
    };
    parameters theta{gr::tensor<T, 1>({3}, T(1))};
    double error = 0;

    template <class X>
    const auto& forward(const X& x, cache<X>& c) const {
        gr::reshape(c.y, x.shape());
        for (std::size_t n = 0; n < x.size(); ++n) c.y(n) = theta.a(static_cast<std::size_t>(x(n)) % 3);
        return c.y;
    }
    template <class X>
    const X& backward(const X& x, const gr::tensor<T, 1>& dy, cache<X>&, parameters& grad) const {
        grad.a.fill(static_cast<T>(error));
        for (std::size_t n = 0; n < x.size(); ++n) grad.a(static_cast<std::size_t>(x(n)) % 3) += dy(n);
        return x;
    }
    template <class U>
    [[nodiscard]] lookup<U> to_scalar() const {
        return {.error = error};
    }
};

}  // namespace

TEST_CASE("gradient_check: a layer that takes indices is judged by its parameters alone, however large the indices") {
    const gr::tensor<std::int32_t, 1> x{0, 1, 2, 1, 1'000'000'000};
    const auto report = gr::gradient_check(lookup<>{}, x);
    CHECK(report);
    CHECK(report.entries == 3);
    CHECK_FALSE(gr::gradient_check(lookup<>{.error = 1e-5}, x));
}
