#pragma once
/// \file
/// One thread's share of a batch.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gradus/core/dataset.hpp"
#include "gradus/core/gradients.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/core/state.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/training/evaluate.hpp"
#include "gradus/training/not_finite.hpp"

namespace gradus::training {

/// Rows of a batch, and what their forward leaves: all the memory that they need.
template <class Net, class J, class X, class Y>
struct slice {
    X x;
    Y y;
    std::vector<double> weights;
    pass<Net, X> remembered;  // the mask among it
    typename J::template cache<output_of<Net, X>> loss_cache;

    explicit slice(const Net& net, const X& like) : remembered(net, like) {}

    /// After a forward.
    [[nodiscard]] normalizer by(double total) const {
        return {total, inference::mask_of<Net>(remembered.context().mask), weights};
    }
};

/// What one thread owns. Batches come in two sizes, the full one and what is left at the end of an epoch: a slice for
/// each, so that none is ever resized.
///
/// Forward and backward are apart, since what a loss divides by is that of the whole batch, which masks, weights and
/// labels decide: all threads go forward, what they counted is added, all go backward.
template <class Net, class J, class X, class Y>
class share {
  public:
    gradients<Net> grad;
    std::unique_ptr<gradients<Net>> of_batch;  ///< where several batches make a step, which `grad` adds up
    /// Of this share: the loss before it is divided by anything, what it counted, labels met, and labels there were.
    double loss = 0, count = 0, correct = 0, judged = 0;

    share(const Net& net, const X& like) : grad(net), full_(net, like), rest_(net, like) {}

    /// Whether any layer has a state to carry.
    [[nodiscard]] bool has_state(const Net& net) { return gradus::has_state(net, full_.remembered); }
    /// The next batch is a beginning.
    void forget_state(const Net& net) { gradus::forget_state(net, full_.remembered); }

    /// Forward of the samples `which`, rows first_row... of a step; `stateful` from where the last one ended, which was of
    /// as many.
    void forward(const Net& net, const J& J_, const dataset<X, Y>& data, std::span<const std::size_t> which,
                 std::size_t first_row, bool is_full, std::uint64_t seed, std::uint64_t step, bool stateful) {
        loss = count = correct = judged = 0;
        now_ = which.empty() ? nullptr : is_full ? &full_ : &rest_;
        if (now_ == nullptr) return;
        auto& [x, y, weights, p, loss_cache] = *now_;
        gather(data.x, which, x);
        gather(data.y, which, y);
        gather(data.weights, which, weights);
        if (data.mask.size() != 0) gather(data.mask, which, p.mask);
        p.seed = seed, p.step = step, p.first_row = first_row;
        samples_ = which;
        if (stateful) carry_state(net, p);
        const auto& y_hat = gradus::forward(net, x, p.cache, p.context());
        const normalizer by = now_->by(1);
        loss = J_.forward(y_hat, y, loss_cache, by);
        count = J_.count(y_hat, y, by);
        if constexpr (judges<J, output_of<Net, X>, Y>) {
            correct = J_.correct(y_hat, y, by);
            judged = inference::counted_rows(y_hat, by.mask);
        }
    }

    /// ∇J(θ) of those rows, where J divides by `total`, assigned to `into`.
    void backward(const Net& net, const J& J_, double total, gradients<Net>& into) {
        if (now_ == nullptr) return into.zero();
        auto& [x, y, weights, p, loss_cache] = *now_;
        const auto& dy = J_.backward(output(p.cache), y, loss_cache, now_->by(total));
        gradus::backward(net, x, dy, p.cache, into.values, p.context());
    }

    /// What was first not finite in the last forward, in words; nothing where all was, or there was none.
    [[nodiscard]] std::string first_not_finite(const Net& net) {
        if (now_ == nullptr) return {};
        auto& p = now_->remembered;
        p.every_output = true;  // once more, with the same draws: no layer's output may be left out now
        gradus::forward(net, now_->x, p.cache, p.context());
        p.every_output = false;
        return training::first_not_finite(net, now_->x, now_->y, now_->remembered.cache, samples_);
    }

  private:
    slice<Net, J, X, Y> full_, rest_, *now_ = nullptr;
    std::span<const std::size_t> samples_;  // of the last forward
};

}  // namespace gradus::training
