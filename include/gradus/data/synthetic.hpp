#pragma once
/// \file
/// Synthetic problems: the exclusive or, and random points whose classes or targets follow a known rule.
///
/// Sample n of K classes belongs to class n mod K, so that each part of a split has all classes. Every random number is
/// a function of the seed and the sample index, so it does not depend on how many samples there are.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// Points (N, D) and the class (N) of each.
template <class T>
using classified = dataset<tensor<T, 2>, tensor<std::int32_t, 1>>;
/// Points (N, D) and the target number (N, 1) of each.
template <class T>
using targeted = dataset<tensor<T, 2>, tensor<T, 2>>;

/// The exclusive or of two bits: the smallest problem that no single layer can solve (Minsky and Papert, 1969).
///   x (4, 2) in the order 00 01 10 11     y (4, 1) 0 1 1 0
template <class T = float>
[[nodiscard]] targeted<T> xor_gate() {
    return {tensor<T, 2>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, tensor<T, 2>{{0}, {1}, {1}, {0}}};
}

/// Checks the options that every synthetic set has. \throws data_error naming the set, the option and its value.
GRADUS_ONCE void check_draws(std::string_view set, std::size_t samples, std::size_t classes, double noise);

/// \throws data_error if the value is not finite, naming the set, the option and the value.
inline void check_finite(std::string_view set, std::string_view option, double value) {
    if (!std::isfinite(value)) throw data_error(message({set, ": .", option, " must be finite, got ", number_text(value)}));
}

/// N points of K classes in the plane: point(k, i, n_k) returns the i-th of the n_k points of class k. Noise is added
/// to each coordinate: x ← x + noise z, z ~ N(0, 1).
template <class T, class Point>
[[nodiscard]] classified<T> draw_plane(std::size_t samples, std::size_t classes, double noise, std::uint64_t key,
                                       Point&& point) {
    tensor<T, 2> x({samples, std::size_t{2}});
    auto y = tensor<std::int32_t, 1>::from_shape({samples});
    for (std::size_t n = 0; n < samples; ++n) {
        const std::size_t k = n % classes, n_k = (samples - k - 1) / classes + 1;
        const std::pair<double, double> p = point(k, n / classes, n_k);
        x(n, 0) = static_cast<T>(p.first + noise * random::normal(key, n, 0));
        x(n, 1) = static_cast<T>(p.second + noise * random::normal(key, n, 1));
        y(n) = static_cast<std::int32_t>(k);
    }
    return {std::move(x), std::move(y)};
}

struct blobs_options {
    std::size_t samples = 100, features = 2, classes = 3;
    double deviation = 1;         ///< σ of each blob, in each feature
    double low = -10, high = 10;  ///< range of the centers' coordinates
    std::uint64_t seed = 0;
};

/// Round normal clusters: x ~ N(c_k, σ² I), the centers c_k uniform in a box.                                [blobs]
///   x (N, D)     y (N)     Definition: scikit-learn's make_blobs.
/// \throws data_error for fewer samples than classes, no feature, σ < 0, an empty box, or bounds that are not finite.
template <class T = float>
[[nodiscard]] classified<T> blobs(const blobs_options& o = {}) {
    check_draws("blobs", o.samples, o.classes, o.deviation);
    check_finite("blobs", "low", o.low), check_finite("blobs", "high", o.high);
    if (o.features == 0 || !(o.low <= o.high))
        throw data_error(message({"blobs: ", o.features, " features between ", number_text(o.low), " and ",
                                  number_text(o.high), ": one feature and low <= high are the least"}));
    const std::uint64_t centers = random::mix(o.seed, "blobs.centers"), key = random::mix(o.seed, "blobs");
    tensor<T, 2> x({o.samples, o.features});
    auto y = tensor<std::int32_t, 1>::from_shape({o.samples});
    for (std::size_t n = 0; n < o.samples; ++n) {
        const std::size_t k = n % o.classes;
        for (std::size_t d = 0; d < o.features; ++d) {
            const double center = o.low + (o.high - o.low) * random::uniform(centers, k, d);
            x(n, d) = static_cast<T>(center + o.deviation * random::normal(key, n, d));
        }
        y(n) = static_cast<std::int32_t>(k);
    }
    return {std::move(x), std::move(y)};
}

