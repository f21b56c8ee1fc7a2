#pragma once
/// \file
/// How well a network predicts a text, from J, the mean cross-entropy in nats per symbol.

#include <cmath>
#include <numbers>
#include <string_view>

#include "gradus/losses/cross_entropy.hpp"
#include "gradus/metrics/classification.hpp"

namespace gradus {

namespace metric {

/// \throws data_error if J is negative or NaN.
[[gnu::noinline]] inline double nats(std::string_view metric, double J) {
    if (!(J >= 0)) throw data_error(message({metric, ": J must be 0 nats or more, got ", number_text(J)}));
    return J;
}

}  // namespace metric

/// PP = e^J: the number of equally likely symbols with the same uncertainty.                        [metric.perplexity]
/// 1: certain; V: a uniform guess. Source: Jelinek and others, "Perplexity: a measure of the difficulty of speech
/// recognition tasks" (1977). \throws data_error if J is negative or NaN.
[[nodiscard]] inline double perplexity(double J) { return std::exp(metric::nats("perplexity", J)); }

/// BPC = J / ln 2, where the symbols are characters.                                        [metric.bits_per_character]
/// \throws data_error if J is negative or NaN.
[[nodiscard]] inline double bits_per_character(double J) {
    return metric::nats("bits_per_character", J) / std::numbers::ln2;
}

/// The same from logits (N, T, V) and labels (N, T), where the mask (N, T) is true; or from (N, V) and (N).
/// \throws shape_error, data_error as cross_entropy does, under its name: wrong shapes or mask, a label out of range.
template <labels_tensor Y, any_tensor Z>
[[nodiscard]] double perplexity(const Y& labels, const Z& logits, const tensor<bool, 2>* mask = nullptr) {
    return perplexity(cross_entropy{}.value(logits, labels, {.mask = mask}));
}
template <labels_tensor Y, any_tensor Z>
[[nodiscard]] double bits_per_character(const Y& labels, const Z& logits, const tensor<bool, 2>* mask = nullptr) {
    return bits_per_character(cross_entropy{}.value(logits, labels, {.mask = mask}));
}

}  // namespace gradus
