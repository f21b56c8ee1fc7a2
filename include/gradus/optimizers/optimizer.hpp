#pragma once
/// \file
/// From a formula on one tensor to a step of a whole network.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "gradus/core/parameters.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/kernels/elementwise.hpp"
#include "gradus/optimizers/clip.hpp"
#include "gradus/optimizers/weight_decay.hpp"

namespace gradus {

/// Options whose formula needs numbers that are no function of t alone, such as a product over all steps. `scalars` names
/// them with their values at t = 0, `advance(t, scalars)` makes those of step t out of those before.
template <class O>
concept keeps_scalars = requires(const O& o, std::array<double, std::tuple_size_v<decltype(O::scalars)>>& s) {
    o.advance(std::uint64_t(1), s);
    o.template step<double>(std::uint64_t(1), s);
};

/// Options with a formula: `slots` names what it keeps per parameter, `step<T>(t)` is the formula of step t.
/// Where there are a `weight_decay decay` and a `check()` of the numbers, they are heeded.
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

/// What an optimizer is called: the name that its options give it.
template <class Options>
[[nodiscard]] constexpr std::string_view optimizer_name() {
    if constexpr (requires { std::string_view(Options::name); })
        return Options::name;
    else
        return "unnamed";
}

/// θ ← θ', one step at a time: `descend(net, grad)`.
///
/// Owns what outlives a step: t, which advances once per step and never once per tensor, the slots (Adam's m and v), and
/// the place in the training run (seed, epoch) that a resumed run needs. Options may be changed between steps.
/// A value: a copy is a snapshot.
/// Complexity: a step is one pass over all parameters, their gradients and slots, and allocates nothing.
template <class Net, optimizer_options Options>
class optimizer {
    static constexpr std::size_t n_slots = Options::slots.size(), n_scalars = scalars_of<Options>().size();

  public:
    using parameters = parameters_of<Net>;
    Options options;
    std::uint64_t t = 0;                      ///< steps taken
    std::uint64_t epoch = 0;                  ///< epochs that `fit` has ended with this optimizer
    std::uint64_t seed = default_seed();      ///< of shuffling and of every pass in `fit`
    std::array<parameters, n_slots> slots{};  ///< zero at t = 0
    std::array<double, n_scalars> scalars{};  ///< of step t

    /// \throws data_error naming the optimizer and its field: a rate that is negative or no number, here or in a step.
    explicit optimizer(const Net& net, Options o = {}) : options(o) {
        check();
        for (std::size_t i = 0; i < n_scalars; ++i) scalars[i] = scalars_of<Options>()[i].second;
        for (auto& slot : slots) slot = gradients<Net>(net).values;
    }

    /// One step with the gradient of a batch.
    /// \throws shape_error where the gradient, or this optimizer's state, is that of a network of other sizes.
    void operator()(Net& net, const parameters& grad) {
        begin();
        apply(net, grad, 0, 1);
    }
    /// The same, and sets the random stream of a pass to this optimizer's step: for a loop that is saved and resumed with
    /// layers that draw (dropout).
    template <class X>
    void operator()(Net& net, const parameters& grad, pass<Net, X>& p) {
        (*this)(net, grad);
        p.step = t, p.spent = false;
    }

    /// From now on leaves alone what stands at a path: a parameter ("encoder.3.W") or all below a layer ("encoder").
    /// Neither decay nor slots move; batch statistics do. Like the options, it is the program's: `save` does not keep it.
    /// \throws data_error naming the path and those that there are.
    void freeze(const Net& net, std::string_view path) { set_frozen(net, path, true); }
    /// Lets it move again, from the slots as they stand.
    void unfreeze(const Net& net, std::string_view path) { set_frozen(net, path, false); }
    /// Whether the k-th tensor of the walk, whose entry e is, takes part in steps.
    [[nodiscard]] bool moves(const entry& e, std::size_t k) const {
        return e.trainable && (k >= frozen_.size() || frozen_[k] == moving);
    }

    /// A step in parts, for threads that share it: `begin` once, then `apply` for every part.
    void begin() {
        check();
        ++t;
        if constexpr (keeps_scalars<Options>) options.advance(t, scalars);
    }

    /// The formula of step t on numbers or registers of the tensor at e: θ, g, slots. The gradient is scaled, then decayed.
    template <class T>
    [[nodiscard]] auto formula(const entry& e, double scale = 1) const {
        const auto step = [this] {
            if constexpr (keeps_scalars<Options>)
                return options.template step<T>(t, scalars);
            else
                return options.template step<T>(t);
        }();
        if constexpr (requires { weight_decay(options.decay); }) {
            const weight_decay& decay = options.decay;
            return decay.template around<T>(step, scale, options.learning_rate, decay.spare_biases && !e.decay);
        } else {
            return weight_decay{}.around<T>(step, scale, 0, true);
        }
    }

