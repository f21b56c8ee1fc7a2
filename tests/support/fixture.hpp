#pragma once
/// \file
/// Values of PyTorch, as fixtures/pytorch/*.py wrote them: "losses/mse.rows.J" is the array mse.rows.J of losses.npz.

#include <algorithm>
#include <map>
#include <string>

#include "gradus/io/npz.hpp"

namespace support {

[[nodiscard]] inline gradus::io::array stored(const std::string& name) {
    static std::map<std::string, gradus::io::npz_reader> files;
    const auto slash = name.find('/');
    const std::string file = name.substr(0, slash);
    const auto at = files.try_emplace(file, GRADUS_FIXTURES "/pytorch/" + file + ".npz").first;
    return at->second[name.substr(slash + 1)];
}

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
