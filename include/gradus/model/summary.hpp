#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/core/forwarded.hpp"
#include "gradus/core/layer.hpp"
#include "gradus/core/pass.hpp"

namespace gradus {

namespace summarizing {

struct row {
    std::string layer, shape, parameters;
};

/// "dense" for a layer that says its name, else "layer".
template <class L>
std::string name_of(const L&) {
    if constexpr (requires { std::string(L::name); })
        return std::string(L::name);
    else
        return "layer";
}

/// 109386 as "109 386".
inline std::string grouped(std::size_t n) {
    std::string digits = std::to_string(n);
    for (std::size_t i = digits.size(); i > 3;) digits.insert(i -= 3, 1, ' ');
    return digits;
}

template <class Y>
std::string output_text(const Y& y) {
    if constexpr (any_tensor<Y>) {
        return shape_text(y.shape(), true);
    } else {
        std::string out;
        each([&](const entry& e, const auto& t) { out += (out.empty() ? "" : " ") + e.path() + shape_text(t.shape(), true); }, y);
        return out;
    }
}

}  // namespace summarizing

/// A table of the layers: path and name, output shape, number of parameters; their sum last. For an input of any type, by
/// example.
///
/// Containers are shown by what is in them; a user's struct of layers is one layer. Found by sending the example through
/// the network, so it is true of any layer, a user's own included.
/// \throws shape_error naming the layer that does not take what it gets.
template <class Net, class X>
[[nodiscard]] std::string summary(const Net& net, const X& x)
    requires layer_has::cache<Net, X>
{
    using namespace summarizing;
    std::vector<row> rows{{"layer", "output", "parameters"}};
    cache_of<Net, X> cache{};
    (void)gradus::forward(net, x, cache, context{});
    each_forwarded(
        [&](const entry& e, const auto& layer, const auto&, const auto& c) {
            const std::string path = e.path();
            rows.push_back({(path.empty() ? path : path + " ") + name_of(layer), output_text(output(c)), grouped(count(layer))});
        },
        net, x, cache);

    std::array<std::size_t, 3> width{};
    for (const auto& r : rows)
        width = {std::max(width[0], r.layer.size()), std::max(width[1], r.shape.size()), std::max(width[2], r.parameters.size())};
    std::string out;
    for (const auto& r : rows)
        out += r.layer + std::string(width[0] - r.layer.size() + 3, ' ') + r.shape +
               std::string(width[1] - r.shape.size() + 3 + width[2] - r.parameters.size(), ' ') + r.parameters + "\n";
    const std::string all = grouped(count(net)) + " parameters\n";
    return out + all;
}

/// The same for samples of shape `in`: `std::cout << gr::summary(net, {784})`.
template <class Net, std::size_t R>
[[nodiscard]] std::string summary(const Net& net, const std::size_t (&in)[R]) {
    using scalar = typename decltype([] {
        if constexpr (requires { typename Net::input; })
            return std::type_identity<scalar_of<typename Net::input>>{};
        else
            return std::type_identity<float>{};
    }())::type;
    typename tensor<scalar, R + 1>::shape_type shape{};
    shape[0] = 1;
    for (std::size_t i = 0; i < R; ++i) shape[i + 1] = in[i];
    tensor<scalar, R + 1> x(shape, scalar(0));
    return summary(net, x);
}

}  // namespace gradus
