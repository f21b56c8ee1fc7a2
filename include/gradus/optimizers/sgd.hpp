#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/weight_decay.hpp"

namespace gradus {

/// Stochastic gradient descent with momentum:
///   v ← μ v + g          [sgd.v]
///   θ ← θ − α v          [sgd.theta]
/// The form of PyTorch's `torch.optim.SGD`: the step α stands outside of v, so a changed α acts at once.
/// Source: Polyak (1964); Sutskever et al. (2013) put α inside of v.
/// Complexity: one pass over θ, g and v, which reads three numbers and writes two per parameter; no allocation.
struct sgd {
    double learning_rate = 0.01;  ///< α
    double momentum = 0.9;        ///< μ
    weight_decay decay = {};

    static constexpr std::string_view name = "sgd";
    static constexpr std::array<std::string_view, 1> slots{"v"};
    static constexpr std::array<std::string_view, 2> formulas{"v ← μ v + g   [sgd.v]", "θ ← θ − α v   [sgd.theta]"};
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 2> constants() const {
        return {{{"α", learning_rate}, {"μ", momentum}}};
    }
    void check() const { require(name, {{"learning_rate", learning_rate}, {"momentum", momentum}}); }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t) const {
        return [alpha = static_cast<T>(learning_rate), mu = static_cast<T>(momentum)](auto& theta, const auto& g, auto& v) {
            v = mu * v + g;      // v ← μ v + g
            theta -= alpha * v;  // θ ← θ − α v
        };
    }
};

}  // namespace gradus
