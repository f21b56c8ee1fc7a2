#pragma once
/// \file
/// The training loop, independent of the network: epochs, batches, threads, reduction, clipping, progress and history.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/function_ref.hpp"
#include "gradus/data/dataset.hpp"
#include "gradus/kernels/product/blas.hpp"
#include "gradus/optimizers/clip.hpp"
#include "gradus/optimizers/optimizer_core.hpp"
#include "gradus/training/batch.hpp"
#include "gradus/training/evaluate.hpp"
#include "gradus/training/not_finite.hpp"
#include "gradus/training/progress.hpp"
#include "gradus/training/state.hpp"
#include "gradus/training/workers.hpp"

namespace gradus::training {

/// The options of `fit` whose types do not depend on the data.
struct loop_options {
    std::size_t epochs, batch_size, accumulate, threads;
    bool stateful, shuffle;
    double clip_value, clip_norm;
    show progress;

    /// \throws data_error naming the option
    GRADUS_ONCE void check(std::size_t samples, const std::size_t* validation_samples) const;
    /// The number of threads: at most one per sample of a batch.
    [[nodiscard]] std::size_t team() const { return std::max<std::size_t>(1, std::min(threads, batch_size)); }
};

/// Epochs of steps. All threads run forward on a part of each batch, then backward, each with its own pass; then each
/// does a part of the reduction and of the optimizer's step.
class loop {
  public:
    /// `make_share` creates what one thread works with.
    GRADUS_ONCE loop(const loop_options& o, const loss_facts& loss, std::size_t samples, optimizer_core& descend,
                     function_ref<std::unique_ptr<batch_backward>()> make_share);

    /// Sets the validation data and its number of samples.
    void validate_on(batch_forward& rows, std::size_t samples) {
        validation_ = &rows;
        validation_samples_ = samples;
    }

    GRADUS_ONCE void operator()(training_progress& now, history& h, function_ref<void(moment)> tell);

  private:
    GRADUS_ONCE void epoch(batches& order, progress& line, training_progress& now, history& h, function_ref<void(moment)> tell);

    /// One step with the gradient of `rows`, processed batch by batch.
    GRADUS_ONCE void step(std::span<const std::size_t> rows, training_progress& now, history& h);

    /// Updates θ by scale · ∇J: each thread reduces, clips and applies its part.
    GRADUS_ONCE void descend(double scale);
    /// θ, and the gradient to which those of all threads are added.
    void list(parameter_list& theta, parameter_list& grad) const {
        shares_[0]->list_parameters(theta);
        shares_[0]->list_gradients(grad);
    }

    GRADUS_ONCE void validate(progress::figures& shown, history& h);

    GRADUS_ONCE void require_finite(const training_progress& now, const history& h);
    /// Checks θ after the last step of an epoch, whose effect on the loss is seen in the next epoch at the earliest.
    GRADUS_ONCE void require_finite_parameters(const history& h);
    GRADUS_ONCE [[noreturn]] void refuse(const history& h, const std::string& what, const std::string& where) const;

