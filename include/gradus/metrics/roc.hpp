#pragma once
/// \file
/// How well scores separate two classes, over all thresholds.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/metrics/classification.hpp"

namespace gradus {

namespace metric {

/// The number of samples of each class that have this score.
struct tie {
    double score;
    double positives, negatives;
};

/// The distinct scores in decreasing order, and the total counts of both classes.
struct ranking {
    std::vector<tie> ties;
    double positives = 0, negatives = 0;
};

/// \throws data_error as `roc_curve` does.
template <any_tensor Y, any_tensor S>
[[nodiscard]] ranking ranked(std::string_view metric, const Y& y, const S& scores) {
    require_pairs(metric, y, scores);
    std::vector<std::pair<double, bool>> samples(y.size());
    for (std::size_t i = 0; i < y.size(); ++i)
        samples[i] = {finite(metric, "score", static_cast<double>(scores.data()[i]), i),
                      positive(metric, static_cast<double>(y.data()[i]), i)};
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    ranking r;
    for (const auto& [score, is_positive] : samples) {
        if (r.ties.empty() || r.ties.back().score != score) r.ties.push_back({score, 0, 0});
        ++(is_positive ? r.ties.back().positives : r.ties.back().negatives);
        ++(is_positive ? r.positives : r.negatives);
    }
    if (r.positives == 0 || r.negatives == 0)
        throw data_error(message({metric, ": all ", samples.size(), " targets are ", r.positives == 0 ? 0 : 1,
                                  ": it needs both classes"}));
    return r;
}

}  // namespace metric

/// True and false positive rates for decreasing thresholds. Each (K + 1) for K distinct scores.
struct roc {
    tensor<double, 1> threshold;            ///< score ≥ threshold counts as 1; the first is ∞
    tensor<double, 1> false_positive_rate;  ///< FP / negatives, from 0 to 1: the x axis
    tensor<double, 1> true_positive_rate;   ///< TP / positives, from 0 to 1: the y axis
};

/// The receiver operating characteristic, a point for each distinct score:
///   FPR(τ) = #{y = 0, s ≥ τ} / #{y = 0},  TPR(τ) = #{y = 1, s ≥ τ} / #{y = 1}                       [metric.roc_curve]
///   y (N) or (N, 1), 0 or 1     scores of the same shapes: probabilities or logits
/// scikit-learn's `roc_curve` with drop_intermediate = False.
/// \throws data_error if the shapes differ, for targets that are all the same or neither 0 nor 1, scores not finite.
/// Complexity: O(N log N).
template <any_tensor Y, any_tensor S>
[[nodiscard]] roc roc_curve(const Y& y, const S& scores) {
    const metric::ranking r = metric::ranked("roc_curve", y, scores);
    const tensor<double, 1> zeros({r.ties.size() + 1}, 0.0);
    roc out{zeros, zeros, zeros};
    out.threshold(0) = std::numeric_limits<double>::infinity();
    double tp = 0, fp = 0;
    for (std::size_t i = 0; i < r.ties.size(); ++i) {
        tp += r.ties[i].positives, fp += r.ties[i].negatives;
        out.threshold(i + 1) = r.ties[i].score;
        out.false_positive_rate(i + 1) = fp / r.negatives;
        out.true_positive_rate(i + 1) = tp / r.positives;
    }
    return out;
}

/// Area under the ROC curve: how often a random sample of class 1 scores higher than one of class 0 (ties count ½),
///   AUC = (#{s⁺ > s⁻} + ½ #{s⁺ = s⁻}) / (#{y = 1} #{y = 0})                                           [metric.roc_auc]
/// ½: random, 1: perfect separation. Counted exactly, by ranks. Source: Hanley and McNeil (1982); Mann and Whitney's U.
/// \throws data_error as `roc_curve` does.
/// Complexity: O(N log N).
template <any_tensor Y, any_tensor S>
[[nodiscard]] double roc_auc(const Y& y, const S& scores) {
    const metric::ranking r = metric::ranked("roc_auc", y, scores);
    double above = 0, pairs = 0;
    for (const auto& tie : r.ties) {
        pairs += tie.negatives * (above + tie.positives / 2);
        above += tie.positives;
    }
    return pairs / (r.positives * r.negatives);
}

}  // namespace gradus
