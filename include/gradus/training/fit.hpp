#pragma once
/// \file
/// The training loop that people expect.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradus/core/pass.hpp"
#include "gradus/core/dataset.hpp"
#include "gradus/kernels/blas.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/training/evaluate.hpp"
#include "gradus/training/progress.hpp"
#include "gradus/training/workers.hpp"

namespace gradus {

/// How `fit` goes through the data: `{.epochs = 10, .batch_size = 32, .validation = held_out, .threads = 2}`.
template <class X, class Y>
struct fit_options {
    std::size_t epochs = 1;
    std::size_t batch_size = 32;
    std::optional<dataset<X, Y>> validation = {};  ///< judged after each epoch; nothing is chosen by it
    std::size_t threads = 1;                       ///< each takes its share of every batch
    bool shuffle = true;                           ///< anew each epoch, keyed by the optimizer's seed and the epoch
    show progress = show::on_terminal;
};

/// What happened in each epoch: means over its batches, as they went by.
struct history {
    std::vector<double> loss, accuracy;                        ///< accuracy: empty where the loss judges no classes
    std::vector<double> validation_loss, validation_accuracy;  ///< empty without validation
    std::size_t samples = 0;                                   ///< that training went through, over all epochs
    double seconds = 0;                                        ///< training alone, without validation
    bool interrupted = false;                                  ///< Ctrl-C ended it; the last epoch may be a part of one
};

namespace training {

/// A thread's share of a batch, with all the memory that it needs.
template <class Net, class J, class X, class Y>
struct shard {
    X x;
    Y y;
    pass<Net, X> remembered;
    typename J::template cache<output_of<Net, X>> loss_cache;

    explicit shard(const Net& net, const X& like) : remembered(net, like) {}
};

/// What one thread owns. Batches come in two sizes, the full one and what is left at the end of an epoch: a shard for
/// each, so that none is ever resized.
template <class Net, class J, class X, class Y>
struct desk {
    shard<Net, J, X, Y> full, rest;
    gradients<Net> grad;
    double loss = 0, correct = 0;  // of the shard

    desk(const Net& net, const X& like) : full(net, like), rest(net, like), grad(net) {}

