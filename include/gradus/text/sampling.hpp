#pragma once
/// \file
/// Draws a symbol from a network's logits: with a temperature, from the k largest, or the largest one (greedy).
/// \code
/// x = gr::sample(y_hat, {.temperature = 0.8, .top_k = 20}, key, t);  // ŷ (N, 1, V) gives (N, 1): the next step's input
/// \endcode

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/random.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

struct sampling {
    double temperature = 1;  ///< τ: below 1 sharper, above 1 flatter; 0: always the largest logit (greedy)
    std::size_t top_k = 0;   ///< only the k largest logits can be drawn, the first of equal ones; 0: all
};

/// The probabilities from which `sample` draws, (V):
///   p = softmax(z / τ)                                                                           [sample.temperature]
///   z_i ← −∞ for all but the k greatest z_i, before the softmax                                        [sample.top_k]
/// τ = 0 is the limit: p = 1 for the first of the largest logits (greedy). A logit of −∞ has p = 0.
/// Source: Ackley, Hinton and Sejnowski, "A learning algorithm for Boltzmann machines" (1985), for τ; Fan, Lewis and
/// Dauphin, "Hierarchical neural story generation" (2018), 5.1, for k.
/// Complexity: O(V); allocates.
/// \throws data_error for a temperature that is negative or not finite, k > V, no logits, one that is NaN or +∞, or
/// only logits of −∞.
template <class T>
[[nodiscard]] std::vector<double> sampling_probabilities(const T* logits, std::size_t V, const sampling& how = {}) {
    if (!(how.temperature >= 0 && std::isfinite(how.temperature)))
        throw data_error(message({"sample: the temperature must be 0 or more, got ", number_text(how.temperature)}));
    if (V == 0 || how.top_k > V) throw data_error(message({"sample: top_k is ", how.top_k, ", of ", V, " logits"}));
    std::vector<double> p(logits, logits + V);
    for (std::size_t i = 0; i < V; ++i)
        if (!(p[i] < HUGE_VAL)) throw data_error(message({"sample: logit ", i, " is ", number_text(p[i])}));
    const double top = *std::max_element(p.begin(), p.end());
    if (top == -HUGE_VAL) throw data_error(message({"sample: all ", V, " logits are -inf"}));

    const std::size_t k = how.temperature == 0 ? 1 : how.top_k == 0 ? V : how.top_k;
    std::vector<std::size_t> order(k < V ? V : 0);
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    if (k < V)
        std::nth_element(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(k), order.end(),
                         [&](std::size_t a, std::size_t b) { return p[a] != p[b] ? p[a] > p[b] : a < b; });
    for (std::size_t i = k; i < order.size(); ++i) p[order[i]] = -HUGE_VAL;

    const double tau = how.temperature == 0 ? 1 : how.temperature;  // only one is left: any τ returns the same p
    double sum = 0;
    for (double& v : p) sum += v = std::exp((v - top) / tau);
    for (double& v : p) v /= sum;
    return p;
}

/// The first i with Σⱼ≤ᵢ p_j > u, for u in [0, 1).                                                        [sample.draw]
/// If rounding leaves u above the whole sum: the last i with p_i > 0.
GRADUS_ONCE [[nodiscard]] std::size_t drawn(const std::vector<double>& p, double u);

/// The index drawn from V logits by u = uniform(key, draw, row). There is no random state: the same key, draw and row
/// return the same index. Complexity: O(V); allocates. \throws data_error as sampling_probabilities does.
template <class T>
[[nodiscard]] std::int32_t sample(const T* logits, std::size_t V, const sampling& how, std::uint64_t key, std::uint64_t draw,
                                  std::uint64_t row = 0) {
    return static_cast<std::int32_t>(drawn(sampling_probabilities(logits, V, how), random::uniform(key, draw, row)));
}
template <class T>
[[nodiscard]] std::int32_t sample(const tensor<T, 1>& logits, const sampling& how, std::uint64_t key, std::uint64_t draw) {
    return sample(logits.data(), logits.size(), how, key, draw);
}
/// One index per row, each from its own random number: logits (N, V) return (N), (N, T, V) return (N, T).
template <class T, std::size_t R>
    requires(R > 1)
[[nodiscard]] tensor<std::int32_t, R - 1> sample(const tensor<T, R>& logits, const sampling& how, std::uint64_t key,
                                                 std::uint64_t draw) {
    tensor<std::int32_t, R - 1> out;
    reshape(out, logits.shape());
    const std::size_t V = features(logits);
    for (std::size_t r = 0; r < out.size(); ++r) out.data()[r] = sample(logits.data() + r * V, V, how, key, draw, r);
    return out;
}

#if GRADUS_BODIES_OF(text)

GRADUS_BODY std::size_t drawn(const std::vector<double>& p, double u) {
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < p.size() && u >= 0; ++i)
        if (p[i] > 0) chosen = i, u -= p[i];
    return chosen;
}

#endif

}  // namespace gradus