    const loop_options& o_;
    loss_facts loss_;
    std::size_t samples_;
    optimizer_core& descend_;
    workers threads_;
    std::vector<std::unique_ptr<batch_backward>> shares_;  // one for each thread
    batch_forward* validation_ = nullptr;
    std::size_t validation_samples_ = 0;
    std::vector<batch_totals> totals_;  // of each thread
    std::vector<double> norms_;         // each thread's part of ‖∇J‖²
    batch_totals all_;                  // of the epoch so far
    std::uint64_t epoch_ = 0;           // the current one, counted from 1, earlier runs included
};

#if GRADUS_BODIES_OF(training)

GRADUS_BODY void loop_options::check(std::size_t samples, const std::size_t* validation_samples) const {
    if (accumulate == 0 || batch_size == 0)
        throw data_error(message({"fit: batch_size = ", batch_size, " and accumulate = ", accumulate,
                                  ": both must be at least 1"}));
    if (stateful) {
        if (shuffle)
            throw data_error("fit: stateful goes through the samples in their order: it needs shuffle = false");
        if (accumulate != 1) throw data_error(message({"fit: stateful needs accumulate = 1, got ", accumulate}));
        require_even_batches("fit", "samples", samples, batch_size);
        if (validation_samples != nullptr)
            require_even_batches("fit", "samples of the validation", *validation_samples, batch_size);
    }
    for (const auto& [name, limit] : {std::pair{"clip_value", clip_value}, {"clip_norm", clip_norm}})
        if (!(limit >= 0))
            throw data_error(message({"fit: ", name, " = ", limit, " must be positive, or 0: no clipping"}));
}

GRADUS_BODY loop::loop(const loop_options& o, const loss_facts& loss, std::size_t samples, optimizer_core& descend,
                       function_ref<std::unique_ptr<batch_backward>()> make_share)
    : o_(o), loss_(loss), samples_(samples), descend_(descend), threads_(o.team()), totals_(threads_.size()),
      norms_(threads_.size()) {
    for (std::size_t k = 0; k < threads_.size(); ++k) shares_.push_back(make_share());
    if (o.stateful && !shares_[0]->rows().has_state()) refuse_stateless("fit");
}

GRADUS_BODY void loop::operator()(training_progress& now, history& h, function_ref<void(moment)> tell) {
    const kernels::single_threaded_blas one_thread_per_product;
    const interruptible ctrl_c;
    batches order(samples_, o_.batch_size * o_.accumulate, descend_.seed, o_.shuffle);
    progress line(o_.progress, o_.epochs);
    tell(moment::before_training);
    try {
        for (; now.epoch < o_.epochs && !now.stop; ++now.epoch) epoch(order, line, now, h, tell);
    } catch (const diverged&) {
        tell(moment::after_training);  // lets early stopping restore the best network
        throw;
    }
    tell(moment::after_training);
}

GRADUS_BODY void loop::epoch(batches& order, progress& line, training_progress& now, history& h, function_ref<void(moment)> tell) {
    const stopwatch clock;
    order.epoch(descend_.epoch);
    epoch_ = descend_.epoch + 1;
    all_ = {};
    std::size_t seen = 0;
    progress::figures shown;
    if (o_.stateful)
        for (const auto& s : shares_) s->rows().forget_state();
    for (std::size_t b = 0; b < order.size() && !now.stop; ++b) {
        tell(moment::before_step);
        step(order[b], now, h);
        tell(moment::after_step);
        seen += order[b].size();
        shown.loss = loss_.reduced(all_.loss, all_.count);
        if (loss_.judges) shown.accuracy = all_.correct / all_.judged;
        line.batch(now.epoch, static_cast<double>(seen) / static_cast<double>(samples_), shown);
        now.stop = now.stop || interruptible::asked();
    }
    const bool whole = seen == samples_;  // also if Ctrl-C came during the last batch
    const double seconds = clock.seconds();
    h.interrupted = !whole || interruptible::asked();
    h.samples += seen;
    h.seconds += seconds;
    h.add(shown.loss, loss_.judges, shown.accuracy, descend_.learning_rate());
    require_finite_parameters(h);
    if (whole) ++descend_.epoch;
    if (validation_ != nullptr && whole) validate(shown, h);
    line.epoch(now.epoch, seconds, shown);
    if (whole) tell(moment::after_epoch);
    h.interrupted = h.interrupted || interruptible::asked();  // or if Ctrl-C came during validation
    now.stop = now.stop || h.interrupted;
}

GRADUS_BODY void loop::step(std::span<const std::size_t> rows, training_progress& now, history& h) {
    const std::size_t team = threads_.size(), n = o_.batch_size;
    batch_totals of_step;
    for (std::size_t at = 0; at < rows.size(); at += n) {
        const auto batch = rows.subspan(at, std::min(n, rows.size() - at));
        threads_.run([&](std::size_t k) {
            const std::size_t first = batch.size() * k / team, last = batch.size() * (k + 1) / team;
            totals_[k] = shares_[k]->rows().forward({.samples = batch.subspan(first, last - first),
                                                     .first_row = at + first,
                                                     .last = batch.size() != n,
                                                     .stateful = o_.stateful,
                                                     .seed = descend_.seed,
                                                     .step = descend_.t});
        });
        batch_totals of_batch;
        for (const batch_totals& t : totals_) of_batch += t;
        now.loss = loss_.reduced(of_batch.loss, of_batch.count);
        require_finite(now, h);
        // accumulated batches: what the loss divides by is known only at the end of the step, and applied there
        const double total = o_.accumulate > 1 || of_batch.count == 0 ? 1 : of_batch.count;
        threads_.run([&](std::size_t k) { shares_[k]->backward(total, at != 0); });
        of_step += of_batch;
    }
    descend(o_.accumulate > 1 ? loss_.reduced(1, of_step.count) : 1);
    now.loss = loss_.reduced(of_step.loss, of_step.count);
    all_ += of_step;
}

GRADUS_BODY void loop::descend(double scale) {
    const std::size_t team = threads_.size();
    const auto reduce = [&](parameter_list& grad, std::size_t k) {
        for (std::size_t other = 1; other < team; ++other) {
            parameter_list more;
            shares_[other]->list_gradients(more);
            optimizer_core::reduce(grad, more, k, team);
        }
    };
    descend_.begin();
    const bool clips = o_.clip_value > 0 || o_.clip_norm > 0;
    if (clips)
        threads_.run([&](std::size_t k) {
            parameter_list theta, grad;
            list(theta, grad);
            reduce(grad, k);
            norms_[k] = descend_.clip(grad, theta, o_.clip_value > 0 ? o_.clip_value / scale : INFINITY, k, team);
        });
    if (o_.clip_norm > 0) {
        double squared = 0;
        for (double s : norms_) squared += s;
        scale *= clip_factor(scale * std::sqrt(squared), o_.clip_norm);
    }
    threads_.run([&](std::size_t k) {
        parameter_list theta, grad;
        list(theta, grad);
        if (!clips) reduce(grad, k);
        descend_.apply(theta, grad, k, team, scale);
    });
}

GRADUS_BODY void loop::validate(progress::figures& shown, history& h) {
    const auto o = o_.stateful ? evaluate_options{true, o_.batch_size} : evaluate_options{};
    const score s = evaluate(*validation_, loss_, validation_samples_, o);
    shown.validation_loss = s.loss, shown.validation_accuracy = s.accuracy;
    h.add_validation(s.loss, loss_.judges, s.accuracy);
    if (!std::isfinite(s.loss))
        refuse(h, message({"the validation loss is ", s.loss, " after step ", descend_.t}),
               validation_->first_not_finite_in_data());
}

GRADUS_BODY void loop::require_finite(const training_progress& now, const history& h) {
    if (std::isfinite(now.loss)) return;
    std::string where;
    for (const auto& s : shares_)
        if (where.empty()) where = s->rows().first_not_finite();
    refuse(h, message({"the loss is ", now.loss, " at step ", descend_.t + 1}), where);
}

GRADUS_BODY void loop::require_finite_parameters(const history& h) {
    not_finite found;
    parameter_list theta;
    shares_[0]->list_parameters(theta);
    found.look_at_parameters(theta);
    if (!found.where.empty()) refuse(h, message({"step ", descend_.t, " went too far"}), found.where);
}

GRADUS_BODY [[noreturn]] void loop::refuse(const history& h, const std::string& what, const std::string& where) const {
    throw_diverged(h, what, epoch_, where, loss_.name, loss_.formula);
}

#endif

}  // namespace gradus::training
