#pragma once
/// \file
/// Small problems that need no file.

#include "gradus/core/dataset.hpp"

namespace gradus::data {

/// The exclusive or of two bits: the smallest problem that no single layer can solve (Minsky and Papert, 1969).
///   x (4, 2) in the order 00 01 10 11     y (4, 1) 0 1 1 0
template <class T = float>
[[nodiscard]] dataset<tensor<T, 2>, tensor<T, 2>> xor_gate() {
    return {tensor<T, 2>{{0, 0}, {0, 1}, {1, 0}, {1, 1}}, tensor<T, 2>{{0}, {1}, {1}, {0}}};
}

}  // namespace gradus::data
