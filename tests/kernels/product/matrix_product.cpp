// labels: computes products
#include "gradus/kernels/product/matrix_product.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gradus/base/random.hpp"
#include "gradus/reference/matrix_product.hpp"

namespace k = gradus::kernels;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Numbers in [-1, 1) with a stride beyond the row, and NaN between the rows: whoever reads them shows it.
template <class T>
struct storage {
    std::vector<T> data;
    k::matrix<T> view;

    storage(std::size_t rows, std::size_t cols, bool transposed, std::size_t gap, std::uint64_t key) {
        const std::size_t lines = transposed ? cols : rows, length = transposed ? rows : cols;
        data.assign(lines * (length + gap), T(nan));
        if (lines > 0) data.resize(data.size() - gap);  // nothing after the last row: sanitizers see who reads there
        for (std::size_t i = 0; i < lines; ++i)
            for (std::size_t j = 0; j < length; ++j)
                data[i * (length + gap) + j] = T(2 * gradus::random::uniform(key, i, j) - 1);
        view = {data.data(), rows, cols, length + gap, transposed};
    }
};

template <class T>
double tolerance(std::size_t depth) {
    return sizeof(T) == 8 ? 1e-12 : 1e-5 * std::sqrt(double(depth + 1));
}

/// Largest |a - b| over max(1, largest |b|), all elements between the rows included (NaN must have stayed NaN).
template <class T>
double difference(const std::vector<T>& a, const std::vector<T>& b) {
    double worst = 0, scale = 1;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i]) != std::isnan(b[i])) return nan;
        if (std::isnan(b[i])) continue;
        worst = std::max(worst, std::abs(double(a[i]) - double(b[i])));
        scale = std::max(scale, std::abs(double(b[i])));
    }
    return worst / scale;
}

struct shape {
    std::size_t m, n, k;
};

template <class T>
using product_function = void (*)(T, k::matrix<const T>, k::matrix<const T>, T, k::matrix<T>);

template <class T>
using products = std::vector<std::pair<const char*, product_function<T>>>;

template <class T>
void compare(const products<T>& all, shape s, bool ta, bool tb, std::size_t gap, T alpha, T beta) {
    storage<T> a(s.m, s.k, ta, gap, 1), b(s.k, s.n, tb, gap, 2), c(s.m, s.n, false, gap, 3);
    if (beta == T(0)) c.data.assign(c.data.size(), T(nan));
    auto expected = c;
    expected.view.data = expected.data.data();
    gradus::reference::product(alpha, a.view, b.view, beta, expected.view);
    for (const auto& by : all) {
        auto made = c;
        made.view.data = made.data.data();
        by.second(alpha, a.view, b.view, beta, made.view);
        const double worst = difference(made.data, expected.data);
        INFO(by.first, ": M ", s.m, ", N ", s.n, ", K ", s.k, ta ? ", A transposed" : "", tb ? ", B transposed" : "",
             ", gap ", gap, ", alpha ", alpha, ", beta ", beta);
        CHECK(worst <= tolerance<T>(s.k));
    }
}

/// The reference takes the time here: all products are compared with the same.
template <class T>
void compare_many(const products<T>& all) {
    for (bool ta : {false, true})
        for (bool tb : {false, true}) {
            // Every size of an edge at least once; the steps share no factor with a tile.
            for (std::size_t m = 1; m <= 40; m += 3)
                for (std::size_t n = 1; n <= 52; n += 3)
                    compare<T>(all, {m, n, 1 + (m * 7 + n * 5) % 40}, ta, tb, (m + n) % 2 * 3, T(1), T(0));
            // Beyond each border of the blocking: 512 rows, a panel's depth, many panels.
            for (shape s : {shape{517, 33, 9}, shape{9, 101, 400}, shape{65, 10, 300}, shape{530, 49, 210},
                            shape{1, 65, 800}, shape{70, 1, 800}, shape{2, 3, 1000}, shape{130, 1030, 20}})
                for (std::size_t gap : {0u, 5u}) {
                    compare<T>(all, s, ta, tb, gap, T(1), T(0));
                    compare<T>(all, s, ta, tb, gap, T(-0.5), T(1));
                }
            for (shape s : {shape{4, 3, 2}, shape{21, 19, 23}, shape{1, 30, 30}, shape{30, 1, 30}})
                for (double alpha : {0.0, 1.0, -0.5})
                    for (double beta : {0.0, 1.0, -0.5}) compare<T>(all, s, ta, tb, 2, T(alpha), T(beta));
        }
}

template <class T>
void by_loops(T alpha, k::matrix<const T> a, k::matrix<const T> b, T beta, k::matrix<T> c) {
    k::product_by_loops<T>(alpha, a, b, beta, c.data, c.stride, c);
}
template <class T>
void by_builtin(T alpha, k::matrix<const T> a, k::matrix<const T> b, T beta, k::matrix<T> c) {
    k::builtin::product<T>(alpha, a, b, beta, c.data, c.stride, c);
}
template <class T>
void by_choice(T alpha, k::matrix<const T> a, k::matrix<const T> b, T beta, k::matrix<T> c) {
    k::product(alpha, a, b, beta, c);
}

}  // namespace

