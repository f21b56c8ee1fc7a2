#pragma once
/// \file
/// Values of PyTorch, as fixtures/make_formulas.py wrote them.

#include <algorithm>
#include <string>

#include "gradus/io/npz.hpp"

namespace support {

[[nodiscard]] inline const gradus::io::npz_reader& formulas() {
    static const gradus::io::npz_reader file(GRADUS_FIXTURES "/formulas.npz");
    return file;
}

/// A tensor of doubles, converted to the element type of X.
template <gradus::any_tensor X>
[[nodiscard]] X pytorch(const std::string& name) {
    const auto stored = formulas()[name].template to<gradus::tensor<double, gradus::rank_of<X>>>();
    X x(stored.shape());
    std::ranges::transform(gradus::flat(stored), x.data(),
                           [](double v) { return static_cast<gradus::scalar_of<X>>(v); });
    return x;
}

/// A single number.
[[nodiscard]] inline double pytorch_number(const std::string& name) { return formulas()[name].scalar<double>(); }

}  // namespace support
