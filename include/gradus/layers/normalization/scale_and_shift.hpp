#pragma once
/// \file
/// What all normalization layers share: γ, β, ε and the shape checks.

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/nn/checks.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameters.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// Options of a normalization that computes the same in training and in inference.
struct normalization_options {
    double epsilon = 1e-5;  ///< ε, in units of x²
};

/// θ of y = γ ∘ x̂ + β: for each channel a scale γ, initially 1, and a shift β, initially 0. Weight decay with
/// `spare_biases` excludes both.
template <class T>
struct scale_and_shift {
    tensor<T, 1> gamma, beta;  // (C)
    static void each(auto&& f, auto&... p) {
        f(entry("gamma").without_decay(), p.gamma...), f(entry("beta").without_decay(), p.beta...);
    }

    /// \throws shape_error with the name `layer` if there are no channels, or ε is not in [0, 1]
    void begin(std::string_view layer, std::size_t channels, double epsilon) {
        if (channels == 0) throw shape_error(layer, "γ (C) needs at least one channel, got 0");
        if (!(epsilon >= 0 && epsilon <= 1)) throw shape_error(layer, {"√(σ² + ε) needs ε in [0, 1], got ", epsilon});
        reshape(gamma, std::array{channels}), reshape(beta, std::array{channels});
        restart();
    }
    void restart() { gamma.fill(T(1)), beta.fill(T(0)); }
    /// Assigns gradients that were summed in double.
    void assign(const double* dgamma, const double* dbeta) {
        for (std::size_t j = 0; j < gamma.size(); ++j)
            gamma(j) = static_cast<T>(dgamma[j]), beta(j) = static_cast<T>(dbeta[j]);
    }

    template <class X>
    void check(std::string_view layer, const X& x) const {
        require_input<T, X>();
        static_assert(rank_of<X> >= 2, "gradus: normalizations take x of (N, C) or (N, ..., C): make a single sample (1, C)");
        if (features(x) != gamma.size()) refuse(layer, x.shape());
        if (x.size() == 0) detail::refuse_empty(layer, "y = γ ∘ x̂ + β", x.shape());
    }
    template <class X>
    void check_backward(std::string_view layer, const X& x, const X& dy, const X& y,
                        const scale_and_shift& grad) const {
        check(layer, x);
        require_gradient(layer, "dγ = Σ dy ∘ x̂", "dγ", gamma.shape(), grad.gamma.shape());
        require_gradient(layer, "dβ = Σ dy", "dβ", beta.shape(), grad.beta.shape());
        require_same_forward(layer, x.shape(), y.shape(), x.shape());
        require_dy(layer, "dγ = Σ dy ∘ x̂", y.shape(), dy.shape());
    }
    void check_sample(std::string_view layer, std::vector<std::size_t> in) const {
        if (!in.empty() && in.back() == gamma.size()) return;
        in.insert(in.begin(), 0);
        refuse(layer, in, true);
    }

  private:
    [[noreturn, gnu::noinline]] void refuse(std::string_view layer, std::span<const std::size_t> x,
                                            bool any_batch = false) const {
        throw shape_error(layer, {"y = γ ∘ x̂ + β needs x of (N, ..., ", gamma.size(), "), got ", shape_text(x, any_batch),
                                  ": γ is ", gamma.shape()});
    }
};

}  // namespace gradus