TEST_CASE("matrix.product: a case worked by hand") {
    //  1 2 3     7  8      58  64
    //  4 5 6  x  9 10  =  139 154
    //           11 12
    const float a[] = {1, 2, 3, 4, 5, 6};
    const float b[] = {7, 8, 9, 10, 11, 12};
    float c[] = {1, 1, 1, 1};
    const k::matrix<const float> A{a, 2, 3, 3}, B{b, 3, 2, 2};
    const k::matrix<float> C{c, 2, 2, 2};
    k::product(1.0f, A, B, 0.0f, C);
    CHECK(std::vector<float>(c, c + 4) == std::vector<float>{58, 64, 139, 154});
    k::product(2.0f, A, B, -1.0f, C);
    CHECK(std::vector<float>(c, c + 4) == std::vector<float>{58, 64, 139, 154});
    const float bias[] = {100, 200};
    k::product_with_bias(A, B, bias, C);
    CHECK(std::vector<float>(c, c + 4) == std::vector<float>{158, 264, 239, 354});
    float d[9];
    k::product(1.0f, k::transpose(A), k::transpose(B), 0.0f, k::matrix<float>{d, 3, 3, 3});  // (BA)ᵀ
    CHECK(std::vector<float>(d, d + 9) == std::vector<float>{39, 49, 59, 54, 68, 82, 69, 87, 105});
}

TEST_CASE_TEMPLATE("matrix.product: equals its twin", T, float, double) {
    products<T> all{{"by loops", by_loops<T>}, {"built-in", by_builtin<T>}, {"chosen by size", by_choice<T>}};
#if GRADUS_USE_BLAS
    all.emplace_back("by the BLAS", k::blas::product<T>);
#endif
    compare_many<T>(all);
}

TEST_CASE_TEMPLATE("matrix.product: K = 0 scales C, and C without elements is left alone", T, float, double) {
    storage<T> c(3, 5, false, 0, 1);
    const auto before = c.data;
    k::product(T(1), k::matrix<const T>{nullptr, 3, 0, 0}, k::matrix<const T>{nullptr, 0, 5, 5}, T(-2), c.view);
    for (std::size_t i = 0; i < before.size(); ++i) CHECK(c.data[i] == -2 * before[i]);
    k::product(T(1), k::matrix<const T>{nullptr, 3, 0, 0}, k::matrix<const T>{nullptr, 0, 5, 5}, T(0), c.view);
    for (T x : c.data) CHECK(x == 0);
    k::product(T(1), k::matrix<const T>{nullptr, 0, 4, 4}, k::matrix<const T>{nullptr, 4, 5, 5}, T(0),
               k::matrix<T>{nullptr, 0, 5, 5});
}

TEST_CASE_TEMPLATE("matrix.product_with_bias: equals its twin", T, float, double) {
    for (bool ta : {false, true})
        for (bool tb : {false, true})
            for (shape s : {shape{4, 3, 2}, shape{1, 10, 12}, shape{13, 1, 40}, shape{17, 10, 31}, shape{517, 61, 401}})
                for (bool with : {true, false}) {
                    storage<T> a(s.m, s.k, ta, 1, 1), b(s.k, s.n, tb, 1, 2), c(s.m, s.n, false, 1, 3),
                        bias(1, s.n, false, 0, 4);
                    auto expected = c;
                    expected.view.data = expected.data.data();
                    const T* row = with ? bias.data.data() : nullptr;
                    gradus::reference::product_with_bias(a.view, b.view, row, expected.view);
                    k::product_with_bias(a.view, b.view, row, c.view);
                    CHECK(difference(c.data, expected.data) <= tolerance<T>(s.k));
                }
}

TEST_CASE("matrix.product: the last rows of B may end where its memory ends") {
    for (std::size_t n = 1; n <= 70; ++n) {
        std::vector<float> a(8 * 20, 1.0f), b(20 * n, 1.0f), c(8 * n);  // exactly: sanitizers see who reads beyond
        k::builtin::product<float>(1, {a.data(), 8, 20, 20}, {b.data(), 20, n, n}, 0, c.data(), n, {c.data(), 8, n, n});
        CHECK(c == std::vector<float>(8 * n, 20.0f));
    }
}

TEST_CASE("matrix.product: the BLAS where its registers are wider, or where as wide and the product is large") {
    CHECK(k::fastest::blas(512, 256) == 1728);
    CHECK(k::fastest::blas(256, 256) == std::size_t{1} << 30);
    CHECK(k::fastest::blas(256, 512) == std::size_t(-1));
    CHECK(k::fastest::blas(0, 128) == std::size_t(-1));
}
