#pragma once
/// \file
/// Access by path: reads and sets parameters, reads outputs of layers.

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/visitor.hpp"

namespace gradus {

namespace detail {

/// "tensor<float, 2>"
GRADUS_ONCE [[nodiscard]] std::string type_text(dtype type, std::size_t rank);
template <class T>
[[nodiscard]] std::string type_text_of() {
    if constexpr (any_tensor<T>)
        return type_text(dtype_of<scalar_of<T>>, rank_of<T>);
    else
        return "struct";
}
/// The parameter with this path, element type and rank.
/// \throws data_error if there is none
GRADUS_ONCE [[nodiscard]] parameter_ref& parameter_at(parameter_list& theta, std::string_view path, dtype type,
                                                      std::size_t rank);

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY std::string type_text(dtype type, std::size_t rank) {
    const char* name = type == dtype_of<float>    ? "float"
                       : type == dtype_of<double> ? "double"
                       : type == dtype_of<bool>   ? "bool"
                                                  : "integer";
    return message({"tensor<", name, ", ", rank, ">"});
}

GRADUS_BODY parameter_ref& parameter_at(parameter_list& theta, std::string_view path, dtype type, std::size_t rank) {
    std::string others;
    for (parameter_ref& p : theta) {
        if (!p.is_tensor()) continue;
        const std::string own = p.path();
        others.append(others.empty() ? "" : ", ").append(own);
        if (own != path) continue;
        const auto shape = p.values.shape();
        if (p.values.type() == type && shape.size() == rank) return p;
        throw data_error(message({"parameter: '", path, "' is a ", type_text(p.values.type(), shape.size()), " of shape ",
                                  shape_text(shape), ", asked for as ", type_text(type, rank)}));
    }
    throw data_error(message({"parameter: there is no '", path, "', the network has ",
                              others.empty() ? std::string("none") : others}));
}

#endif

/// Searches for the output of the layer at a path, and records the other paths for the error message.
struct output_search : visitor {
    std::string_view path;
    std::string others = {}, last = {};
    tensor_ref tensor;                              // the output found,
    const void *whole = nullptr, *type = nullptr;   // or a struct
    bool found = false, forwarded = false;

    explicit output_search(std::string_view p) : path(p) {}
    void whole_output(const layer_ref& layer, const void* y, const void* its_type) override {
        if (layer.place.path() == path) whole = y, type = its_type;
    }
    void value(const layer_ref& layer, role, const entry& name, const tensor_ref& y) override {
        forwarded = y.size() != 0;  // the network's own output comes last
        const std::string at = layer.place.path();
        if (at == path) found = true;
        if (at == path && whole == nullptr) tensor = y;
        if (at == last && name.parent != nullptr) return;  // the next member of a struct
        last = at;
        if (others.empty())
            others = at.empty() ? "''" : at;
        else if (!at.empty())
            others.append(", ").append(at);
    }
    /// \throws data_error unless it was found and has the type `wanted`
    [[gnu::noinline]] void require(bool fits, const std::string& wanted) const {
        if (!found) throw data_error(message({"layer_output: there is no '", path, "', the network has ", others}));
        if (!fits) {
            std::string is = "struct";
            if (whole == nullptr)
                is = message({type_text(tensor.type(), tensor.shape().size()), " of shape ", shape_text(tensor.shape())});
            throw data_error(message({"layer_output: '", path, "' is a ", is, ", asked for as ", wanted}));
        }
        if (whole != nullptr || tensor.size() != 0) return;
        if (!forwarded) throw data_error("layer_output: no forward has been made with this pass");
        throw data_error(message({"layer_output: '", path, "' was computed with the layer behind it, and left no output: "
                                  "set pass.every_output = true before the forward"}));
    }
};

}  // namespace detail

/// The paths of all parameters, in the order of the list: "0.W", "0.b", "out.W", ...
template <class Net>
[[nodiscard]] std::vector<std::string> paths(const Net& net) {
    std::vector<std::string> all;
    for (const parameter_list theta(net); const parameter_ref& p : theta)
        if (p.is_tensor()) all.push_back(p.path());
    return all;
}

/// The parameter at a path, to read or to change: `gr::parameter(net, "0.W")(0, 1) = 2`. Anything but a matrix of
/// floats needs its type: `gr::parameter<gr::tensor<float, 1>>(net, "0.b")`. For gradients pass `grad.values`.
/// \throws data_error if there is none with that path and type; the message lists the existing ones.
template <any_tensor P = tensor<float, 2>, class Net>
[[nodiscard]] auto& parameter(Net& net, std::string_view path) {
    parameter_list theta(net);
    auto* found = detail::parameter_at(theta, path, dtype_of<scalar_of<P>>, rank_of<P>).values.template get<P>();
    return static_cast<std::conditional_t<std::is_const_v<Net>, const P, P>&>(*found);
}

/// Sets the parameter at a path.
/// \throws data_error if there is none with that path and type; shape_error if its shape differs.
template <class Net, class T, std::size_t N>
void set_parameter(Net& net, std::string_view path, const tensor<T, N>& value) {
    auto& theta = parameter<tensor<T, N>>(net, path);
    if (theta.shape() != value.shape())
        throw shape_error("set_parameter", {"'", path, "' is ", theta.shape(), ", got ", value.shape()});
    theta = value;
}

/// The output of the layer at a path in the last forward of this pass; also works for layers made of layers:
/// `gr::layer_output(net, pass, "1")`. Its type is that of the network's input unless another one is given:
/// `gr::layer_output<gr::tensor<float, 4>>(net, pass, "conv")`. Valid until the pass's next forward.
/// A convolution is fused with the max pooling that follows it and then stores no output of its own, unless
/// `pass.every_output = true` is set before the forward.
/// \throws data_error if no layer at that path has an output of that type (the message lists the existing ones), and if
/// there was no forward.
template <class Y = void, class Net, class X>
[[nodiscard]] const auto& layer_output(const Net& net, const pass<Net, X>& p, std::string_view path) {
    using wanted = std::conditional_t<std::is_void_v<Y>, X, Y>;
    detail::output_search search(path);
    visit_outputs(net, p, search);
    const wanted* y = nullptr;
    if constexpr (any_tensor<wanted>)
        y = std::as_const(search.tensor).template get<wanted>();
    else if (search.type == type_id<wanted>())
        y = static_cast<const wanted*>(search.whole);
    search.require(y != nullptr, detail::type_text_of<wanted>());
    return *y;
}

}  // namespace gradus
