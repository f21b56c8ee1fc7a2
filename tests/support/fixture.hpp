#pragma once
/// \file
/// Reference values from PyTorch, written by fixtures/pytorch/*.py: "losses/mse.rows.J" is the array mse.rows.J of
/// losses.npz.

#include <algorithm>
#include <string>

#include "gradus/io/array.hpp"
#include "gradus/tensor/tensor.hpp"

namespace support {

/// The path of tests/fixtures/NAME.
[[nodiscard]] std::string fixture(const std::string& name);

[[nodiscard]] gradus::io::array stored(const std::string& name);

/// A tensor of doubles, converted to the element type of X.
template <gradus::any_tensor X>
[[nodiscard]] X pytorch(const std::string& name) {
    const auto doubles = stored(name).template to<gradus::tensor<double, gradus::rank_of<X>>>();
    X x(doubles.shape());
    std::ranges::transform(gradus::flat(doubles), x.data(),
                           [](double v) { return static_cast<gradus::scalar_of<X>>(v); });
    return x;
}

/// A single number.
[[nodiscard]] inline double pytorch_number(const std::string& name) { return stored(name).scalar<double>(); }

}  // namespace support
