#pragma once
/// \file
/// How parameters begin. Draws are f(key, element): the same on every platform and in any order of construction.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/random.hpp"
#include "gradus/core/tensor.hpp"
#include "gradus/kernels/matrix.hpp"

namespace gradus {

/// How many inputs feed one unit, and how many units one input feeds.
struct fan {
    std::size_t in = 1, out = 1;
};

/// in = r I, out = r O of W (..., I, O), with r the product of the axes before: 1 for a matrix, KH·KW for a convolution.
///                                                                                                  [initializer.fan]
/// Source: Keras, `compute_fans`, whose layout of W it is.
template <class T, std::size_t N>
    requires(N >= 2)
[[nodiscard]] fan fan_of(const tensor<T, N>& W) {
    std::size_t field = 1;
    for (std::size_t axis = 0; axis + 2 < N; ++axis) field *= W.shape()[axis];
    return {field * W.shape()[N - 2], field * W.shape()[N - 1]};
}

/// A number for each element: `how(key, i, fan)`.
template <class How>
concept draws_elements = requires(const How& how, double& x) { x = how(std::uint64_t(), std::uint64_t(), fan()); };

/// All elements together: `how(W, key)`, W as the matrix of its rows, all axes but the last.
template <class How>
concept draws_matrix = requires(const How& how, kernels::matrix<double> W) { how(W, std::uint64_t()); };

/// Every element is `value`: Keras's `Constant`, PyTorch's `constant_`.                              [initializer.full]
struct full {
    double value = 0;

    double operator()(std::uint64_t, std::uint64_t, fan) const { return value; }
};
struct zeros : full {};
struct ones : full {
    ones() : full{1} {}
};

/// How the parameters of a layer begin: W as the first is told, b as the second, at 0 where there is none.
/// `gr::dense(2, 3, gr::relu{}, gr::he_normal{})`, `gr::dense(2, 3, gr::relu{}, {gr::he_normal{}, gr::full{0.1}})`.
///
/// Either may be any function `double(key, i, fan)`. Where it has a `check()`, that is called here.
class initializer {
  public:
    template <class W, class B = zeros>
        requires((draws_elements<W> || draws_matrix<W>) && draws_elements<B>)
    initializer(W weights, B biases = {}) : weights_(drawing(std::move(weights))), biases_(drawing(std::move(biases))) {}

    /// Fills W from the stream `key`.
    void weights(kernels::matrix<double> W, std::uint64_t key, fan f) const { weights_(W, key, f); }
    /// Fills b; the fan is that of W.
    void biases(kernels::matrix<double> b, std::uint64_t key, fan f) const { biases_(b, key, f); }

  private:
    using draws = std::function<void(kernels::matrix<double>, std::uint64_t, fan)>;

    template <class How>
    static draws drawing(How how) {
        if constexpr (requires { how.check(); }) how.check();
        return [how = std::move(how)](kernels::matrix<double> x, std::uint64_t key, fan f) {
            if constexpr (draws_matrix<How>)
                how(x, key);
            else
                for (std::size_t i = 0; i < x.rows * x.cols; ++i) x.data[i] = how(key, i, f);
        };
    }

    draws weights_, biases_;
};

/// Fills a tensor as `init` begins weights. In double, whatever its scalar.
template <any_tensor X>
void draw(X& x, const initializer& init, std::uint64_t key, fan f) {
    std::vector<double> values(x.size());
    init.weights({values.data(), rows(x), features(x), features(x)}, key, f);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<scalar_of<X>>(values[i]);
}

/// Fills b as `init` begins biases, `f` being the fan of the W that it is added to.
template <class T>
void draw_biases(tensor<T, 1>& b, const initializer& init, std::uint64_t key, fan f) {
    std::vector<double> values(b.size());
    init.biases({values.data(), 1, b.size(), b.size()}, key, f);
    for (std::size_t i = 0; i < b.size(); ++i) b(i) = static_cast<T>(values[i]);
}

}  // namespace gradus
