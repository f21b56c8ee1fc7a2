#pragma once
/// \file
/// The training loop that people expect.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gradus/core/dataset.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/kernels/blas.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/optimizers/clip.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/training/evaluate.hpp"
#include "gradus/training/not_finite.hpp"
#include "gradus/training/progress.hpp"
#include "gradus/training/share.hpp"
#include "gradus/training/state.hpp"
#include "gradus/training/workers.hpp"

namespace gradus {

/// How `fit` goes through the data: `{.epochs = 10, .batch_size = 32, .validation = held_out, .threads = 2}`.
template <class X, class Y>
struct fit_options {
    std::size_t epochs = 1;
    std::size_t batch_size = 32;
    std::size_t accumulate = 1;                    ///< batches to a step: as one of so many times the size, in its memory
    std::optional<dataset<X, Y>> validation = {};  ///< judged after each epoch; nothing is chosen by it
    std::size_t threads = 1;                       ///< each takes its share of every batch
    bool stateful = false;                         ///< row r of a batch goes on where row r of the last one ended
    bool shuffle = true;                           ///< anew each epoch, keyed by the optimizer's seed and the epoch
    double clip_value = 0;                         ///< each element of ∇J to [−c, c]; 0: not                [clip.value]
    double clip_norm = 0;                          ///< then ‖∇J‖ to at most this; 0: not                     [clip.norm]
    show progress = show::on_terminal;
};

namespace training {

/// Epochs of steps. All threads go forward with a share of each batch, then back, with a pass of their own; then all take
/// a part of the reduction and of the optimizer's step.
template <class Net, class J, class Options, class X, class Y>
class run {
  public:
    run(Net& net, const J& loss, optimizer<Net, Options>& descend, const dataset<X, Y>& data, const fit_options<X, Y>& o)
        : net_(net), loss_(loss), descend_(descend), data_(data), o_(o),
          threads_(std::max<std::size_t>(1, std::min(o.threads, o.batch_size))), norms_(threads_.size()) {
        check();
        for (std::size_t k = 0; k < threads_.size(); ++k)  // none ever moves
            shares_.push_back(std::make_unique<share<Net, J, X, Y>>(net, data.x));
        for (auto& s : shares_)
            if (o.accumulate > 1) s->of_batch = std::make_unique<gradients<Net>>(net);
        if (o.stateful && !shares_[0]->has_state(net)) inference::refuse_stateless("fit");
    }

    template <class... Callbacks>
    history operator()(Callbacks&... callbacks) {
        const kernels::single_threaded_blas one_thread_per_product;
        const interruptible ctrl_c;
        batches order(data_.size(), o_.batch_size * o_.accumulate, descend_.seed, o_.shuffle);
        progress line(o_.progress, o_.epochs);
        training_state<Net, Options> now{net_, descend_, h_};
        const auto tell = [&]([[maybe_unused]] auto when) { (when(callbacks, now), ...); };
        tell(moment::before_training);
        try {
            for (; now.epoch < o_.epochs && !now.stop; ++now.epoch) epoch(order, line, now, tell);
        } catch (const diverged&) {
            tell(moment::after_training);  // who keeps the best network gives it back
            throw;
        }
        tell(moment::after_training);
        return std::move(h_);
    }

  private:
    template <class Tell>
    void epoch(batches& order, progress& line, training_state<Net, Options>& now, const Tell& tell) {
        const stopwatch clock;
        order.epoch(descend_.epoch);
        epoch_ = descend_.epoch + 1;
        all_ = {};
        std::size_t seen = 0;
        progress::figures shown;
        if (o_.stateful)
            for (auto& s : shares_) s->forget_state(net_);
        for (std::size_t b = 0; b < order.size() && !now.stop; ++b) {
            tell(moment::before_step);
            step(order[b], now);
            tell(moment::after_step);
            seen += order[b].size();
            shown.loss = losses::reduced(loss_, all_.loss, all_.count);
            if constexpr (judged) shown.accuracy = all_.correct / all_.judged;
            line.batch(now.epoch, static_cast<double>(seen) / static_cast<double>(data_.size()), shown);
            now.stop = now.stop || interruptible::asked();
        }
        const bool whole = seen == data_.size();  // it is, also where Ctrl-C came with its last batch
        const double seconds = clock.seconds();
        h_.interrupted = !whole || interruptible::asked();
        h_.samples += seen;
        h_.seconds += seconds;
        h_.add(shown.loss, judged, shown.accuracy, learning_rate());
        require_finite_parameters();
        if (whole) ++descend_.epoch;
        if (o_.validation && whole) {
            const score s = evaluate(net_, loss_, *o_.validation, o_.stateful ? evaluate_options{true, o_.batch_size} : evaluate_options{});
            h_.add_validation(shown.validation_loss = s.loss, judged, shown.validation_accuracy = s.accuracy);
            if (!std::isfinite(s.loss)) refuse(message({"the validation loss is ", s.loss, " after step ", descend_.t}), first_not_finite(*o_.validation));
        }
        line.epoch(now.epoch, seconds, shown);
        if (whole) tell(moment::after_epoch);
        h_.interrupted = h_.interrupted || interruptible::asked();  // or else with its validation
        now.stop = now.stop || h_.interrupted;
    }

