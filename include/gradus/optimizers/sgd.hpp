#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "gradus/optimizers/optimizer.hpp"
#include "gradus/optimizers/weight_decay.hpp"

namespace gradus {

/// Stochastic gradient descent with momentum, as PyTorch's `torch.optim.SGD`:
///   v ← μ v + (1 − τ) g          [sgd.v]
///   θ ← θ − α v                  [sgd.theta]
/// or with Nesterov momentum, which looks ahead along v:
///   θ ← θ − α (g + μ v)          [sgd.nesterov]
/// α is outside v, so a change of α takes effect at once. The dampening τ applies from the second step on, as in
/// PyTorch. With α inside v, as in Sutskever et al. and Keras, each term of v keeps the α of its step:
///   v ← μ v − α g                [sgd.velocity]
///   θ ← θ + v                    [sgd.theta_velocity]
///   θ ← θ + μ v − α g            [sgd.nesterov_velocity]
/// For constant α both forms agree. Sutskever et al. use the gradient at θ + μv; the θ here is that point (Bengio et
/// al., 2013, 7).
/// Source: Polyak (1964); Nesterov (1983); Sutskever et al. (2013), formulas 1 to 4.
/// Complexity: one pass over θ, g and v, which reads three numbers and writes two per parameter; no allocation.
struct sgd {
    double learning_rate = 0.01;  ///< α
    double momentum = 0.9;        ///< μ
    double dampening = 0;         ///< τ, only for the form `pytorch` without Nesterov
    bool nesterov = false;        ///< looks ahead along v; needs momentum > 0
    enum { pytorch, sutskever } form = pytorch;  ///< α outside or inside v
    weight_decay decay = {};

    static constexpr std::string_view name = "sgd";
    static constexpr std::array<std::string_view, 1> slots{"v"};
    static constexpr std::array<std::string_view, 2> formulas{"v ← μ v + g   [sgd.v]", "θ ← θ − α v   [sgd.theta]"};
    /// The formulas of the chosen form.
    [[nodiscard]] std::array<std::string_view, 2> statements() const {
        if (form == sutskever)
            return {"v ← μ v − α g   [sgd.velocity]",
                    nesterov ? "θ ← θ + μ v − α g   [sgd.nesterov_velocity]" : "θ ← θ + v   [sgd.theta_velocity]"};
        return {dampening == 0 ? formulas[0] : "v ← μ v + (1 − τ) g   [sgd.v]",
                nesterov ? "θ ← θ − α (g + μ v)   [sgd.nesterov]" : formulas[1]};
    }
    [[nodiscard]] std::array<std::pair<std::string_view, double>, 2> constants() const {
        return {{{"α", learning_rate}, {"μ", momentum}}};
    }
    void check() const {
        require(name, {{"learning_rate", learning_rate}, {"momentum", momentum}, {"dampening", dampening}});
        if (nesterov && momentum == 0) throw data_error(message({name, ": nesterov needs a momentum above 0, is 0"}));
        if (dampening != 0 && (nesterov || form != pytorch))
            throw data_error(message({name, ": dampening is for PyTorch's form without nesterov, is ", number_text(dampening)}));
    }

    template <class T>
    [[nodiscard]] auto step(std::uint64_t t) const {
        const bool inside = form == sutskever, dampens = t > 1 && momentum != 0;
        // the factors of g and v: (1 − τ, α) with α outside v, (−α, −1) with α inside
        return [mu = static_cast<T>(momentum), a = static_cast<T>(inside ? -learning_rate : dampens ? 1 - dampening : 1),
                alpha = static_cast<T>(inside ? -1 : learning_rate), ahead = nesterov](auto& theta, const auto& g, auto& v) {
            v = mu * v + a * g;                         // v ← μ v + (1 − τ) g     or  v ← μ v − α g
            if (ahead)
                theta -= alpha * (mu * v + a * g);      // θ ← θ − α (g + μ v)     or  θ ← θ + μ v − α g
            else
                theta -= alpha * v;                     // θ ← θ − α v             or  θ ← θ + v
        };
    }
};

GRADUS_OPTIMIZER(sgd)

}  // namespace gradus