struct moons_options {
    std::size_t samples = 100;
    double noise = 0.1;  ///< standard deviation of the noise on each coordinate
    std::uint64_t seed = 0;
};

/// Two interleaving half circles, t from 0 to π in equal steps.                                               [moons]
///   class 0: (cos t, sin t)     class 1: (1 − cos t, ½ − sin t)     x (N, 2)     y (N)
/// Definition: scikit-learn's make_moons. \throws data_error for fewer than 2 samples or noise < 0.
template <class T = float>
[[nodiscard]] classified<T> moons(const moons_options& o = {}) {
    check_draws("moons", o.samples, 2, o.noise);
    return draw_plane<T>(o.samples, 2, o.noise, random::mix(o.seed, "moons"),
                         [](std::size_t k, std::size_t i, std::size_t n) -> std::pair<double, double> {
                             const double steps = n > 1 ? static_cast<double>(n - 1) : 1;
                             const double t = std::numbers::pi * static_cast<double>(i) / steps;
                             if (k == 0) return {std::cos(t), std::sin(t)};
                             return {1 - std::cos(t), 0.5 - std::sin(t)};
                         });
}

struct circles_options {
    std::size_t samples = 100;
    double factor = 0.8;  ///< radius of the inner circle; the outer one's is 1
    double noise = 0.05;  ///< standard deviation of the noise on each coordinate
    std::uint64_t seed = 0;
};

/// Two concentric circles, r = 1 for class 0 and r = factor for class 1, t in [0, 2π) in equal steps.       [circles]
///   (r cos t, r sin t)     x (N, 2)     y (N)     Definition: scikit-learn's make_circles.
/// \throws data_error for fewer than 2 samples, noise < 0, or a factor outside [0, 1).
template <class T = float>
[[nodiscard]] classified<T> circles(const circles_options& o = {}) {
    check_draws("circles", o.samples, 2, o.noise);
    if (!(o.factor >= 0 && o.factor < 1))
        throw data_error(message({"circles: the factor must be 0 or more and below 1, got ", number_text(o.factor)}));
    return draw_plane<T>(o.samples, 2, o.noise, random::mix(o.seed, "circles"),
                         [&](std::size_t k, std::size_t i, std::size_t n) -> std::pair<double, double> {
                             const double r = k == 0 ? 1 : o.factor;
                             const double t = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
                             return {r * std::cos(t), r * std::sin(t)};
                         });
}

struct spirals_options {
    std::size_t samples = 300, classes = 3;
    double angle = 4;    ///< how far each arm winds, in radians
    double noise = 0.2;  ///< standard deviation of an angle, in radians
    std::uint64_t seed = 0;
};

/// Spiral arms from the origin, r from 0 to 1 in equal steps, t = 2πk/K + angle r + noise z.                [spirals]
///   (r sin t, r cos t)     x (N, 2)     y (N)
/// Definition: Stanford's course CS231n, "Minimal neural network case study", but there arm k starts at 4k radians.
/// \throws data_error for fewer samples than classes, noise < 0, or an angle that is not finite.
template <class T = float>
[[nodiscard]] classified<T> spirals(const spirals_options& o = {}) {
    check_draws("spirals", o.samples, o.classes, o.noise);
    check_finite("spirals", "angle", o.angle);
    const std::uint64_t key = random::mix(o.seed, "spirals");
    return draw_plane<T>(o.samples, o.classes, 0, 0,
                         [&](std::size_t k, std::size_t i, std::size_t n) -> std::pair<double, double> {
                             const double r = n > 1 ? static_cast<double>(i) / static_cast<double>(n - 1) : 0;
                             const double turn = static_cast<double>(k) / static_cast<double>(o.classes);
                             const double t = 2 * std::numbers::pi * turn + o.angle * r + o.noise * random::normal(key, i, k);
                             return {r * std::sin(t), r * std::cos(t)};
                         });
}

