#pragma once
/// \file
/// The training loop that people expect.

#include <cstddef>
#include <memory>
#include <optional>

#include "gradus/data/dataset.hpp"
#include "gradus/losses/loss.hpp"
#include "gradus/optimizers/optimizer.hpp"
#include "gradus/training/loop.hpp"
#include "gradus/training/share.hpp"
#include "gradus/training/state.hpp"

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

/// Trains a network: `gr::fit(net, gr::cross_entropy{}, gr::adam{}, train, {.epochs = 10, .threads = 2})`.
///
/// Each epoch goes once through the samples, in an order keyed by the default seed and the epoch. Ctrl-C ends it after
/// the step under way, or the validation, with the history so far. The same seed, build, machine and number of threads
/// give the same run bit for bit. No allocation in a step after the first of its size.
///
/// Stateful, for long sequences cut into chunks: samples 0..B−1 are the first chunks of B sequences, B..2B−1 those that
/// follow, and so on; B the batch size, of which there must be a whole number. Layers that have a state carry it from batch
/// to batch, and forget it at the beginning of each epoch; the validation is judged likewise. See nn/state.hpp.
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
    using Y_hat = output_of<Net, X>;
    data.check();
    if (how.validation) how.validation->check();
    const training::loop_options o{how.epochs,   how.batch_size, how.accumulate, how.threads,  how.stateful,
                                   how.shuffle,  how.clip_value, how.clip_norm,  how.progress};
    const std::size_t samples = data.size(), held_out = how.validation ? how.validation->size() : 0;
    o.check(samples, how.validation ? &held_out : nullptr);

    training::loop loop(o, training::facts_of<J, Y_hat, Y>(loss), samples, descend, [&] {
        return std::unique_ptr<training::batch_backward>(
            new training::batch_backward_of<Net, J, X, Y>(net, loss, data, how.accumulate > 1));
    });
    std::optional<training::batch_forward_of<Net, J, X, Y>> validation;
    if (how.validation) loop.validate_on(validation.emplace(net, loss, *how.validation, false), held_out);

    history h;
    training_state<Net, Options> now{{h}, net, descend};
    loop(now, h, [&]([[maybe_unused]] moment when) { (tell(callbacks, when, now), ...); });
    return h;
}

}  // namespace gradus