    static constexpr bool judged = judges<J, output_of<Net, X>, Y>;

    struct totals {
        double loss = 0, count = 0, correct = 0, judged = 0;
    };

    void check() const {
        data_.check();
        if (o_.validation) o_.validation->check();
        if (o_.accumulate == 0 || o_.batch_size == 0)
            throw data_error(message({"fit: batch_size = ", o_.batch_size, " and accumulate = ", o_.accumulate, ": both must be at least 1"}));
        if (o_.stateful) check_stateful();
        for (const auto& [name, limit] : {std::pair{"clip_value", o_.clip_value}, {"clip_norm", o_.clip_norm}})
            if (!(limit >= 0)) throw data_error(message({"fit: ", name, " = ", limit, " must be positive, or 0: no clipping"}));
    }

    void check_stateful() const {
        if (o_.shuffle) throw data_error("fit: stateful goes through the samples in their order: it needs shuffle = false");
        if (o_.accumulate != 1) throw data_error(message({"fit: stateful needs accumulate = 1, got ", o_.accumulate}));
        inference::require_even_batches("fit", "samples", data_.size(), o_.batch_size);
        if (o_.validation) inference::require_even_batches("fit", "samples of the validation", o_.validation->size(), o_.batch_size);
    }

    /// One step with the gradient of `rows`, a batch after the other.
    void step(std::span<const std::size_t> rows, training_state<Net, Options>& now) {
        const std::size_t team = threads_.size(), n = o_.batch_size;
        totals of_step;
        for (std::size_t at = 0; at < rows.size(); at += n) {
            const auto batch = rows.subspan(at, std::min(n, rows.size() - at));
            threads_.run([&](std::size_t k) {
                const std::size_t first = batch.size() * k / team, last = batch.size() * (k + 1) / team;
                shares_[k]->forward(net_, loss_, data_, batch.subspan(first, last - first), at + first, batch.size() == n,
                                    descend_.seed, descend_.t, o_.stateful);
            });
            totals of_batch;
            for (const auto& s : shares_)
                of_batch.loss += s->loss, of_batch.count += s->count, of_batch.correct += s->correct, of_batch.judged += s->judged;
            now.loss = losses::reduced(loss_, of_batch.loss, of_batch.count);
            require_finite(now);
            // batches that share a step do not know yet what the loss divides by: the step does it
            const double total = o_.accumulate > 1 || of_batch.count == 0 ? 1 : of_batch.count;
            threads_.run([&](std::size_t k) {
                share<Net, J, X, Y>& mine = *shares_[k];
                mine.backward(net_, loss_, total, at == 0 ? mine.grad : *mine.of_batch);
                if (at != 0) descend_.reduce(net_, mine.grad.values, mine.of_batch->values, 0, 1);
            });
            of_step.loss += of_batch.loss, of_step.count += of_batch.count;
            of_step.correct += of_batch.correct, of_step.judged += of_batch.judged;
        }
        descend(o_.accumulate > 1 ? losses::reduced(loss_, 1, of_step.count) : 1);
        now.loss = losses::reduced(loss_, of_step.loss, of_step.count);
        all_.loss += of_step.loss, all_.count += of_step.count, all_.correct += of_step.correct, all_.judged += of_step.judged;
    }

    /// θ ← θ' by scale · ∇J, which all threads add up, clip, and apply, each its part.
    void descend(double scale) {
        const std::size_t team = threads_.size();
        auto& grad = shares_[0]->grad.values;
        const auto reduce = [&](std::size_t k) {
            for (std::size_t other = 1; other < team; ++other)
                descend_.reduce(net_, grad, shares_[other]->grad.values, k, team);
        };
        descend_.begin();
        const bool clips = o_.clip_value > 0 || o_.clip_norm > 0;
        if (clips)
            threads_.run([&](std::size_t k) {
                reduce(k);
                norms_[k] = descend_.clip(net_, grad, o_.clip_value > 0 ? o_.clip_value / scale : INFINITY, k, team);
            });
        if (o_.clip_norm > 0) {
            double squared = 0;
            for (double s : norms_) squared += s;
            scale *= clip_factor(scale * std::sqrt(squared), o_.clip_norm);
        }
        threads_.run([&](std::size_t k) {
            if (!clips) reduce(k);
            descend_.apply(net_, grad, k, team, scale);
        });
    }

