#pragma once
/// \file
/// From a formula on one tensor to a step of a whole network.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "gradus/core/parameters.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/kernels/elementwise.hpp"

namespace gradus {

/// Options with a formula: `slots` names what it keeps per parameter, `step<T>(t)` is the formula of step t.
template <class O>
concept optimizer_options = requires(const O& o) {
    O::slots.size();
    o.template step<double>(std::uint64_t(1));
};

/// θ ← θ', one step at a time: `descend(net, grad)`.
///
/// Owns what outlives a step: t, which advances once per step and never once per tensor, the slots (Adam's m and v), and
/// the place in the training run (seed, epoch) that a resumed run needs. Options may be changed between steps.
/// A value: a copy is a snapshot.
/// Complexity: a step is one pass over all parameters, their gradients and slots, and allocates nothing.
template <class Net, optimizer_options Options>
class optimizer {
    static constexpr std::size_t n_slots = Options::slots.size();

  public:
    using parameters = parameters_of<Net>;

    Options options;
    std::uint64_t t = 0;                      ///< steps taken
    std::uint64_t epoch = 0;                  ///< epochs that `fit` has ended with this optimizer
    std::uint64_t seed = default_seed();      ///< of shuffling and of every pass in `fit`
    std::array<parameters, n_slots> slots{};  ///< zero at t = 0

    explicit optimizer(const Net& net, Options o = {}) : options(o) {
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

    /// A step in parts, for threads that share it: `begin` once, then `apply` for every part.
    void begin() { ++t; }

    /// Part `part` of `parts` of all elements. Statistics, which are few, go with part 0.
    void apply(Net& net, const parameters& grad, std::size_t part, std::size_t parts) {
        const interval mine = range(net, part, parts);
        std::size_t at = 0;
        const auto visit = [&]<class P>(const entry& e, P& theta, const P& g, auto&... slot) {
            if constexpr (any_tensor<P>) {
                require_same_shape(e, theta, g);
                (require_same_shape(e, theta, slot), ...);
                const auto [a, b] = overlap(at, theta.size(), mine);
                if (a < b && e.trainable)
                    kernels::update(b - a, options.template step<scalar_of<P>>(t), theta.data() + a, g.data() + a,
                                    (slot.data() + a)...);
                at += theta.size();
            } else if (part == 0) {
                theta.absorb(g);
            }
        };
        std::apply([&](auto&... slot) { each_leaf(visit, net, grad, slot...); }, slots);
    }

    /// total += grad for the elements of one part: the reduction over the threads of a batch, split over the threads.
    static void reduce(const Net& net, parameters& total, const parameters& grad, std::size_t part, std::size_t parts) {
        const interval mine = range(net, part, parts);
        std::size_t at = 0;
        each_leaf(
            [&]<class P>(const entry& e, P& sum, const P& g) {
                if constexpr (any_tensor<P>) {
                    require_same_shape(e, sum, g);
                    const auto [a, b] = overlap(at, sum.size(), mine);
                    if (a < b)
                        kernels::map(b - a, [](const auto& x, const auto& y) { return x + y; }, sum.data() + a,
                                     static_cast<const scalar_of<P>*>(sum.data()) + a, g.data() + a);
                    at += sum.size();
                } else if (part == 0) {
                    sum.merge(g);
                }
            },
            total, grad);
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
};

}  // namespace gradus