    /// Forward and backward of the samples `which`, rows first_row... of a batch of `whole`.
    template <class Data>
    void work(const Net& net, const J& J_, const Data& data, std::span<const std::size_t> which, std::size_t first_row,
              std::size_t whole, bool is_full, std::uint64_t seed, std::uint64_t step) {
        loss = correct = 0;
        if (which.empty()) return grad.zero();
        auto& [x, y, p, loss_cache] = is_full ? full : rest;
        gather(data.x, which, x);
        gather(data.y, which, y);
        p.seed = seed, p.step = step, p.first_row = first_row;
        const context ctx = p.context();
        const auto& y_hat = forward(net, x, p.cache, ctx);
        // the whole batch's count, so that shards add up to what one thread would compute
        const normalizer by{J_.count(y_hat, y, {}) * static_cast<double>(whole) / static_cast<double>(which.size())};
        loss = J_.forward(y_hat, y, loss_cache, by);
        if constexpr (judges<J, output_of<Net, X>, Y>) correct = J_.correct(y_hat, y, {});
        backward(net, x, J_.backward(y_hat, y, loss_cache, by), p.cache, grad.values, ctx);
    }
};

/// Epochs of batches. All threads take a shard of each batch, with a pass of their own; then all take a part of the
/// reduction and of the optimizer's step.
template <class Net, class J, class Options, class X, class Y>
history run(Net& net, const J& loss, optimizer<Net, Options>& descend, const dataset<X, Y>& data,
            const fit_options<X, Y>& o) {
    constexpr bool judged = judges<J, output_of<Net, X>, Y>;
    const std::size_t team = std::max<std::size_t>(1, std::min(o.threads, o.batch_size));
    const kernels::single_threaded_blas one_thread_per_product;
    const interruptible ctrl_c;
    batches order(data.size(), o.batch_size, descend.seed, o.shuffle);
    workers threads(team);
    std::vector<std::unique_ptr<desk<Net, J, X, Y>>> desks;  // none ever moves
    for (std::size_t k = 0; k < team; ++k) desks.push_back(std::make_unique<desk<Net, J, X, Y>>(net, data.x));

    history h;
    progress line(o.progress, o.epochs);
    for (std::size_t epoch = 0; epoch < o.epochs && !h.interrupted; ++epoch) {
        const stopwatch clock;
        order.epoch(descend.epoch);
        double loss_sum = 0, correct = 0;
        std::size_t seen = 0;
        progress::figures now;
        for (std::size_t b = 0; b < order.size() && !h.interrupted; ++b) {
            const std::span<const std::size_t> batch = order[b];
            const std::size_t n = batch.size();
            threads.run([&](std::size_t k) {
                const std::size_t first = n * k / team, last = n * (k + 1) / team;
                desks[k]->work(net, loss, data, batch.subspan(first, last - first), first, n, n == o.batch_size,
                              descend.seed, descend.t);
            });
            descend.begin();
            threads.run([&](std::size_t k) {
                for (std::size_t other = 1; other < team; ++other)
                    descend.reduce(net, desks[0]->grad.values, desks[other]->grad.values, k, team);
                descend.apply(net, desks[0]->grad.values, k, team);
            });
            for (const auto& d : desks) loss_sum += d->loss * static_cast<double>(n), correct += d->correct;
            seen += n;
            const double share = static_cast<double>(seen) / static_cast<double>(data.size());
            now.loss = loss_sum / static_cast<double>(seen);
            if constexpr (judged) now.accuracy = correct / share / static_cast<double>(inference::judged(data.y));
            line.batch(epoch, share, now);
            h.interrupted = interruptible::asked();
        }
        const double seconds = clock.seconds();
        h.samples += seen;
        h.seconds += seconds;
        h.loss.push_back(now.loss);
        if constexpr (judged) h.accuracy.push_back(now.accuracy);
        const bool whole = seen == data.size();  // it is, also where Ctrl-C came with its last batch
        if (whole) ++descend.epoch;
        if (o.validation && whole) {
            const score s = evaluate(net, loss, *o.validation);
            h.validation_loss.push_back(now.validation_loss = s.loss);
            if constexpr (judged) h.validation_accuracy.push_back(now.validation_accuracy = s.accuracy);
        }
        line.epoch(epoch, seconds, now);
        h.interrupted = interruptible::asked();  // or else with its validation
    }
    return h;
}

}  // namespace training

/// Trains a network: `gr::fit(net, gr::cross_entropy{}, gr::adam{}, train, {.epochs = 10, .threads = 2})`.
///
/// Each epoch goes once through the samples, in an order keyed by the default seed and the epoch. Ctrl-C ends it after
/// the step under way, or the validation, with the history so far. The same seed, build, machine and number of threads give the same run
/// bit for bit. No allocation in a step after the first of its size.
/// \throws shape_error, data_error where network, loss and data do not fit each other.
template <class Net, class J, optimizer_options Options, class X, class Y>
history fit(Net& net, const J& loss, const Options& options, const dataset<X, Y>& data,
            const fit_options<X, Y>& how = {}) {
    static_assert(is_layer<Net, X> && is_target<J, output_of<Net, X>, Y>);
    optimizer<Net, Options> descend(net, options);
    return training::run(net, loss, descend, data, how);
}

/// The same with an optimizer that outlives the call: to go on later, from where it stopped, bit for bit.
template <class Net, class J, class Options, class X, class Y>
history fit(Net& net, const J& loss, optimizer<Net, Options>& descend, const dataset<X, Y>& data,
            const fit_options<X, Y>& how = {}) {
    static_assert(is_layer<Net, X> && is_target<J, output_of<Net, X>, Y>);
    return training::run(net, loss, descend, data, how);
}

}  // namespace gradus