    void require_finite(const training_state<Net, Options>& now) {
        if (std::isfinite(now.loss)) return;
        std::string where;
        for (const auto& s : shares_)
            if (where.empty()) where = s->first_not_finite(net_);
        refuse(message({"the loss is ", now.loss, " at step ", descend_.t + 1}), where);
    }
    /// After the last step of an epoch: the loss of the next would tell, if there were one.
    void require_finite_parameters() {
        not_finite found;
        found.look_at_parameters(net_);
        if (!found.where.empty()) refuse(message({"step ", descend_.t, " went too far"}), found.where);
    }
    [[nodiscard]] static std::string first_not_finite(const dataset<X, Y>& data) {
        not_finite found;
        found.look(entry(""), "the validation data", "x", "", data.x), found.look(entry(""), "the validation data", "y", "", data.y);
        return found.where;
    }
    [[noreturn]] void refuse(const std::string& what, const std::string& where) const {
        throw_diverged(h_, what, epoch_, where, J::name, formula_of(loss_));
    }
    /// NaN where the options know none.
    [[nodiscard]] double learning_rate() const {
        if constexpr (requires { double(descend_.options.learning_rate); })
            return descend_.options.learning_rate;
        else
            return std::nan("");
    }

    Net& net_;
    const J& loss_;
    optimizer<Net, Options>& descend_;
    const dataset<X, Y>& data_;
    const fit_options<X, Y>& o_;
    workers threads_;
    std::vector<std::unique_ptr<share<Net, J, X, Y>>> shares_;
    std::vector<double> norms_;          // each thread's part of ‖∇J‖²
    totals all_;                         // of the epoch so far
    std::uint64_t epoch_ = 0;            // the one under way, counted from 1, those of earlier runs included
    history h_;
};

}  // namespace training

/// Trains a network: `gr::fit(net, gr::cross_entropy{}, gr::adam{}, train, {.epochs = 10, .threads = 2})`.
///
/// Each epoch goes once through the samples, in an order keyed by the default seed and the epoch. Ctrl-C ends it after
/// the step under way, or the validation, with the history so far. The same seed, build, machine and number of threads
/// give the same run bit for bit. No allocation in a step after the first of its size.
///
/// Stateful, for long sequences cut into chunks: samples 0..B−1 are the first chunks of B sequences, B..2B−1 those that
/// follow, and so on; B the batch size, of which there must be a whole number. Layers that have a state carry it from batch
/// to batch, and forget it at the beginning of each epoch; the validation is judged likewise. See core/state.hpp.
///
/// Callbacks follow: `gr::fit(net, J, gr::adam{}, train, {.epochs = 10}, gr::scheduled(rate), [](auto& now) { ... })`. A
/// lambda is called after each epoch; see training_state and moment.
/// \throws shape_error, data_error where network, loss and data do not fit each other; diverged where the loss is no
///         number, with the layer and the formula where that began.
template <class Net, class J, optimizer_options Options, class X, class Y, class... Callbacks>
history fit(Net& net, const J& loss, const Options& options, const dataset<X, Y>& data,
            const fit_options<X, Y>& how = {}, Callbacks&&... callbacks) {
    static_assert(is_layer<Net, X> && is_target<J, output_of<Net, X>, Y>);
    optimizer<Net, Options> descend(net, options);
    return fit(net, loss, descend, data, how, callbacks...);
}

/// The same with an optimizer that outlives the call: to go on later, from where it stopped, bit for bit.
template <class Net, class J, class Options, class X, class Y, class... Callbacks>
history fit(Net& net, const J& loss, optimizer<Net, Options>& descend, const dataset<X, Y>& data,
            const fit_options<X, Y>& how = {}, Callbacks&&... callbacks) {
    static_assert(is_layer<Net, X> && is_target<J, output_of<Net, X>, Y>);
    static_assert((callback<std::remove_reference_t<Callbacks>, training_state<Net, Options>> && ...),
                  "gradus: a callback of fit waits for a moment of training, and is not const: a lambda taking `auto& now`, or a struct with "
                  "before_training, before_step, after_step, after_epoch or after_training");
    return training::run<Net, J, Options, X, Y>(net, loss, descend, data, how)(callbacks...);
}

}  // namespace gradus
