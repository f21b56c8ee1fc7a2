#pragma once
/// \file
/// Callbacks of `fit`: early stopping, schedules, and lambdas at any moment. The log and the checkpoints, which write
/// files, are in io/.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/optimizers/reduce_on_plateau.hpp"
#include "gradus/training/state.hpp"

namespace gradus {

/// The value that a callback watches: the last entry of a column of the history.
enum class watch {
    validation_loss,
    validation_accuracy,
    loss,     ///< of training, averaged during the epoch
    accuracy  ///< likewise
};

/// Whether larger values are better.
[[nodiscard]] constexpr bool more_is_better(watch what) {
    return what == watch::accuracy || what == watch::validation_accuracy;
}

/// The watched value. \throws data_error if the history does not have it.
GRADUS_ONCE [[nodiscard]] double watched(std::string_view who, const history& h, watch what);

/// Options of early stopping.
struct early_stopping_options {
    watch what = watch::validation_loss;
    std::size_t patience = 5;  ///< epochs without improvement before training stops
    double min_delta = 0;      ///< an improvement must exceed this
    bool restore_best = true;  ///< restores the parameters of the best epoch after training
};

/// Stops training when the watched value has not improved for `patience` epochs, and restores the best parameters and
/// batch statistics:
/// `gr::early_stopping stop(net, {.patience = 3}); gr::fit(net, J, gr::adam{}, train, {.validation = held_out}, stop);`
///
/// Complexity: a copy of the parameters for each epoch that is the best so far. The optimizer's state is not restored.
/// Source: Prechelt, "Early stopping, but when?" (1998); Keras's `EarlyStopping(restore_best_weights=True)`.
/// \throws data_error if the history does not have the watched value.
template <class Net>
class early_stopping {
  public:
    using options = early_stopping_options;

    explicit early_stopping(const Net&, options o = {}) : options_(o) {}

    void before_training(auto&) {
        best_ = std::nan(""), best_epoch_ = waited_ = 0;
    }
    void after_epoch(auto& now) {
        const double value = watched("early_stopping", now.so_far, options_.what);
        const double gain = more_is_better(options_.what) ? value - best_ : best_ - value;
        if (!std::isnan(value) && (std::isnan(best_) || gain > options_.min_delta)) {
            best_ = value, best_epoch_ = now.epoch, waited_ = 0;
            if (options_.restore_best) keep(now.net);
        } else if (++waited_ >= options_.patience) {
            now.stop = true;
        }
    }
    void after_training(auto& now) {
        if (options_.restore_best && !std::isnan(best_)) detail::assign(parameter_list(now.net), parameter_list(best_theta_));
    }

    [[nodiscard]] double best() const { return best_; }                   ///< the best value seen; NaN: none yet
    [[nodiscard]] std::size_t best_epoch() const { return best_epoch_; }  ///< of that call of `fit`, from 0

  private:
    void keep(const Net& net) {
        shape_parameters(net, best_theta_);
        detail::assign(parameter_list(best_theta_), parameter_list(net));
    }

    options options_;
    parameters_of<Net> best_theta_;
    double best_ = std::nan("");
    std::size_t best_epoch_ = 0, waited_ = 0;
};

/// The unit in which a schedule counts.
enum class per { step, epoch };

/// Sets the learning rate before each step by a schedule: `gr::scheduled(gr::schedule::cosine{...})`. It counts the
/// optimizer's steps or epochs from 0, so a resumed run continues where it stopped. One-cycle also sets the momentum.
template <rate_schedule Rate>
class scheduled {
  public:
    explicit scheduled(Rate rate, per unit = per::step) : rate_(std::move(rate)), unit_(unit) {}

    void before_step(auto& now) const {
        auto& o = now.descend.options;
        const std::uint64_t t = unit_ == per::step ? now.descend.t : now.descend.epoch;
        o.learning_rate = rate_(t);
        if constexpr (requires { rate_.momentum(t); o.beta1; })
            o.beta1 = rate_.momentum(t);
        else if constexpr (requires { rate_.momentum(t); o.momentum; })
            o.momentum = rate_.momentum(t);
    }

  private:
    Rate rate_;
    per unit_;
};

/// Lowers the optimizer's learning rate when the watched value has not improved for long:
/// `gr::on_plateau({.factor = 0.5, .patience = 3})`. Each call of `fit` starts anew, from the optimizer's current rate.
class on_plateau {
  public:
    explicit on_plateau(schedule::reduce_on_plateau plateau = {}, watch what = watch::validation_loss)
        : plateau_(plateau), what_(what) {
        plateau_.watched_should = more_is_better(what) ? schedule::goal::rise : schedule::goal::fall;
    }

    void before_training(auto& now) {
        plateau_.learning_rate = now.descend.options.learning_rate;
        plateau_.now = {};
    }
    void after_epoch(auto& now) {
        now.descend.options.learning_rate = plateau_(watched("on_plateau", now.so_far, what_));
    }

  private:
    schedule::reduce_on_plateau plateau_;
    watch what_;
};

/// f(now) after each step: `gr::every_step([&](auto& now) { average(now.net); })`.
template <class F>
class every_step {
  public:
    explicit every_step(F f) : f_(std::move(f)) {}
    void after_step(auto& now) { f_(now); }

  private:
    F f_;
};

#if GRADUS_BODIES_OF(training)

GRADUS_BODY double watched(std::string_view who, const history& h, watch what) {
    const auto& column = what == watch::loss                  ? h.loss
                         : what == watch::accuracy            ? h.accuracy
                         : what == watch::validation_accuracy ? h.validation_accuracy
                                                              : h.validation_loss;
    if (!column.empty()) return column.back();
    const bool validates = what == watch::validation_loss || what == watch::validation_accuracy;
    if (validates && h.validation_loss.empty())
        throw data_error(message({who, ": watches the validation, and fit was given none: set .validation, or watch "
                                       "gradus::watch::loss"}));
    throw data_error(message({who, ": watches the accuracy, and this loss judges no classes"}));
}

#endif

}  // namespace gradus
