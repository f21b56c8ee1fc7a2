#pragma once
/// \file
/// Optimizers: apply a formula for one tensor to all parameters of a network.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "gradus/kernels/elementwise.hpp"
#include "gradus/nn/gradients.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/optimizers/optimizer_core.hpp"
#include "gradus/optimizers/weight_decay.hpp"

namespace gradus {

/// Options whose formula needs numbers that depend on more than t, such as a product over all steps. `scalars` has
/// their names and their values at t = 0; `advance(t, scalars)` updates them from step t − 1 to step t.
template <class O>
concept keeps_scalars = requires(const O& o, std::array<double, std::tuple_size_v<decltype(O::scalars)>>& s) {
    o.advance(std::uint64_t(1), s);
    o.template step<double>(std::uint64_t(1), s);
};

/// Options with a formula: `slots` names the values stored per parameter, `step<T>(t)` is the formula of step t.
/// A member `weight_decay decay` and a function `check()`, which checks the numbers, are optional.
template <class O>
concept optimizer_options = requires { O::slots.size(); } &&
                            (keeps_scalars<O> || requires(const O& o) { o.template step<double>(std::uint64_t(1)); });

/// The scalars of options with their values at t = 0; most have none.
template <class Options>
[[nodiscard]] constexpr auto scalars_of() {
    if constexpr (keeps_scalars<Options>)
        return Options::scalars;
    else
        return std::array<std::pair<std::string_view, double>, 0>{};
}

/// The name of an optimizer: the `name` of its options.
template <class Options>
[[nodiscard]] constexpr std::string_view optimizer_name() {
    if constexpr (requires { std::string_view(Options::name); })
        return Options::name;
    else
        return "unnamed";
}

/// An optimizer for any network: its options and its state. The formula is compiled once for each scalar type.
template <optimizer_options Options>
class optimizer_of : public optimizer_core {
    static constexpr std::size_t n_slots = Options::slots.size(), n_scalars = scalars_of<Options>().size();

  public:
    Options options;
    std::array<double, n_scalars> scalars{};  ///< of step t

    /// The formula of step t on numbers or registers of the tensor at e: θ, g, slots. The gradient is scaled, then
    /// weight decay is applied.
    template <class T>
    [[nodiscard]] auto formula(const entry& e, double scale = 1) const {
        return decayed<T>(step<T>(), e, scale);
    }

    void begin() override {
        check();
        ++t;
        if constexpr (keeps_scalars<Options>) options.advance(t, scalars);
    }
    void apply(parameter_list& theta, const parameter_list& grad, std::size_t part, std::size_t parts,
               double scale = 1) override {
        runs of_part(*this, theta, grad, share_of(theta, part, parts));
        for (const auto descend : descend_)
            if (descend != nullptr) (this->*descend)(of_part, scale);
        if (part == 0) absorb(theta, grad);
    }
    [[nodiscard]] double learning_rate() const override {
        if constexpr (requires { double(options.learning_rate); })
            return options.learning_rate;
        else
            return std::nan("");
    }

  protected:
    /// \throws data_error with the names of the optimizer and the field.
    optimizer_of(const parameter_list& theta, const Options& o) : optimizer_core(theta, n_slots), options(o) {
        check();
        for (std::size_t i = 0; i < n_scalars; ++i) scalars[i] = scalars_of<Options>()[i].second;
    }
    /// Enables the formula for T; called if the network has parameters of T.
    template <class T>
    void serve() {
        descend_[std::is_same_v<T, double>] = &optimizer_of::descend<T>;
    }

  private:
    void check() const {
        if constexpr (requires { options.check(); }) options.check();
        if constexpr (requires { weight_decay(options.decay); }) options.decay.check(optimizer_name<Options>());
    }
    /// The formula of step t, with its constants computed.
    template <class T>
    [[nodiscard]] auto step() const {
        if constexpr (keeps_scalars<Options>)
            return options.template step<T>(t, scalars);
        else
            return options.template step<T>(t);
    }
    template <class T, class F>
    [[nodiscard]] auto decayed(const F& step, const entry& e, double scale) const {
        if constexpr (requires { weight_decay(options.decay); }) {
            const weight_decay& decay = options.decay;
            return decay.template around<T>(step, scale, options.learning_rate, decay.spare_biases && !e.decay);
        } else {
            return weight_decay{}.around<T>(step, scale, 0, true);
        }
    }
    /// θ ← θ' for the elements of type T.
    template <class T>
    [[gnu::noinline]] void descend(runs& of_part, double scale) {
        const auto formula = step<T>();
        for (run r; of_part.next(dtype_of<T>, r);)
            [&]<std::size_t... K>(std::index_sequence<K...>) {
                kernels::update(r.size, decayed<T>(formula, *r.place, scale), static_cast<T*>(r.theta),
                                static_cast<const T*>(r.grad), reinterpret_cast<T*>(kept(K).data() + r.in_slot)...);
            }(std::make_index_sequence<n_slots>{});
    }

