#pragma once
/// \file
/// The history of training, and how callbacks are called.

#include <cstddef>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

/// Results of each epoch. Training values are means over the epoch's batches, taken while the parameters change.
struct history {
    std::vector<double> loss, accuracy;                        ///< accuracy: empty if the loss defines no accuracy
    std::vector<double> validation_loss, validation_accuracy;  ///< empty without validation
    std::vector<double> learning_rate;                         ///< of the epoch's last step
    std::size_t samples = 0;                                   ///< processed in training, over all epochs
    double seconds = 0;                                        ///< training only, without validation
    bool interrupted = false;  ///< by Ctrl-C, or by a callback within an epoch; the last epoch may be incomplete

    /// Appends an epoch.
    GRADUS_ONCE void add(double epoch_loss, bool judged, double epoch_accuracy, double rate);
    GRADUS_ONCE void add_validation(double its_loss, bool judged, double its_accuracy);
};

/// Progress of a call of `fit`, independent of the network.
struct training_progress {
    const history& so_far;  ///< of this call of `fit`
    std::size_t epoch = 0;  ///< of this call, from 0
    double loss = 0;        ///< of the last batch
    bool stop = false;      ///< set it to end training after this step or epoch
};

/// What a callback of `fit` can read and change: the network, the optimizer with its options, and whether to continue.
template <class Net, class Options>
struct training_state : training_progress {
    Net& net;
    optimizer<Net, Options>& descend;  ///< `descend.t`: steps taken; `descend.epoch`: epochs ended, with earlier runs
};

/// Moments of training at which callbacks are called. A callback has a member function for each moment it handles,
/// which takes the `training_state&`: `before_training`, `before_step`, `after_step`, `after_epoch`, `after_training`
/// (also if the loss was NaN or infinite). A lambda is called after each epoch.
enum class moment { before_training, before_step, after_step, after_epoch, after_training };

/// Calls the callback's function for that moment, if it has one.
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

/// Whether C handles any moment.
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
