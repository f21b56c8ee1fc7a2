#pragma once
/// \file
/// Lets one statement of a formula accept a number, a SIMD register or a whole xtensor expression.
///
/// Formulas call `exp`, `where`, ... without a namespace: for numbers the functions below are found, for registers and
/// expressions those of xsimd and xtensor, by argument-dependent lookup.

#include <cmath>
#include <concepts>
#include <type_traits>

#include "gradus/tensor/xtensor.hpp"

namespace gradus {

using std::abs;
using std::erf;
using std::exp;
using std::expm1;
using std::log;
using std::log1p;
using std::sqrt;

/// a if the condition is true, else b.
template <std::same_as<bool> C, class T, class U>
    requires(std::is_arithmetic_v<T> && std::is_arithmetic_v<U>)
[[nodiscard]] constexpr auto where(C condition, T a, U b) {
    using result = std::common_type_t<T, U>;
    return condition ? static_cast<result>(a) : static_cast<result>(b);
}
template <class T, class A>
[[nodiscard]] xsimd::batch<T, A> where(const xsimd::batch_bool<T, A>& condition,
                                       const std::type_identity_t<xsimd::batch<T, A>>& a,
                                       const std::type_identity_t<xsimd::batch<T, A>>& b) {
    return xsimd::select(condition, a, b);
}

namespace generic {
template <class Z>
struct element {
    using type = typename Z::value_type;  // registers and expressions
};
template <class Z>
    requires std::is_arithmetic_v<Z>
struct element<Z> {
    using type = Z;
};
}  // namespace generic

/// The element type of a number, a register or an expression.
template <class Z>
using element_of = typename generic::element<std::remove_cvref_t<Z>>::type;

/// A constant of a formula, in the type in which the formula is computed.
template <class Z>
[[nodiscard]] constexpr element_of<Z> constant(double value) {
    return static_cast<element_of<Z>>(value);
}

}  // namespace gradus
