#pragma once

#include <cmath>
#include <cstddef>
#include <cstring>

#include "gradus/base/compiled.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

namespace detail {

GRADUS_ONCE void clear(parameter_list& grad);
GRADUS_ONCE void add(parameter_list& total, const parameter_list& grad);
GRADUS_ONCE void multiply(parameter_list& grad, double scale);
GRADUS_ONCE [[nodiscard]] double norm(const parameter_list& grad);

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY void clear(parameter_list& grad) {
    for (parameter_ref& g : grad) {
        if (!g.is_tensor()) g.its->clear(g.object);
        if (g.values.size() != 0) std::memset(g.values.data(), 0, g.values.bytes());
    }
}

GRADUS_BODY void add(parameter_list& total, const parameter_list& grad) {
    require_same_shapes(total, grad);
    for (std::size_t k = 0; k < total.size(); ++k) {
        if (!total[k].is_tensor()) total[k].its->merge(total[k].object, grad[k].object);
        with_scalar(total[k].values.type(), [&]<class T>(T) {
            const auto sum = total[k].values.as<T>();
            const auto g = grad[k].values.as<T>();
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += g[i];
        });
    }
}

GRADUS_BODY void multiply(parameter_list& grad, double scale) {
    for (parameter_ref& g : grad)
        with_scalar(g.values.type(), [&]<class T>(T) {
            for (T& v : g.values.as<T>()) v *= static_cast<T>(scale);
        });
}

GRADUS_BODY double norm(const parameter_list& grad) {
    double sum = 0;
    for (const parameter_ref& g : grad)
        with_scalar(g.values.type(), [&]<class T>(T) {
            for (const T v : g.values.as<T>()) sum += static_cast<double>(v) * static_cast<double>(v);
        });
    return std::sqrt(sum);
}

#endif

}  // namespace detail

/// ∇J(θ): one tensor per parameter of a network, with its shape, and the batch statistics.
///
/// A value: `total += grad` accumulates (backward never does), `grad *= s` scales, `norm` is over all tensors.
/// Statistics are merged by `+=` and not changed by any other operation except `zero`.
template <class Net>
class gradients {
  public:
    parameters_of<Net> values;

    explicit gradients(const Net& net) {
        shape_parameters(net, values);
        zero();
    }
    // Out of line, as the destructor of a pass.
    [[gnu::noinline]] ~gradients() = default;
    gradients(const gradients&) = default;
    gradients(gradients&&) = default;
    gradients& operator=(const gradients&) = default;
    gradients& operator=(gradients&&) = default;

    operator parameters_of<Net>&() { return values; }
    operator const parameters_of<Net>&() const { return values; }

    void zero() {
        parameter_list grad(values);
        detail::clear(grad);
    }
    gradients& operator+=(const gradients& other) {
        parameter_list total(values);
        detail::add(total, parameter_list(other.values));
        return *this;
    }
    gradients& operator*=(double scale) {
        parameter_list grad(values);
        detail::multiply(grad, scale);
        return *this;
    }
    /// √(Σ g²) over all tensors: the norm for clipping by global norm.
    [[nodiscard]] double norm() const { return detail::norm(parameter_list(values)); }
};

}  // namespace gradus
