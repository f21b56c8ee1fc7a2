#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/nn/layer.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/visitor.hpp"

namespace gradus {

namespace summarizing {

/// A row for each layer: path and name, output shape, number of parameters. Containers are shown as the layers in them.
struct rows : visitor {
    struct row {
        std::string name, shape;
        std::size_t parameters = 0;
    };
    std::vector<row> all;

    GRADUS_INLINE void enter(const layer_ref& layer) override;
    GRADUS_INLINE void value(const layer_ref& layer, role of, const entry& name, const tensor_ref& t) override;
    /// The table, with the number of all parameters in the last line.
    GRADUS_ONCE [[nodiscard]] std::string text(std::size_t parameters) const;
};

/// 109386 as "109 386".
GRADUS_ONCE [[nodiscard]] std::string grouped(std::size_t n);

#if GRADUS_BODIES_OF(models)

GRADUS_INLINE void rows::enter(const layer_ref& layer) {
    if (layer.is_container) return;
    const std::string path = layer.place.path();
    all.emplace_back().name = message({path, path.empty() ? "" : " ", layer.name});
}
GRADUS_INLINE void rows::value(const layer_ref& layer, role of, const entry& name, const tensor_ref& t) {
    if (layer.is_container) return;
    row& r = all.back();
    if (of == role::parameter) r.parameters += t.size();
    if (of != role::output) return;
    if (!r.shape.empty()) r.shape += ' ';
    if (name.parent != nullptr) r.shape += name.text();  // one tensor of an output that is a struct
    r.shape += shape_text(t.shape(), true);
}

GRADUS_BODY std::string grouped(std::size_t n) {
    std::string digits;
    append_number(digits, n);
    for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, 1, ' ');
    return digits;
}

GRADUS_BODY std::string rows::text(std::size_t parameters) const {
    const row title{"layer", "output"};
    std::size_t wide = 0, wide_shape = 0, wide_count = 10;
    std::vector<std::string> counts{"parameters"};
    for (const row& r : all) counts.push_back(grouped(r.parameters));
    for (std::size_t i = 0; i <= all.size(); ++i) {
        const row& r = i == 0 ? title : all[i - 1];
        wide = std::max(wide, r.name.size()), wide_shape = std::max(wide_shape, r.shape.size());
        wide_count = std::max(wide_count, counts[i].size());
    }
    std::string out;
    for (std::size_t i = 0; i <= all.size(); ++i) {
        const row& r = i == 0 ? title : all[i - 1];
        out.append(r.name).append(wide + 3 - r.name.size(), ' ');
        out.append(r.shape).append(wide_shape + 3 - r.shape.size() + wide_count - counts[i].size(), ' ');
        out.append(counts[i]).push_back('\n');
    }
    return out.append(grouped(parameters)).append(" parameters\n");
}

#endif

/// The scalar of the first layer that declares its input type; float if none does.
template <class... L>
struct first_scalar {
    using type = float;
};
template <class First, class... Rest>
struct first_scalar<First, Rest...> : first_scalar<Rest...> {};
template <class First, class... Rest>
    requires requires { typename First::input; }
struct first_scalar<First, Rest...> {
    using type = scalar_of<typename First::input>;
};
template <class... L, class... Rest>
    requires(!requires { typename sequential<L...>::input; })
struct first_scalar<sequential<L...>, Rest...> : first_scalar<L..., Rest...> {};

}  // namespace summarizing

/// A table of the layers: path and name, output shape, number of parameters; the last line is their sum. x is an
/// example input of any type.
///
/// Containers are shown as the layers in them; a user's struct of layers is one layer. The shapes are those of a
/// forward of x, so they are correct for all layers, including user-defined ones.
/// \throws shape_error with the name of the layer that does not accept its input.
template <class Net, class X>
[[nodiscard]] std::string summary(const Net& net, const X& x)
    requires layer_has::cache<Net, X>
{
    pass<Net, X> p(net, x);
    p.training = false;
    p.every_output = true;  // also for a convolution that would be fused with the pooling after it
    (void)gradus::forward(net, x, p);
    summarizing::rows rows;
    visit_forward(net, x, p, rows);
    return rows.text(count(net));
}

/// The same for samples of shape `in`: `std::cout << gr::summary(net, {784})`.
template <class Net, std::size_t R>
[[nodiscard]] std::string summary(const Net& net, const std::size_t (&in)[R]) {
    using scalar = typename summarizing::first_scalar<Net>::type;
    typename tensor<scalar, R + 1>::shape_type shape{};
    shape[0] = 1;
    for (std::size_t i = 0; i < R; ++i) shape[i + 1] = in[i];
    tensor<scalar, R + 1> x(shape, scalar(0));
    return summary(net, x);
}

}  // namespace gradus