    void (optimizer_of::*descend_[2])(runs&, double) = {};  // for float and double, null if the network has none
};

/// θ ← θ', one step at a time: `descend(net, grad)`.
///
/// Stores the state between steps: t, which advances once per step (not once per tensor), the slots (Adam's m and v),
/// and the position in the training run (seed, epoch) that a resumed run needs. Options may be changed between steps.
/// A value: a copy is a snapshot.
/// Complexity: a step is one pass over all parameters, their gradients and slots, without allocation.
template <class Net, optimizer_options Options>
class optimizer : public optimizer_of<Options> {
  public:
    using parameters = parameters_of<Net>;
    using optimizer_of<Options>::apply, optimizer_of<Options>::reduce, optimizer_of<Options>::clip;

    /// \throws data_error with the names of the optimizer and the field for an invalid option, here or in a step.
    explicit optimizer(const Net& net, Options o = {}) : optimizer_of<Options>(parameter_list(net), o) {
        each([this]<class P>(const entry&, const P&) { this->template serve<scalar_of<P>>(); }, net);
    }

    /// One step with the gradient of a batch.
    /// \throws shape_error if the gradient, or this optimizer's state, belongs to a network of other sizes.
    void operator()(Net& net, const parameters& grad) {
        optimizer_of<Options>::begin();
        apply(net, grad, 0, 1);
    }
    /// The same, and sets the random stream of a pass to this optimizer's step: for training loops that are saved and
    /// resumed, with random layers (dropout).
    template <class X>
    void operator()(Net& net, const parameters& grad, pass<Net, X>& p) {
        (*this)(net, grad);
        p.step = this->t, p.spent = false;
    }

    /// Excludes a path from all further steps: a parameter ("encoder.3.W") or all parameters of a layer ("encoder").
    /// Weight decay does not apply and slots do not change; batch statistics do. Like the options, this is not saved.
    /// \throws data_error if there is no such path; the message lists the existing ones.
    void freeze(const Net& net, std::string_view path) { this->set_frozen(parameter_list(net), path, true); }
    /// Includes it again, with its slots as they are.
    void unfreeze(const Net& net, std::string_view path) { this->set_frozen(parameter_list(net), path, false); }

    /// The functions of optimizer_of and optimizer_core for a network and its gradients.
    void apply(Net& net, const parameters& grad, std::size_t part, std::size_t parts, double scale = 1) {
        parameter_list theta(net);
        optimizer_of<Options>::apply(theta, parameter_list(grad), part, parts, scale);
    }
    static void reduce(const Net&, parameters& total, const parameters& grad, std::size_t part, std::size_t parts,
                       double scale = 1) {
        parameter_list sum(total);
        optimizer_core::reduce(sum, parameter_list(grad), part, parts, scale);
    }
    double clip(const Net& net, parameters& grad, double limit, std::size_t part, std::size_t parts) const {
        parameter_list g(grad);
        return optimizer_core::clip(g, parameter_list(net), limit, part, parts);
    }
};

// Instantiations of the library's formulas for the compiled unit; used at the end of their headers.
#ifdef GRADUS_COMPILED
#define GRADUS_OPTIMIZER(Options)                                                                   \
    GRADUS_EXTERN(optimizers) template class optimizer_of<Options>;                                 \
    GRADUS_EXTERN(optimizers) template void optimizer_of<Options>::descend<float>(runs&, double);   \
    GRADUS_EXTERN(optimizers) template void optimizer_of<Options>::descend<double>(runs&, double);
#else
#define GRADUS_OPTIMIZER(Options)
#endif

}  // namespace gradus
