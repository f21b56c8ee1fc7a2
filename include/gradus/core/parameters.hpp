#pragma once
/// \file
/// The walk: one way through every tensor of a network, for all that is done to parameters.
///
/// A layer keeps its parameters θ in one struct, which names them once:
/// ```cpp
/// struct parameters {
///     gr::tensor<float, 2> W;
///     gr::tensor<float, 1> b;
///     static void each(auto&& f, auto&... p) { f("W", p.W...), f("b", p.b...); }
/// };
/// ```
/// The gradient ∇J(θ), Adam's m and v, snapshots and averages are values of the same type. The pack lets one walk go
/// through any number of them side by side: θ with its gradient, θ with ∇J, m and v. A layer made of layers names its
/// members the same way; saving, counting, printing, freezing and descending are all this walk.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "gradus/core/error.hpp"
#include "gradus/core/random.hpp"
#include "gradus/core/tensor.hpp"

namespace gradus {

/// One step of a walk: the name of a parameter or of a layer, linked to what it stands in.
struct entry {
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    std::string_view name;          ///< "W"; empty where the place in a sequence is the name, or there is none
    std::size_t index = none;       ///< place in a sequence of layers
    bool trainable = true;          ///< an optimizer changes it
    bool decay = true;              ///< weight decay applies to it
    const entry* parent = nullptr;  ///< what it stands in; set by the walk

    entry(std::string_view n) : name(n) {}
    entry(const char* n) : name(n) {}
    entry(std::size_t i) : index(i) {}

    /// The same entry, left alone by weight decay: biases, scales.
    [[nodiscard]] entry without_decay() const {
        entry e = *this;
        e.decay = false;
        return e;
    }
    /// The same entry, left alone by the optimizer.
    [[nodiscard]] entry frozen() const {
        entry e = *this;
        e.trainable = false;
        return e;
    }

    /// The same entry below another: what is frozen or spared above is so below.
    [[nodiscard]] entry below(const entry* above) const {
        entry e = *this;
        e.parent = above;
        if (above != nullptr) e.trainable = trainable && above->trainable, e.decay = decay && above->decay;
        return e;
    }

    /// The random stream of this place below `seed`: what initial draws are keyed by, whatever the order of construction.
    [[nodiscard]] std::uint64_t key(std::uint64_t seed) const {
        const std::uint64_t above = parent == nullptr ? seed : parent->key(seed);
        return index != none ? random::mix(above, index) : random::mix(above, name);
    }

    /// "W", "3"
    [[nodiscard]] std::string text() const {
        return name.empty() && index != none ? std::to_string(index) : std::string(name);
    }
    /// "encoder.3.W": spelt only where somebody reads it.
    [[nodiscard]] std::string path() const { return parent == nullptr ? text() : parent->path() + "." + text(); }
};

/// What a layer without parameters has.
struct no_parameters {
    static void each(auto&&, auto&...) {}
};

/// A leaf of the walk beside tensors: statistics of batches, which are no gradients. They know how to take in those of
/// another shard (`merge`) and how a step applies them (`absorb`), and no optimizer touches them.
template <class S>
concept statistics = requires(S s, const S other) {
    s.clear();
    s.merge(other);
    s.absorb(other);
};

namespace walk {

template <class P>
struct parameters_type {
    using type = P;  // a struct of parameters itself
};
template <class L>
    requires requires { typename L::parameters; }
struct parameters_type<L> {
    using type = typename L::parameters;
};

/// θ of a layer that has one, else the object itself: a composite, a struct of parameters.
template <class L>
auto& theta(L& layer) {
    if constexpr (requires { layer.theta; })
        return layer.theta;
    else
        return layer;
}

template <class F>
struct walker {
    F& visit;
    const entry* parent;

