#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gradus/core/layer.hpp"
#include "gradus/core/parameter_list.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/core/visitor.hpp"
#include "gradus/model/sequential.hpp"

namespace gradus {

namespace summarizing {

/// Rows of three cells, put under each other when all are there. Compiled once, whatever the networks.
class table {
  public:
    table() : cells_{"layer", "output", "parameters"} {}

    [[gnu::noinline]] void add(const entry& e, std::string_view name, const std::string& shape, std::size_t parameters) {
        std::string& layer = cells_.emplace_back(e.path());
        if (!layer.empty()) layer += ' ';
        layer += name;
        cells_.push_back(shape);
        cells_.push_back(grouped(parameters));
    }
    [[nodiscard, gnu::noinline]] std::string text(std::size_t parameters) const {
        std::size_t width[3] = {};
        for (std::size_t i = 0; i < cells_.size(); ++i) width[i % 3] = std::max(width[i % 3], cells_[i].size());
        std::string out;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            const std::size_t column = i % 3, gap = width[column] - cells_[i].size();
            if (column == 2) out.append(gap, ' ');
            out += cells_[i];
            if (column != 2) out.append(gap + 3, ' ');
            if (column == 2) out += '\n';
        }
        out += grouped(parameters);
        return out += " parameters\n";
    }

  private:
    /// 109386 as "109 386".
    [[nodiscard]] static std::string grouped(std::size_t n) {
        std::string digits;
        append_number(digits, n);
        for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, 1, ' ');
        return digits;
    }

    std::vector<std::string> cells_;  // row by row
};

/// Of each layer what stands in its row.
struct rows : visitor {
    table out;
    std::string shape;           // of what the layer under way gives
    std::size_t parameters = 0;  // that it has
    void enter(const layer_ref&) override {
        shape.clear();
        parameters = 0;
    }
    void value(const layer_ref&, role of, const entry& name, const tensor_ref& t) override {
        if (of == role::parameter) parameters += t.size();
        if (of != role::output) return;
        if (!shape.empty()) shape += ' ';
        if (name.parent != nullptr) shape += name.text();  // of an output that is a struct
        shape += shape_text(t.shape(), true);
    }
    void leave(const layer_ref& layer) override {
        if (!layer.is_container) out.add(layer.place, layer.name, shape, parameters);
    }
};

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
    cache_of<Net, X> cache{};
    context ctx;
    ctx.every_output = true;  // also of a convolution that would take in the pooling behind it
    (void)gradus::forward(net, x, cache, ctx);
    summarizing::rows rows;
    telling::visit<telling::all<false>>(rows, net, x, cache);
    return rows.out.text(count(net));
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
