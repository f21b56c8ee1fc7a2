#pragma once
/// \file
/// One thread's part of a batch, with its types: the implementations of batch_forward and batch_backward.

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/state.hpp"
#include "gradus/optimizers/optimizer_core.hpp"
#include "gradus/training/batch.hpp"
#include "gradus/training/not_finite.hpp"

namespace gradus {

/// A loss that counts correctly predicted classes.
template <class J, class Y, class Target>
concept judges = requires(const J& j, const Y& y_hat, const Target& y, const normalizer& by) { j.correct(y_hat, y, by); };

namespace training {

/// The mask (N, T) of sequences if it applies to the rows of ŷ; null if the network reduces each sequence to one row,
/// so that each sample counts.
template <class Net>
[[nodiscard]] const tensor<bool, 2>* mask_of_rows(const Net& net, const tensor<bool, 2>& mask) {
    return mask.size() == 0 || says_ends_sequences(net) ? nullptr : &mask;
}

/// Samples gathered from a set, and the pass of their forward.
template <class Net, class X>
struct forward_of_rows {
    X gathered;
    pass<Net, X> remembered;  // includes the mask

    forward_of_rows(const Net& net, const X& like) : remembered(net, like) {}

    [[nodiscard]] const X& x(const X& data, const batch_rows& rows) const { return rows.all ? data : gathered; }

    /// ŷ of these rows.
    const output_of<Net, X>& operator()(const Net& net, const X& data, const tensor<bool, 2>* mask, const batch_rows& rows) {
        if (!rows.all) gather(data, rows.samples, gathered);
        if (mask != nullptr && mask->size() != 0) gather(*mask, rows.samples, remembered.mask);
        remembered.seed = rows.seed, remembered.step = rows.step, remembered.first_row = rows.first_row;
        if (rows.stateful) carry_state(net, remembered);
        return gradus::forward(net, x(data, rows), remembered.cache, remembered.context());
    }
};

/// The properties of the loss that the loop needs.
template <class J, class Y_hat, class Y>
[[nodiscard]] loss_facts facts_of(const J& loss) {
    return {J::name, formula_of(loss), losses::is_sum(loss), judges<J, Y_hat, Y>};
}

/// Forward and loss of batches. Batches have two sizes, the full one and the remainder at the end of an epoch: each has
/// its own memory, so that nothing is resized.
template <class Net, class J, class X, class Y>
class batch_forward_of final : public batch_forward {
    using Y_hat = output_of<Net, X>;
    struct slice : forward_of_rows<Net, X> {
        using forward_of_rows<Net, X>::forward_of_rows;
        Y y;
        std::vector<double> weights;
        typename J::template cache<Y_hat> loss_cache;

        [[nodiscard]] normalizer by(const Net& net, double total) const {
            return {total, mask_of_rows(net, this->remembered.mask), weights};
        }
    };

  public:
    batch_forward_of(const Net& net, const J& loss, const dataset<X, Y>& data, bool training)
        : net_(net), loss_(loss), data_(data), of_size_{slice(net, data.x), slice(net, data.x)} {
        for (slice& s : of_size_) s.remembered.training = training;
    }
    [[gnu::noinline]] ~batch_forward_of() = default;  // out of line like ~pass: it has two passes

    batch_totals forward(const batch_rows& rows) override {
        rows_ = rows;
        now_ = rows.samples.empty() && !rows.all ? nullptr : &of_size_[rows.last];
        if (now_ == nullptr) return {};
        slice& s = *now_;
        gather(data_.y, rows.samples, s.y);
        gather(data_.weights, rows.samples, s.weights);
        const Y_hat& y_hat = s(net_, data_.x, &data_.mask, rows);
        const normalizer by = s.by(net_, 1);
        batch_totals totals;
        totals.loss = loss_.forward(y_hat, s.y, s.loss_cache, by);
        totals.count = loss_.count(y_hat, s.y, by);
        if constexpr (judges<J, Y_hat, Y>) {
            totals.correct = loss_.correct(y_hat, s.y, by);
            totals.judged = static_cast<double>(
                by.mask == nullptr ? gradus::rows(y_hat) : static_cast<std::size_t>(std::ranges::count(flat(*by.mask), true)));
        }
        return totals;
    }
    batch_outputs outputs() override {
        return {tensor_ref(output(now_->remembered.cache)), tensor_ref(now_->y), now_->by(net_, 1).mask};
    }

    /// ∇J(θ) of the rows of the last forward, assigned to `grad`.
    void backward(double total, gradients<Net>& grad) {
        if (now_ == nullptr) return grad.zero();
        slice& s = *now_;
        const auto& dy = loss_.backward(output(s.remembered.cache), s.y, s.loss_cache, s.by(net_, total));
        gradus::backward(net_, s.x(data_.x, rows_), dy, s.remembered.cache, grad.values, s.remembered.context());
    }

    std::string first_not_finite() override {
        if (now_ == nullptr) return {};
        auto& p = now_->remembered;
        p.every_output = true;  // repeat with the same draws, and keep every layer's output
        const X& x = now_->x(data_.x, rows_);
        gradus::forward(net_, x, p.cache, p.context());
        p.every_output = false;
        return training::first_not_finite(net_, x, now_->y, p, rows_.samples);
    }

    std::string first_not_finite_in_data() override {
        not_finite found;
        found.look(entry(""), "the validation data", "x", "", data_.x);
        found.look(entry(""), "the validation data", "y", "", data_.y);
        return std::move(found.where);
    }

    bool has_state() override { return gradus::has_state(net_, of_size_[0].remembered); }
    void forget_state() override { gradus::forget_state(net_, of_size_[0].remembered); }

  private:
    const Net& net_;
    const J& loss_;
    const dataset<X, Y>& data_;
    std::array<slice, 2> of_size_;  // for full batches, for the last one
    slice* now_ = nullptr;
    batch_rows rows_;  // of the last forward
};

/// Forward and backward of one training thread.
///
/// They are separate because the loss divides by a count over the whole batch, which depends on masks, weights and
/// labels: all threads run forward, their counts are added, then all run backward.
template <class Net, class J, class X, class Y>
class batch_backward_of final : public batch_backward {
  public:
    batch_backward_of(const Net& net, const J& loss, const dataset<X, Y>& data, bool accumulates)
        : net_(net), rows_(net, loss, data, true), grad_(net),
          further_(accumulates ? std::make_unique<gradients<Net>>(net) : nullptr) {}

    batch_forward& rows() override { return rows_; }
    void backward(double total, bool further) override {
        rows_.backward(total, further ? *further_ : grad_);
        if (!further) return;
        parameter_list sum(grad_.values);
        optimizer_core::reduce(sum, parameter_list(further_->values), 0, 1);
    }
    void list_parameters(parameter_list& into) override { into.add_all(nullptr, net_); }
    void list_gradients(parameter_list& into) override { into.add_all(nullptr, grad_.values); }

  private:
    const Net& net_;
    batch_forward_of<Net, J, X, Y> rows_;
    gradients<Net> grad_;
    std::unique_ptr<gradients<Net>> further_;  // of one batch, if several make a step
};

}  // namespace training
}  // namespace gradus
