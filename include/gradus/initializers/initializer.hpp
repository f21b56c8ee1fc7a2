#pragma once
/// \file
/// Initial values of parameters. Draws are f(key, element): the same on every platform, in any order of construction.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"
#include "gradus/kernels/matrix.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// The number of inputs of one unit (`in`), and the number of units that use one input (`out`).
struct fan {
    std::size_t in = 1, out = 1;
};

/// in = r I, out = r O for W (..., I, O), r the product of the leading axes.                          [initializer.fan]
/// r is 1 for a matrix, KH·KW for the filters of a convolution.
/// Source: Keras, `compute_fans`, for the same layout of W.
template <class T, std::size_t N>
    requires(N >= 2)
[[nodiscard]] fan fan_of(const tensor<T, N>& W) {
    std::size_t field = 1;
    for (std::size_t axis = 0; axis + 2 < N; ++axis) field *= W.shape()[axis];
    return {field * W.shape()[N - 2], field * W.shape()[N - 1]};
}

/// An initializer of single elements: `how(key, i, fan)`.
template <class How>
concept draws_elements = requires(const How& how, double& x) { x = how(std::uint64_t(), std::uint64_t(), fan()); };

/// An initializer of the whole matrix: `how(W, key)`; all axes of W but the last are rows.
template <class How>
concept draws_matrix = requires(const How& how, kernels::matrix<double> W) { how(W, std::uint64_t()); };

/// Every element is `value`: Keras's `Constant`, PyTorch's `constant_`.                              [initializer.full]
struct full {
    double value = 0;

    double operator()(std::uint64_t, std::uint64_t, fan) const { return value; }
    /// \throws error if the value is not finite.
    void check() const {
        if (!std::isfinite(value)) throw error(message({"full: needs a finite value, got ", number_text(value)}));
    }
};
struct zeros : full {};
struct ones : full {
    ones() : full{1} {}
};

/// The initialization of a layer's parameters: one initializer for W, and one for b, by default 0.
/// `gr::dense(2, 3, gr::relu{}, gr::he_normal{})`, `gr::dense(2, 3, gr::relu{}, {gr::he_normal{}, gr::full{0.1}})`.
///
/// Either may be any function `double(key, i, fan)` that is trivially copyable, such as a struct of numbers or a lambda
/// that captures numbers. If it has a `check()`, the constructor calls it.
class initializer {
  public:
    template <class W, class B = zeros>
        requires((draws_elements<W> || draws_matrix<W>) && draws_elements<B>)
    initializer(W weights, B biases = {}) : weights_(weights), biases_(biases) {}

    /// Fills W from the stream `key`.
    void weights(kernels::matrix<double> W, std::uint64_t key, fan f) const { weights_.fill(weights_.how, W, key, f); }
    /// Fills b; `f` is the fan of W.
    void biases(kernels::matrix<double> b, std::uint64_t key, fan f) const { biases_.fill(biases_.how, b, key, f); }

  private:
    /// A type-erased initializer. `std::function` would increase the compile time of every program.
    struct drawing {
        alignas(std::max_align_t) std::byte how[32];
        void (*fill)(const void* how, kernels::matrix<double>, std::uint64_t key, fan);

        template <class How>
        explicit drawing(const How& given);
    };
    drawing weights_, biases_;
};

template <class How>
initializer::drawing::drawing(const How& given) {
    static_assert(sizeof(How) <= sizeof how && std::is_trivially_copyable_v<How>,
                  "gradus: an initializer is a struct or a lambda of at most 32 bytes that can be copied byte by byte");
    if constexpr (requires { given.check(); }) given.check();
    new (how) How(given);
    fill = [](const void* p, kernels::matrix<double> x, std::uint64_t key, fan f) {
        const How& init = *static_cast<const How*>(p);
        if constexpr (draws_matrix<How>)
            init(x, key);
        else
            for (std::size_t i = 0; i < x.rows * x.cols; ++i) x.data[i] = init(key, i, f);
    };
}

/// Fills a tensor with the initial weights of `init`, computed in double whatever the tensor's scalar.
template <class T>
void draw(kernels::matrix<T> W, const initializer& init, std::uint64_t key, fan f) {
    const std::size_t size = W.rows * W.cols;
    std::vector<double> values(size);
    init.weights({values.data(), W.rows, W.cols, W.cols}, key, f);
    for (std::size_t i = 0; i < size; ++i) W.data[i] = static_cast<T>(values[i]);
}
template <class T, std::size_t N>
void draw(tensor<T, N>& W, const initializer& init, std::uint64_t key, fan f) {
    draw(kernels::as_matrix(W), init, key, f);
}

/// Fills b with the initial biases of `init`; `f` is the fan of W.
template <class T>
void draw_biases(tensor<T, 1>& b, const initializer& init, std::uint64_t key, fan f) {
    std::vector<double> values(b.size());
    init.biases({values.data(), 1, b.size(), b.size()}, key, f);
    for (std::size_t i = 0; i < b.size(); ++i) b(i) = static_cast<T>(values[i]);
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(initializers) template void draw(kernels::matrix<float>, const initializer&, std::uint64_t, fan);
GRADUS_EXTERN(initializers) template void draw(kernels::matrix<double>, const initializer&, std::uint64_t, fan);
GRADUS_EXTERN(initializers) template void draw_biases(tensor<float, 1>&, const initializer&, std::uint64_t, fan);
GRADUS_EXTERN(initializers) template void draw_biases(tensor<double, 1>&, const initializer&, std::uint64_t, fan);
#endif

/// Instantiation for the compiled unit, used by each file of initializers.
#ifdef GRADUS_COMPILED
#define GRADUS_INITIALIZER(How) GRADUS_EXTERN(initializers) template initializer::drawing::drawing(const How&);
#else
#define GRADUS_INITIALIZER(How)
#endif
GRADUS_INITIALIZER(zeros)

}  // namespace gradus
