#pragma once
/// \file
/// Batch statistics, which batch normalization collects in addition to the gradients.

#include <cstddef>

#include "gradus/nn/parameters.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// Mean and variance of each feature, over `count` rows.
///
/// In a layer's parameters it holds the running averages (and `count` is the number of batches); at the same place in
/// the gradients it holds the statistics of one batch, or of a shard of it. Optimizers, scaling and clipping do not
/// change it; adding gradients merges it, and each step absorbs it once.
template <class T>
struct moments {
    tensor<double, 1> count{0.0};
    tensor<T, 1> mean, variance;  ///< variance: M2 / count, biased
    double rate = 0.1;            ///< weight of a new batch in the running average (momentum: PyTorch's, 1 − Keras's)
    bool unbiased = false;        ///< the running variance uses M2 / (count − 1), as in PyTorch

    moments() = default;
    /// Before the first batch: mean 0, variance 1.
    explicit moments(std::size_t features, double rate_ = 0.1, bool unbiased_ = false)
        : mean(typename tensor<T, 1>::shape_type{features}, T(0)),
          variance(typename tensor<T, 1>::shape_type{features}, T(1)),
          rate(rate_),
          unbiased(unbiased_) {}

    static void each(auto&& f, auto&... s) { f("count", s.count...), f("mean", s.mean...), f("variance", s.variance...); }

    /// Copies the statistics of another object, but not its `rate` and `unbiased`.
    void become(const moments& other) { count = other.count, mean = other.mean, variance = other.variance; }

    /// The statistics of zero rows.
    void clear() { count(0) = 0, mean.fill(T(0)), variance.fill(T(0)); }

    /// The statistics of the union of both sets of rows.                                                [moments.merge]
    ///   δ = mean_b − mean_a     mean = mean_a + δ n_b / n     M2 = M2_a + M2_b + δ² n_a n_b / n
    /// Source: Chan, Golub and LeVeque (1979), (2.1).
    void merge(const moments& b) {
        const double n_a = count(0), n_b = b.count(0), n = n_a + n_b;
        if (n_b == 0) return;
        for (std::size_t i = 0; i < mean.size(); ++i) {
            const double delta = static_cast<double>(b.mean(i)) - static_cast<double>(mean(i));
            const double m2 = static_cast<double>(variance(i)) * n_a + static_cast<double>(b.variance(i)) * n_b +
                              delta * delta * n_a * n_b / n;
            mean(i) = static_cast<T>(static_cast<double>(mean(i)) + delta * n_b / n);
            variance(i) = static_cast<T>(m2 / n);
        }
        count(0) = n;
    }

    /// known ← (1 − rate) known + rate seen.                                                           [moments.absorb]
    ///   variance: M2 / n, or M2 / (n − 1) if `unbiased`; for a single row always M2 / n = 0
    /// Source: Ioffe and Szegedy (2015), 3.1, moving averages.
    void absorb(const moments& seen) {
        const double n = seen.count(0);
        if (n == 0) return;
        const auto r = static_cast<T>(rate), bessel = static_cast<T>(unbiased && n > 1 ? n / (n - 1) : 1);
        for (std::size_t i = 0; i < mean.size(); ++i) {
            mean(i) = (1 - r) * mean(i) + r * seen.mean(i);
            variance(i) = (1 - r) * variance(i) + r * bessel * seen.variance(i);
        }
        count(0) += 1;
    }

    /// Copies from statistics of another scalar type.
    template <class U>
    void assign(const moments<U>& other) {
        count = other.count;
        rate = other.rate, unbiased = other.unbiased;
        reshape(mean, other.mean.shape()), reshape(variance, other.variance.shape());
        for (std::size_t i = 0; i < mean.size(); ++i)
            mean(i) = static_cast<T>(other.mean(i)), variance(i) = static_cast<T>(other.variance(i));
    }
};

}  // namespace gradus
