#pragma once
/// \file
/// How well a network foretells a text, in the numbers of the field, from J, the mean cross-entropy in nats for each symbol.

#include <cmath>
#include <numbers>
#include <string_view>

#include "gradus/losses/cross_entropy.hpp"
#include "gradus/metrics/classification.hpp"

namespace gradus {

namespace metric {

/// \throws data_error for what no cross-entropy is.
[[gnu::noinline]] inline double nats(std::string_view metric, double J) {
    if (!(J >= 0)) throw data_error(message({metric, ": J must be 0 nats or more, got ", number_text(J)}));
    return J;
}

}  // namespace metric

/// PP = e^J: among how many equally likely symbols the network would be as much at a loss.            [metric.perplexity]
/// 1 is certainty, V a guess. Source: Jelinek and others, "Perplexity: a measure of the difficulty of speech recognition
/// tasks" (1977). \throws data_error where J is negative or NaN.
[[nodiscard]] inline double perplexity(double J) { return std::exp(metric::nats("perplexity", J)); }

/// BPC = J / ln 2, where the symbols are characters.                                          [metric.bits_per_character]
/// \throws data_error where J is negative or NaN.
[[nodiscard]] inline double bits_per_character(double J) {
    return metric::nats("bits_per_character", J) / std::numbers::ln2;
}

/// The same of logits (N, T, V) and labels (N, T), where the mask (N, T) holds data; or of (N, V) and (N).
/// \throws shape_error, data_error as cross_entropy, in its name: shapes or a mask that do not fit, a label out of range.
template <labels_tensor Y, any_tensor Z>
[[nodiscard]] double perplexity(const Y& labels, const Z& logits, const tensor<bool, 2>* mask = nullptr) {
    return perplexity(cross_entropy{}.value(logits, labels, {.mask = mask}));
}
template <labels_tensor Y, any_tensor Z>
[[nodiscard]] double bits_per_character(const Y& labels, const Z& logits, const tensor<bool, 2>* mask = nullptr) {
    return bits_per_character(cross_entropy{}.value(logits, labels, {.mask = mask}));
}

}  // namespace gradus
