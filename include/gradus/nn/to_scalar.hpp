#pragma once
/// \file
/// Converts a layer or data to another scalar type, so that a float network can be checked in double.

#include <type_traits>
#include <utility>

#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameters.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

namespace scalars {

template <class L, class U>
concept converts_itself = requires(const L& l) { l.template to_scalar<U>(); };

/// The layer in scalar U, without its parameters' values; a layer that cannot convert itself is returned as it is.
template <class U, class L>
[[nodiscard]] auto shell(const L& layer) {
    if constexpr (converts_itself<L, U>)
        return layer.template to_scalar<U>();
    else
        return layer;
}

/// For a layer or an activation: the type of its `shell`.
template <class X, class U>
struct type {
    using to = decltype(shell<U>(std::declval<const X&>()));
};
template <class T, std::size_t N, class U>
struct type<tensor<T, N>, U> {
    using to = tensor<std::conditional_t<std::is_floating_point_v<T>, U, T>, N>;  // integers and masks do not change
};
struct any_visit {
    void operator()(const auto&...) const;
};
/// For a struct of tensors that is a template of its scalar: `pair<float>`.
template <template <class> class S, class T, class U>
    requires(std::is_floating_point_v<T> && requires(const S<T>& s) { S<T>::each(any_visit{}, s); })
struct type<S<T>, U> {
    using to = S<U>;
};

template <class From, class To>
void copy(const From& from, To& to) {
    if constexpr (any_tensor<From>) {
        reshape(to, from.shape());
        for (std::size_t i = 0; i < from.size(); ++i) to.data()[i] = static_cast<scalar_of<To>>(from.data()[i]);
    } else {
        to.assign(from);  // statistics
    }
}

}  // namespace scalars

/// The type of a layer or an input X in scalar U. An input that is a struct must be a template of its scalar.
template <class X, class U>
using in_scalar = typename scalars::type<X, U>::to;

/// Layers that can be converted: those with a member `template <class U> auto to_scalar() const` (which copies sizes
/// and options; the parameters are copied separately), and those without parameters, which are used as they are.
template <class L, class U>
concept converts_to = scalars::converts_itself<L, U> || std::is_same_v<parameters_of<L>, no_parameters>;

/// The layer in scalar U, with the same parameters; or an input, with the same numbers.
template <class U, class X>
[[nodiscard]] in_scalar<X, U> to_scalar(const X& x) {
    if constexpr (layer_has::parameters<X>) {
        static_assert(converts_to<X, U>, "gradus: this layer has no `template <class U> auto to_scalar() const`");
        auto out = scalars::shell<U>(x);
        each_leaf([](const entry&, const auto& from, auto& to) { scalars::copy(from, to); }, x, out);
        return out;
    } else {
        in_scalar<X, U> out;
        if constexpr (any_tensor<X>)
            scalars::copy(x, out);
        else
            each([](const entry&, const auto& from, auto& to) { scalars::copy(from, to); }, x, out);
        return out;
    }
}

namespace scalars {

/// Whether L in scalar U accepts an X in scalar U: a layer without parameters may be written for float only.
template <class L, class X, class U>
inline constexpr bool serves = false;
template <class L, class X, class U>
    requires converts_to<L, U>
inline constexpr bool serves<L, X, U> = [] {
    using first = suspect<in_scalar<L, U>, in_scalar<X, U>>;
    return layer_has::all<typename first::layer, typename first::input>;
}();

}  // namespace scalars
}  // namespace gradus