    /// Part `part` of `parts` of all elements, with `scale` · grad. Statistics, which are few, go with part 0.
    void apply(Net& net, const parameters& grad, std::size_t part, std::size_t parts, double scale = 1) {
        const interval mine = range(net, part, parts);
        std::size_t at = 0, k = 0;
        const auto visit = [&]<class P>(const entry& e, P& theta, const P& g, auto&... slot) {
            if constexpr (any_tensor<P>) {
                require_same_shape(e, theta, g);
                (require_same_shape(e, theta, slot), ...);
                const auto [a, b] = overlap(at, theta.size(), mine);
                if (moves(e, k++) && a < b)
                    kernels::update(b - a, formula<scalar_of<P>>(e, scale), theta.data() + a, g.data() + a,
                                    (slot.data() + a)...);
                at += theta.size();
            } else if (part == 0) {
                theta.absorb(g);
            }
        };
        std::apply([&](auto&... slot) { each_leaf(visit, net, grad, slot...); }, slots);
    }

    /// total += scale · grad for the elements of one part: the reduction over the threads of a batch, split over the
    /// threads, and the accumulation of several batches. Statistics are merged.
    static void reduce(const Net& net, parameters& total, const parameters& grad, std::size_t part, std::size_t parts,
                       double scale = 1) {
        const interval mine = range(net, part, parts);
        std::size_t at = 0;
        each_leaf(
            [&]<class P>(const entry& e, P& sum, const P& g) {
                if constexpr (any_tensor<P>) {
                    require_same_shape(e, sum, g);
                    const auto [a, b] = overlap(at, sum.size(), mine);
                    if (a < b)
                        kernels::map(b - a, [s = static_cast<scalar_of<P>>(scale)](const auto& x, const auto& y) { return x + s * y; },
                                     sum.data() + a, static_cast<const scalar_of<P>*>(sum.data()) + a, g.data() + a);
                    at += sum.size();
                } else if (part == 0) {
                    sum.merge(g);
                }
            },
            total, grad);
    }

    /// g ← min(max(g, −limit), limit) for the elements of one part. Returns their Σ g² over what moves, in double: the sum
    /// of all parts is ‖∇J‖². Infinity clips nothing.
    double clip(const Net& net, parameters& grad, double limit, std::size_t part, std::size_t parts) const {
        const interval mine = range(net, part, parts);
        std::size_t at = 0, k = 0;
        double sum = 0;
        each(
            [&]<class P>(const entry& e, const P& theta, P& g) {
                require_same_shape(e, theta, g);
                const auto [a, b] = overlap(at, g.size(), mine);
                clip_values(g.data() + a, b - a, limit);
                if (moves(e, k++)) sum += sum_of_squares(g.data() + a, b - a);
                at += g.size();
            },
            net, grad);
        return sum;
    }

  private:
    struct interval {
        std::size_t first, last;
    };
    [[nodiscard]] static interval range(const Net& net, std::size_t part, std::size_t parts) {
        const std::size_t n = parts == 1 ? static_cast<std::size_t>(-1) : count(net);
        return parts == 1 ? interval{0, n} : interval{n * part / parts, n * (part + 1) / parts};
    }
    /// What of `mine` falls into a tensor of `size` that begins at `at`, counted from its own beginning.
    [[nodiscard]] static interval overlap(std::size_t at, std::size_t size, interval mine) {
        const std::size_t a = std::clamp(mine.first, at, at + size) - at;
        return {a, std::clamp(mine.last, at, at + size) - at};
    }
    void check() const {
        if constexpr (requires { options.check(); }) options.check();
        if constexpr (requires { weight_decay(options.decay); }) options.decay.check(optimizer_name<Options>());
    }
    void set_frozen(const Net& net, std::string_view path, bool value) {
        bool known = false;
        std::string all;
        std::size_t k = 0;
        each(
            [&](const entry& e, const auto&) {
                const std::string own = e.path();
                all += (all.empty() ? "" : ", ") + own;
                frozen_.resize(std::max(frozen_.size(), ++k), moving);
                if (!own.starts_with(path) || (own.size() > path.size() && own[path.size()] != '.')) return;
                known = true;
                frozen_[k - 1] = value ? 'f' : moving;
            },
            net);
        if (!known)
            throw data_error(message({"optimizer: nothing to ", value ? "freeze" : "unfreeze", " at '", path, "', the network has ", all}));
    }

    static constexpr char moving = 'm';
    std::string frozen_;  // a letter for each tensor of the walk; empty: all move
};

}  // namespace gradus
