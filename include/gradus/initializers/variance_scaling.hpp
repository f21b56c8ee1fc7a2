#pragma once
/// \file
/// Initializers with variance c / fan, so that a layer's input and output have the same variance.
///
/// The uniform ones are U(−l, l), with variance l² / 3. A normal one can be `truncated`, as in Keras: truncated at two
/// deviations, and scaled so that its variance is still c / fan. PyTorch's are not truncated.

#include <cmath>

#include "gradus/base/compiled.hpp"
#include "gradus/initializers/distributions.hpp"

namespace gradus {

namespace initializing {

[[nodiscard]] inline double symmetric(double limit, std::uint64_t key, std::uint64_t i) {
    return limit * (2 * random::uniform(key, i) - 1);
}
/// N(0, v), or N(0, v / 0.88²) truncated at two deviations.                              [initializer.variance_scaling]
/// Source: Keras, `VarianceScaling(distribution="truncated_normal")`.
[[nodiscard]] inline double of_variance(double v, bool truncated, std::uint64_t key, std::uint64_t i) {
    const double deviation = std::sqrt(v);
    return truncated ? deviation / deviation_within_two * within_two(key, i) : deviation * random::normal(key, i);
}

}  // namespace initializing

/// U(−l, l), l = √(6 / (in + out)): keeps the variance of activations and of gradients.    [initializer.glorot_uniform]
/// Source: Glorot and Bengio (2010), (16). Keras's default for dense layers.
struct glorot_uniform {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::symmetric(std::sqrt(6.0 / static_cast<double>(f.in + f.out)), key, i);
    }
};

/// N(0, 2 / (in + out)).                                                                    [initializer.glorot_normal]
/// Source: Glorot and Bengio (2010), (12).
struct glorot_normal {
    bool truncated = false;

    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::of_variance(2.0 / static_cast<double>(f.in + f.out), truncated, key, i);
    }
};

/// U(−l, l), l = √(6 / in): for ReLU, which sets half of its inputs to 0.                      [initializer.he_uniform]
/// Source: He et al. (2015), (10).
struct he_uniform {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::symmetric(std::sqrt(6.0 / static_cast<double>(f.in)), key, i);
    }
};

/// N(0, 2 / in).                                                                                [initializer.he_normal]
/// Source: He et al. (2015), (10).
struct he_normal {
    bool truncated = false;

    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::of_variance(2.0 / static_cast<double>(f.in), truncated, key, i);
    }
};

/// U(−l, l), l = √(3 / in): keeps the variance of activations; for SELU.                    [initializer.lecun_uniform]
/// Source: LeCun, Bottou, Orr, Müller, "Efficient backprop" (1998), 4.6.
struct lecun_uniform {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::symmetric(std::sqrt(3.0 / static_cast<double>(f.in)), key, i);
    }
};

/// N(0, 1 / in).                                                                             [initializer.lecun_normal]
/// Source: LeCun, Bottou, Orr, Müller (1998), (16).
struct lecun_normal {
    bool truncated = false;

    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::of_variance(1.0 / static_cast<double>(f.in), truncated, key, i);
    }
};

/// U(−l, l), l = 1 / √in: a third of lecun_uniform's variance.                            [initializer.pytorch_uniform]
/// Source: PyTorch, `Linear.reset_parameters` (`kaiming_uniform_(a=sqrt(5))`), for W and for b.
struct pytorch_uniform {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return initializing::symmetric(1 / std::sqrt(static_cast<double>(f.in)), key, i);
    }
};

/// Keras's initialization of a dense layer, W by glorot_uniform, b = 0; the default of gradus' layers.
struct keras_default : initializer {
    keras_default() : initializer(glorot_uniform{}) {}
};

/// PyTorch's initialization of a linear layer: W and b by pytorch_uniform.
struct pytorch_default : initializer {
    pytorch_default() : initializer(pytorch_uniform{}, pytorch_uniform{}) {}
};

GRADUS_INITIALIZER(glorot_uniform)
GRADUS_INITIALIZER(glorot_normal)
GRADUS_INITIALIZER(he_uniform)
GRADUS_INITIALIZER(he_normal)
GRADUS_INITIALIZER(lecun_uniform)
GRADUS_INITIALIZER(lecun_normal)
GRADUS_INITIALIZER(pytorch_uniform)

}  // namespace gradus
