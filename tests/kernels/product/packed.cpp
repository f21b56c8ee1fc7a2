// labels: computes products
#include "gradus/kernels/product/packed.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <initializer_list>
#include <limits>
#include <vector>

#include "../../support/some_of.hpp"
#include "gradus/base/random.hpp"
#include "gradus/reference/matrix_product.hpp"

namespace k = gradus::kernels;

namespace {

using sizes = std::initializer_list<std::size_t>;

/// Numbers in [-1, 1) in rows that lie `gap` numbers apart, which are NaN.
template <class T>
std::vector<T> drawn(std::size_t rows, std::size_t cols, std::size_t gap, std::uint64_t key) {
    std::vector<T> data(rows * (cols + gap), std::numeric_limits<T>::quiet_NaN());
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j) data[i * (cols + gap) + j] = static_cast<T>(2 * gradus::random::uniform(key, i, j) - 1);
    data.resize(data.size() - gap);  // nothing after the last row
    return data;
}

/// Largest |packed − reference| over max(1, largest |reference|) of C = AB + βC, several products with one B.
template <class T>
double error(std::size_t n, std::size_t depth, std::size_t cols, bool transposed, std::size_t times, T beta, std::size_t gap) {
    const auto b = transposed ? drawn<T>(cols, depth, gap, 1) : drawn<T>(depth, cols, gap, 1);
    const k::matrix<const T> B(b.data(), depth, cols, (transposed ? depth : cols) + gap, transposed);
    k::packed<T> packed;
    packed.prepare(B, times, n);
    double worst = 0;
    for (std::size_t time = 0; time < times; ++time) {
        const auto a = drawn<T>(n, depth, gap, 2 + time);
        auto c = drawn<T>(n, cols, gap, 100 + time);
        auto expected = c;
        const k::matrix<const T> A(a.data(), n, depth, depth + gap);
        packed.product(A, beta, {c.data(), n, cols, cols + gap});
        gradus::reference::product<T>(1, A, B, beta, {expected.data(), n, cols, cols + gap});
        double scale = 1;
        for (T v : expected)
            if (!std::isnan(v)) scale = std::max(scale, std::abs(static_cast<double>(v)));
        for (std::size_t i = 0; i < c.size(); ++i) {
            if (std::isnan(c[i]) != std::isnan(expected[i])) return std::numeric_limits<double>::infinity();
            if (!std::isnan(c[i])) worst = std::max(worst, std::abs(static_cast<double>(c[i]) - static_cast<double>(expected[i])) / scale);
        }
    }
    return worst;
}

}  // namespace

TEST_CASE_TEMPLATE("matrix.packed_product: equals the textbook's, in panels or not, whatever the sizes and the distance of rows", T, float,
                   double) {
    support::some_of some(8);
    for (const std::size_t n : sizes{1, 2, 7, 8, 33})
        for (const std::size_t depth : sizes{1, 5, 16, 64, 200, k::builtin::panel_depth<T> + 5})  // two blocks of the depth
            for (const std::size_t cols : sizes{1, 3, 16, 31, 48, 50, 129})
                for (bool transposed : {false, true})
                    for (std::size_t times : {std::size_t{1}, k::packed<T>::enough})
                        for (const std::size_t gap : sizes{0, 5}) {
                            if (!some()) continue;
                            INFO("seed ", some.seed, ": ", n, " x ", depth, " x ", cols, ", transposed ", transposed, ", times ", times, ", gap ", gap);
                            const double limit = sizeof(T) == 8 ? 1e-12 : 1e-5 * std::sqrt(static_cast<double>(depth));
                            CHECK(error<T>(n, depth, cols, transposed, times, T(0), gap) <= limit);
                            CHECK(error<T>(n, depth, cols, transposed, times, T(1), gap) <= limit);
                        }
}

TEST_CASE("matrix.packed_product: by hand") {
    const double b[] = {1, 2, 3, 4}, a[] = {5, 6};  // (5 6) (1 2; 3 4) = (23 34)
    double c[] = {100, 200};
    k::packed<double> packed;
    packed.prepare({b, 2, 2, 2}, 1, 1);
    packed.product({a, 1, 2, 2}, 1, {c, 1, 2, 2});
    CHECK(c[0] == 123);
    CHECK(c[1] == 234);
}

TEST_CASE("matrix.packed_product: a smaller B after a larger one finds its room, and no rest of the larger one") {
    k::packed<double> packed;
    std::vector<double> large(64 * 64, 1), small(20 * 20, 2), a(20, 1), c(20);
    packed.prepare({large.data(), 64, 64, 64}, 9, 1);
    packed.prepare({small.data(), 20, 20, 20}, 9, 1);
    packed.product({a.data(), 1, 20, 20}, 0, {c.data(), 1, 20, 20});
    for (double v : c) CHECK(v == 40);
}
