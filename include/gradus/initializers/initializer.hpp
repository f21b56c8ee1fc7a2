#pragma once
/// \file
/// How parameters begin. Draws are f(key, element): the same on every platform and in any order of construction.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "gradus/core/random.hpp"

namespace gradus {

/// How many inputs feed one unit, and how many units one input feeds.
struct fan {
    std::size_t in = 1, out = 1;
};

/// Draws element i of a tensor: `init(key, i, fan)`.
using initializer = std::function<double(std::uint64_t key, std::uint64_t i, fan)>;

/// N(mean, deviation²).                                                                               [initializer.normal]
/// Source: documents/000, 4.1 (`tf.random_normal(..., stddev=0.1)`).
struct normal {
    double mean = 0, deviation = 0.05;

    double operator()(std::uint64_t key, std::uint64_t i, fan) const {
        return mean + random::product(deviation, random::normal(key, i));
    }
};

/// U(−l, l), l = √(6 / (in + out)): keeps the variance of activations and of gradients.    [initializer.glorot_uniform]
/// Source: Glorot and Bengio (2010), (16). Keras's default for dense layers.
struct glorot_uniform {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        const double limit = std::sqrt(6.0 / static_cast<double>(f.in + f.out));
        return limit * (2 * random::uniform(key, i) - 1);
    }
};

/// N(0, 2 / (in + out)).                                                                     [initializer.glorot_normal]
/// Source: Glorot and Bengio (2010), (12).
struct glorot_normal {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return std::sqrt(2.0 / static_cast<double>(f.in + f.out)) * random::normal(key, i);
    }
};

/// U(−l, l), l = √(6 / in): for ReLU, which passes half of its inputs.                         [initializer.he_uniform]
/// Source: He et al. (2015), (10).
struct he_uniform {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return std::sqrt(6.0 / static_cast<double>(f.in)) * (2 * random::uniform(key, i) - 1);
    }
};

/// N(0, 2 / in).                                                                                [initializer.he_normal]
/// Source: He et al. (2015), (10).
struct he_normal {
    double operator()(std::uint64_t key, std::uint64_t i, fan f) const {
        return std::sqrt(2.0 / static_cast<double>(f.in)) * random::normal(key, i);
    }
};

/// Fills a tensor.
template <class Tensor>
void draw(Tensor& x, const initializer& init, std::uint64_t key, fan f) {
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<typename Tensor::value_type>(init(key, i, f));
}

}  // namespace gradus