struct linear_options {
    std::size_t samples = 100;
    std::vector<double> weights = {2};  ///< one for each feature
    double bias = 1;
    double noise = 0.1;  ///< standard deviation of the noise on y
    std::uint64_t seed = 0;
};

/// y = Σ w_d x_d + b + noise z, with x_d and z ~ N(0, 1).                                        [linear_regression]
///   x (N, D)     y (N, 1)     Definition: scikit-learn's make_regression, with given instead of random weights.
/// The best possible mean squared error is noise². \throws data_error for no sample, no weight, noise < 0, or a value
/// that is not finite.
template <class T = float>
[[nodiscard]] targeted<T> linear_regression(const linear_options& o = {}) {
    check_draws("linear_regression", o.samples, 1, o.noise);
    if (o.weights.empty()) throw data_error("linear_regression: no weights: there is one for each feature");
    for (const double w : o.weights) check_finite("linear_regression", "weights", w);
    check_finite("linear_regression", "bias", o.bias);
    const std::uint64_t key = random::mix(o.seed, "linear_regression"), noise = random::mix(key, "noise");
    tensor<T, 2> x({o.samples, o.weights.size()}), y({o.samples, std::size_t{1}});
    for (std::size_t n = 0; n < o.samples; ++n) {
        double sum = o.bias + o.noise * random::normal(noise, n);
        for (std::size_t d = 0; d < o.weights.size(); ++d) {
            const double x_d = random::normal(key, n, d);
            x(n, d) = static_cast<T>(x_d);
            sum += o.weights[d] * x_d;
        }
        y(n, 0) = static_cast<T>(sum);
    }
    return {std::move(x), std::move(y)};
}

struct sine_options {
    std::size_t samples = 100;
    double low = -std::numbers::pi, high = std::numbers::pi;  ///< range of x
    double noise = 0.1;                                       ///< standard deviation of the noise on y
    std::uint64_t seed = 0;
};

/// y = sin x + noise z, with x uniform in [low, high) and z ~ N(0, 1).                             [sine_regression]
///   x (N, 1)     y (N, 1)     The best possible mean squared error is noise².
/// \throws data_error for no sample, an empty interval, or noise < 0.
template <class T = float>
[[nodiscard]] targeted<T> sine_regression(const sine_options& o = {}) {
    check_draws("sine_regression", o.samples, 1, o.noise);
    check_finite("sine_regression", "low", o.low), check_finite("sine_regression", "high", o.high);
    if (!(o.low < o.high))
        throw data_error(message({"sine_regression: no x lies between ", number_text(o.low), " and ", number_text(o.high)}));
    const std::uint64_t key = random::mix(o.seed, "sine_regression"), noise = random::mix(key, "noise");
    tensor<T, 2> x({o.samples, std::size_t{1}}), y({o.samples, std::size_t{1}});
    for (std::size_t n = 0; n < o.samples; ++n) {
        const double at = o.low + (o.high - o.low) * random::uniform(key, n);
        x(n, 0) = static_cast<T>(at);
        y(n, 0) = static_cast<T>(std::sin(at) + o.noise * random::normal(noise, n));
    }
    return {std::move(x), std::move(y)};
}

struct gaussians_options {
    std::size_t samples = 1000, features = 100;
    double distance = 2;   ///< ‖μ₁ − μ₀‖
    double deviation = 1;  ///< σ
    std::uint64_t seed = 0;
};

