#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "gradus/core/compiled.hpp"
#include "gradus/core/layer.hpp"
#include "gradus/core/parameter_list.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/core/visitor.hpp"
#include "gradus/model/sequential.hpp"

namespace gradus {

namespace summarizing {

/// A row for each layer: path and name, the shape of what it gives. Containers are shown by what is in them.
struct rows : visitor {
    struct row {
        std::string path, name, shape;
    };
    std::vector<row> all;

    GRADUS_INLINE void whole_output(const layer_ref& layer, const void*, const void*) override;
    GRADUS_INLINE void value(const layer_ref& layer, role, const entry& name, const tensor_ref& y) override;
    /// Under each other, with the parameters of each; their sum last.
    GRADUS_ONCE [[nodiscard]] std::string text(const parameter_list& theta) const;
};

/// 109386 as "109 386".
GRADUS_ONCE [[nodiscard]] std::string grouped(std::size_t n);

#if GRADUS_BODIES_OF(model)

GRADUS_INLINE void rows::whole_output(const layer_ref& layer, const void*, const void*) {
    if (layer.is_container) return;
    row& r = all.emplace_back();
    r.path = layer.place.path();
    r.name = message({r.path, r.path.empty() ? "" : " ", layer.name});
}
GRADUS_INLINE void rows::value(const layer_ref& layer, role, const entry& name, const tensor_ref& y) {
    if (layer.is_container) return;
    if (name.parent == nullptr) whole_output(layer, nullptr, nullptr);
    std::string& shape = all.back().shape;  // of a struct each member's, by its name
    shape = message({shape, shape.empty() ? "" : " ", name.parent != nullptr ? name.text() : "", shape_text(y.shape(), true)});
}

GRADUS_BODY std::string grouped(std::size_t n) {
    std::string digits;
    append_number(digits, n);
    for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, 1, ' ');
    return digits;
}

GRADUS_BODY std::string rows::text(const parameter_list& theta) const {
    const row title{"", "layer", "output"};
    std::size_t wide = 0, wide_shape = 0, wide_count = 10;
    std::vector<std::string> counts{"parameters"};
    for (const row& r : all) {
        std::size_t own = 0;
        for (const parameter_ref& p : theta)
            if (p.is_tensor() && (r.path.empty() || p.place->path().starts_with(r.path + '.'))) own += p.values.size();
        counts.push_back(grouped(own));
    }
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
    return out.append(grouped(count(theta))).append(" parameters\n");
}

#endif

/// Of the first layer that says what it takes; float where none does.
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

/// A table of the layers: path and name, output shape, number of parameters; their sum last. For an input of any
/// type, by example.
///
/// Containers are shown by what is in them; a user's struct of layers is one layer. Found by sending the example
/// through the network, so it is true of any layer, a user's own included.
/// \throws shape_error naming the layer that does not take what it gets.
template <class Net, class X>
[[nodiscard]] std::string summary(const Net& net, const X& x)
    requires layer_has::cache<Net, X>
{
    pass<Net, X> p(net, x);
    p.training = false;
    p.every_output = true;  // also of a convolution that would be computed with the pooling behind it
    (void)gradus::forward(net, x, p);
    summarizing::rows rows;
    visit_outputs(net, p, rows);
    return rows.text(parameter_list(net));
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