    template <class P, class... Ps>
    void operator()(const entry& step, P& p, Ps&... ps) const {
        const entry e = step.below(parent);
        if constexpr (any_tensor<P> || statistics<std::remove_const_t<P>>) {
            visit(e, p, ps...);
        } else {
            using parameters = typename parameters_type<std::remove_const_t<P>>::type;
            parameters::each(walker{visit, &e}, theta(p), theta(ps)...);
        }
    }
};

}  // namespace walk

/// The struct in which a layer's gradients, and an optimizer's slots for it, are kept.
template <class Layer>
using parameters_of = typename walk::parameters_type<Layer>::type;

/// Calls f(entry, leaf...) for every tensor and every statistics of `first`, with those of `rest` in the same places.
/// Each argument is a layer, a network, or a struct of parameters of the same layout.
template <class F, class P, class... Ps>
void each_leaf(F&& f, P& first, Ps&... rest) {
    using parameters = typename walk::parameters_type<std::remove_const_t<P>>::type;
    parameters::each(walk::walker<std::remove_reference_t<F>>{f, nullptr}, walk::theta(first), walk::theta(rest)...);
}

/// Calls f(entry, tensor...) for every tensor: `each_leaf` without the statistics.
template <class F, class P, class... Ps>
void each(F&& f, P& first, Ps&... rest) {
    each_leaf(
        [&](const entry& e, auto& p, auto&... ps) {
            if constexpr (any_tensor<decltype(p)>) f(e, p, ps...);
        },
        first, rest...);
}

/// Number of learnt numbers.
template <class P>
[[nodiscard]] std::size_t count(const P& p) {
    std::size_t n = 0;
    each([&](const entry&, const auto& t) { n += t.size(); }, p);
    return n;
}

[[noreturn, gnu::noinline]] inline void refuse_other_shape(const entry& e, std::span<const std::size_t> theta,
                                                           std::span<const std::size_t> other) {
    throw shape_error("parameters", {e.path(), " is ", shape_text(theta), " here and ", shape_text(other),
                                     " there: gradients and optimizers belong to one network"});
}
/// Two networks of one type may differ in size: what belongs to one must not be used with the other.
template <class T, std::size_t N>
void require_same_shape(const entry& e, const tensor<T, N>& theta, const tensor<T, N>& other) {
    if (theta.shape() != other.shape()) refuse_other_shape(e, theta.shape(), other.shape());
}

/// ∇J(θ): one tensor per parameter of a network, of its shape, and its batch statistics.
///
/// A value: `total += grad` accumulates (backward never does), `grad *= s` scales, `norm` is over all tensors.
/// Statistics are merged by `+=` and left alone by everything else.
template <class Net>
class gradients {
  public:
    parameters_of<Net> values;

    explicit gradients(const Net& net) {
        each_leaf(
            [](const entry&, const auto& theta, auto& grad) {
                grad = theta;  // the shape, and a statistics' settings
                clear(grad);
            },
            net, values);
    }

    operator parameters_of<Net>&() { return values; }
    operator const parameters_of<Net>&() const { return values; }

    void zero() {
        each_leaf([](const entry&, auto& grad) { clear(grad); }, values);
    }
    gradients& operator+=(const gradients& other) {
        each_leaf(
            []<class T>(const entry& e, T& total, const T& grad) {
                if constexpr (any_tensor<T>) {
                    require_same_shape(e, total, grad);
                    for (std::size_t i = 0; i < total.size(); ++i) total.data()[i] += grad.data()[i];
                } else {
                    total.merge(grad);
                }
            },
            values, other.values);
        return *this;
    }
    gradients& operator*=(double scale) {
        each(
            [scale]<class T>(const entry&, T& grad) {
                for (auto& v : flat(grad)) v *= static_cast<scalar_of<T>>(scale);
            },
            values);
        return *this;
    }
    /// √(Σ g²) over every tensor: what clipping by global norm compares.
    [[nodiscard]] double norm() const {
        double sum = 0;
        each(
            [&sum](const entry&, const auto& grad) {
                for (auto v : flat(grad)) sum += static_cast<double>(v) * static_cast<double>(v);
            },
            values);
        return std::sqrt(sum);
    }

  private:
    template <class T>
    static void clear(T& grad) {
        if constexpr (any_tensor<T>)
            grad.fill(scalar_of<T>(0));
        else
            grad.clear();
    }
};

/// Calls f(entry, layer) for every layer below `net`, in the order in which they are named: first for a layer that is
/// made of layers, then for those in it.
template <class F, class Net>
void each_layer(F&& f, Net& net);

namespace walk {
template <class F>
struct layer_walker {
    F& visit;
    const entry* parent;

    template <class P>
    void operator()(const entry& step, P& p) const {
        const entry e = step.below(parent);
        if constexpr (requires { typename std::remove_const_t<P>::parameters; }) {
            using parameters = typename std::remove_const_t<P>::parameters;
            visit(e, p);
            if constexpr (!requires { p.theta; }) parameters::each(layer_walker{visit, &e}, p);
        }
    }
};
}  // namespace walk

template <class F, class Net>
void each_layer(F&& f, Net& net) {
    using parameters = typename std::remove_const_t<Net>::parameters;
    if constexpr (requires { net.theta; } || std::is_same_v<parameters, no_parameters>)
        f(entry("layer"), net);
    else
        parameters::each(walk::layer_walker<std::remove_reference_t<F>>{f, nullptr}, net);
}

}  // namespace gradus