/// Two round normal distributions, equally likely: x ~ N(μ_k, σ² I), μ₁ = −μ₀ = ½ ‖μ₁ − μ₀‖ (1, ..., 1)/√D.
///                                                                                                  [two_gaussians]
///   x (N, D)     y (N, 1) the class, 0 or 1, as binary cross-entropy expects it
/// The Bayes classifier, which predicts 1 where Σ x_d > 0, has the lowest error rate: \see bayes_error.
/// \throws data_error for fewer than 2 samples, no feature, σ < 0, or a distance < 0.
template <class T = float>
[[nodiscard]] targeted<T> two_gaussians(const gaussians_options& o = {}) {
    check_draws("two_gaussians", o.samples, 2, o.deviation);
    check_finite("two_gaussians", "distance", o.distance);
    if (o.features == 0 || !(o.distance >= 0))
        throw data_error(message({"two_gaussians: ", o.features, " features at a distance of ", number_text(o.distance),
                                  ": one feature and 0 are the least"}));
    const std::uint64_t key = random::mix(o.seed, "two_gaussians");
    const double mean = 0.5 * o.distance / std::sqrt(static_cast<double>(o.features));
    tensor<T, 2> x({o.samples, o.features}), y({o.samples, std::size_t{1}});
    for (std::size_t n = 0; n < o.samples; ++n) {
        const bool k = n % 2 == 1;
        for (std::size_t d = 0; d < o.features; ++d)
            x(n, d) = static_cast<T>((k ? mean : -mean) + o.deviation * random::normal(key, n, d));
        y(n, 0) = static_cast<T>(k);
    }
    return {std::move(x), std::move(y)};
}

/// Error rate of the best classifier of two_gaussians: Φ(−‖μ₁ − μ₀‖ / 2σ), Φ(z) = ½ erfc(−z/√2).         [bayes_error]
/// Source: Duda, Hart and Stork, "Pattern classification" (2001), 2.6.1 (discriminant) and 2.7 (error). σ = 0: 0.
[[nodiscard]] inline double bayes_error(const gaussians_options& o) {
    if (o.deviation == 0) return o.distance > 0 ? 0 : 0.5;
    return 0.5 * std::erfc(o.distance / (2 * o.deviation) / std::numbers::sqrt2);
}

#ifdef GRADUS_COMPILED
GRADUS_EXTERN(data) template targeted<float> xor_gate();
GRADUS_EXTERN(data) template targeted<double> xor_gate();
GRADUS_EXTERN(data) template classified<float> blobs(const blobs_options&);
GRADUS_EXTERN(data) template classified<double> blobs(const blobs_options&);
GRADUS_EXTERN(data) template classified<float> moons(const moons_options&);
GRADUS_EXTERN(data) template classified<double> moons(const moons_options&);
GRADUS_EXTERN(data) template classified<float> circles(const circles_options&);
GRADUS_EXTERN(data) template classified<double> circles(const circles_options&);
GRADUS_EXTERN(data) template classified<float> spirals(const spirals_options&);
GRADUS_EXTERN(data) template classified<double> spirals(const spirals_options&);
GRADUS_EXTERN(data) template targeted<float> linear_regression(const linear_options&);
GRADUS_EXTERN(data) template targeted<double> linear_regression(const linear_options&);
GRADUS_EXTERN(data) template targeted<float> sine_regression(const sine_options&);
GRADUS_EXTERN(data) template targeted<double> sine_regression(const sine_options&);
GRADUS_EXTERN(data) template targeted<float> two_gaussians(const gaussians_options&);
GRADUS_EXTERN(data) template targeted<double> two_gaussians(const gaussians_options&);
#endif

#if GRADUS_BODIES_OF(data)

GRADUS_BODY void check_draws(std::string_view set, std::size_t samples, std::size_t classes, double noise) {
    if (classes == 0 || samples < classes)
        throw data_error(message({set, ": ", samples, " samples of ", classes, " classes: each needs at least one"}));
    if (!(noise >= 0 && std::isfinite(noise)))
        throw data_error(message({set, ": a standard deviation must be 0 or more, got ", number_text(noise)}));
}

#endif

}  // namespace gradus::data
