#pragma once
/// \file
/// The same layer, the same data, in another scalar: how a float network is checked in double.

#include <type_traits>
#include <utility>

#include "gradus/core/layer.hpp"
#include "gradus/core/parameters.hpp"
#include "gradus/core/tensor.hpp"

namespace gradus {

namespace rebinding {

template <class X, class U>
struct type {};  // not known
template <class T, std::size_t N, class U>
struct type<tensor<T, N>, U> {
    using to = tensor<std::conditional_t<std::is_floating_point_v<T>, U, T>, N>;  // labels, indices and masks stay
};
/// A struct of tensors as a template of its scalar: `pair<float>`.
template <template <class> class S, class T, class U>
    requires(std::is_floating_point_v<T> && !any_tensor<S<T>>)
struct type<S<T>, U> {
    using to = S<U>;
};

}  // namespace rebinding

/// X with scalar U; an input that is a struct must be a template of its scalar.
template <class X, class U>
using rebound = typename rebinding::type<X, U>::to;

template <class L, class U>
concept rebinds_itself = requires(const L& l) { l.template rebind<U>(); };

/// Layers that may exist in another scalar: those that say so by `template <class U> auto rebind() const` (the same sizes
/// and options; parameters follow by the walk), and those without parameters, which serve any scalar that they take.
template <class L, class U>
concept rebindable = rebinds_itself<L, U> || std::is_same_v<parameters_of<L>, no_parameters>;

namespace rebinding {

template <class U, class L>
[[nodiscard]] auto shell(const L& layer) {
    if constexpr (rebinds_itself<L, U>)
        return layer.template rebind<U>();
    else
        return layer;
}

template <class From, class To>
void copy(const From& from, To& to) {
    if constexpr (any_tensor<From>) {
        reshape(to, from.shape());
        for (std::size_t i = 0; i < from.size(); ++i) to.data()[i] = static_cast<scalar_of<To>>(from.data()[i]);
    } else {
        to.assign(from);  // statistics
    }
}

}  // namespace rebinding

namespace rebinding {

/// Whether L's twin in scalar U takes an X in scalar U: a layer without parameters may be written for float alone.
template <class L, class X, class U>
inline constexpr bool serves = false;
template <class L, class X, class U>
    requires(rebindable<L, U> && requires { typename type<X, U>::to; })
inline constexpr bool serves<L, X, U> = [] {
    using first = suspect<decltype(shell<U>(std::declval<const L&>())), rebound<X, U>>;
    return layer_has::all<typename first::layer, typename first::input>;
}();

}  // namespace rebinding

/// A layer's type in scalar U: an activation that is fused into a layer of another scalar changes only where it is learnt.
template <class L, class U>
using in_scalar = decltype(rebinding::shell<U>(std::declval<const L&>()));

/// The layer in scalar U, with the same parameters.
template <class U, class L>
    requires rebindable<L, U>
[[nodiscard]] auto rebind(const L& layer) {
    auto other = rebinding::shell<U>(layer);
    each_leaf([](const entry&, const auto& from, auto& to) { rebinding::copy(from, to); }, layer, other);
    return other;
}

/// An input in scalar U.
template <class U, class X>
[[nodiscard]] rebound<X, U> rebind_input(const X& x) {
    rebound<X, U> out;
    if constexpr (any_tensor<X>)
        rebinding::copy(x, out);
    else
        each([](const entry&, const auto& from, auto& to) { rebinding::copy(from, to); }, x, out);
    return out;
}

}  // namespace gradus
