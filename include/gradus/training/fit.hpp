#pragma once
/// \file
/// The training loop, `fit`.

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

/// Options of `fit`: `{.epochs = 10, .batch_size = 32, .validation = held_out, .threads = 2}`.
template <class X, class Y>
struct fit_options {
    std::size_t epochs = 1;
    std::size_t batch_size = 32;
    std::size_t accumulate = 1;                    ///< batches per step: acts as one larger batch, in the memory of one
    std::optional<dataset<X, Y>> validation = {};  ///< evaluated after each epoch; does not influence training
    std::size_t threads = 1;                       ///< each processes a part of every batch
    bool stateful = false;                         ///< row r of a batch continues from row r of the previous one
    bool shuffle = true;                           ///< in each epoch, by the optimizer's seed and the epoch's number
    double clip_value = 0;                         ///< clips each element of ∇J to [−c, c]; 0: off         [clip.value]
    double clip_norm = 0;                          ///< then clips ‖∇J‖ to at most this; 0: off              [clip.norm]
    show progress = show::on_terminal;
};

/// Trains a network: `gr::fit(net, gr::cross_entropy{}, gr::adam{}, train, {.epochs = 10, .threads = 2})`.
///
/// Each epoch visits every sample once, in an order that depends on the optimizer's seed and the epoch's number. Ctrl-C
/// ends training after the current step or validation, with the history so far. The same seed, build, machine and
/// number of threads reproduce a run bit for bit. Only the first step of each batch size allocates.
///
/// Stateful, for long sequences cut into chunks: samples 0..B−1 are the first chunks of B sequences, B..2B−1 the next
/// chunks, and so on; B is the batch size and must divide the number of samples. Layers with a state carry it from
/// batch to batch and reset it at the beginning of each epoch and of the validation. See nn/state.hpp.
///
/// Callbacks are the last arguments:
/// `gr::fit(net, J, gr::adam{}, train, {.epochs = 10}, gr::scheduled(rate), [](auto& now) { ... })`. A lambda is called
/// after each epoch; see training_state and moment.
/// \throws shape_error, data_error if network, loss and data do not fit together; diverged if the loss is NaN or
///         infinite, with the layer and the formula where that began.
template <class Net, class J, optimizer_options Options, class X, class Y, class... Callbacks>
history fit(Net& net, const J& loss, const Options& options, const dataset<X, Y>& data,
            const fit_options<X, Y>& how = {}, Callbacks&&... callbacks) {
    static_assert(is_layer<Net, X> && is_target<J, output_of<Net, X>, Y>);
    optimizer<Net, Options> descend(net, options);
    return fit(net, loss, descend, data, how, callbacks...);
}

/// The same with an optimizer that outlives the call, so that training can continue later, bit for bit.
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
