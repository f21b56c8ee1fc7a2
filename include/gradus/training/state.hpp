#pragma once
/// \file
/// What training has shown so far, and how a callback is called.

#include <cstddef>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

/// What happened in each epoch: means over what it went through, as it went by.
struct history {
    std::vector<double> loss, accuracy;                        ///< accuracy: empty where the loss judges no classes
    std::vector<double> validation_loss, validation_accuracy;  ///< empty without validation
    std::vector<double> learning_rate;                         ///< of the epoch's last step
    std::size_t samples = 0;                                   ///< that training went through, over all epochs
    double seconds = 0;                                        ///< training alone, without validation
    bool interrupted = false;  ///< Ctrl-C or a callback ended it within an epoch, which is then a part of one

    /// Takes note of an epoch.
    GRADUS_ONCE void add(double epoch_loss, bool judged, double epoch_accuracy, double rate);
    GRADUS_ONCE void add_validation(double its_loss, bool judged, double its_accuracy);
};

/// How far a call of `fit` has come, whatever it trains.
struct training_progress {
    const history& so_far;  ///< of this call of `fit`
    std::size_t epoch = 0;  ///< of this call, from 0
    double loss = 0;        ///< of the last batch
    bool stop = false;      ///< set it, and training ends after this step or epoch
};

/// What a callback of `fit` sees, and may change: the network, the optimizer with its options, and whether to go on.
template <class Net, class Options>
struct training_state : training_progress {
    Net& net;
    optimizer<Net, Options>& descend;  ///< `descend.t`: steps taken; `descend.epoch`: epochs ended, those of earlier runs too
};

/// Moments of training at which a callback may be called. It has a member for each that it waits for, which takes the
/// `training_state&`: `before_training`, `before_step`, `after_step`, `after_epoch`, `after_training` (also where the loss
/// was NaN or infinite). A lambda is called after each epoch.
enum class moment { before_training, before_step, after_step, after_epoch, after_training };

/// Calls what a callback has for that moment.
template <class C, class State>
void tell(C& callback, moment when, State& now) {
    if constexpr (requires { callback.before_training(now); })
        if (when == moment::before_training) callback.before_training(now);
    if constexpr (requires { callback.before_step(now); })
        if (when == moment::before_step) callback.before_step(now);
    if constexpr (requires { callback.after_step(now); })
        if (when == moment::after_step) callback.after_step(now);
    if constexpr (requires { callback.after_epoch(now); }) {
        if (when == moment::after_epoch) callback.after_epoch(now);
    } else if constexpr (requires { callback(now); }) {
        if (when == moment::after_epoch) callback(now);
    }
    if constexpr (requires { callback.after_training(now); })
        if (when == moment::after_training) callback.after_training(now);
}

/// Whether C waits for anything at all.
template <class C, class State>
concept callback = requires(C& c, State& now) { c.before_training(now); } || requires(C& c, State& now) { c.before_step(now); } ||
                   requires(C& c, State& now) { c.after_step(now); } || requires(C& c, State& now) { c.after_epoch(now); } ||
                   requires(C& c, State& now) { c.after_training(now); } || requires(C& c, State& now) { c(now); };

#if GRADUS_BODIES_OF(training)

GRADUS_BODY void history::add(double epoch_loss, bool judged, double epoch_accuracy, double rate) {
    loss.push_back(epoch_loss);
    if (judged) accuracy.push_back(epoch_accuracy);
    learning_rate.push_back(rate);
}

GRADUS_BODY void history::add_validation(double its_loss, bool judged, double its_accuracy) {
    validation_loss.push_back(its_loss);
    if (judged) validation_accuracy.push_back(its_accuracy);
}

#endif

}  // namespace gradus
