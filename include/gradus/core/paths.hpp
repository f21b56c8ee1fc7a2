#pragma once
/// \file
/// What stands in a network under a path: parameters to read and to set, outputs of layers to read.

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gradus/core/compiled.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/forwarded.hpp"
#include "gradus/core/parameter_list.hpp"
#include "gradus/core/pass.hpp"

namespace gradus {

namespace by_path {

/// "tensor<float, 2>"
template <class T>
[[nodiscard]] std::string type_text() {
    if constexpr (any_tensor<T>) {
        using scalar = scalar_of<T>;
        const char* name = std::is_same_v<scalar, float>    ? "float"
                           : std::is_same_v<scalar, double> ? "double"
                           : std::is_same_v<scalar, bool>   ? "bool"
                                                            : "integer";
        return message({"tensor<", name, ", ", rank_of<T>, ">"});
    } else {
        return "struct";
    }
}

/// What a walk came by while it looked for a path: names for the message if the path is not among them.
struct search {
    std::string_view what, path;
    std::string others = {}, other_type = {};
    const void* found = nullptr;

    /// \tparam Wanted the type asked for
    template <class Wanted, class T>
    void see(const entry& e, T& here) {
        const std::string at = e.path();
        if (others.empty())
            others = at.empty() ? "''" : at;
        else if (!at.empty())
            others.append(", ").append(at);
        if (at != path) return;
        if constexpr (std::is_same_v<Wanted, std::remove_const_t<T>>)
            found = &here;
        else if constexpr (any_tensor<T>)
            other_type = message({type_text<std::remove_const_t<T>>(), " of shape ", here.shape()});
        else
            other_type = type_text<T>();
    }
    /// \throws data_error
    [[gnu::noinline]] void require(const std::string& wanted) const {
        if (found != nullptr) return;
        if (!other_type.empty())
            throw data_error(message({what, ": '", path, "' is a ", other_type, ", asked for as ", wanted}));
        throw data_error(message({what, ": there is no '", path, "', the network has ", others.empty() ? "none" : others}));
    }
};

[[noreturn, gnu::noinline]] inline void refuse_layer_output(std::string_view path, bool forwarded) {
    if (!forwarded) throw data_error("layer_output: no forward has been made with this pass");
    throw data_error(message({"layer_output: '", path, "' was computed with the layer behind it, and left no output: set "
                              "pass.every_output = true before the forward"}));
}

}  // namespace by_path

namespace detail {

/// "tensor<float, 2> of shape (2, 3)"
GRADUS_ONCE [[nodiscard]] std::string type_text(dtype type, std::size_t rank);
/// The parameter at a path, which must be of that type.
/// \throws data_error
GRADUS_ONCE [[nodiscard]] parameter_ref& parameter_at(parameter_list& theta, std::string_view path, dtype type,
                                                               std::size_t rank);

#if GRADUS_BODIES_OF(core)

GRADUS_BODY std::string type_text(dtype type, std::size_t rank) {
    const char* name = type == dtype_of<float> ? "float" : type == dtype_of<double> ? "double" : "integer";
    return message({"tensor<", name, ", ", rank, ">"});
}

GRADUS_BODY parameter_ref& parameter_at(parameter_list& theta, std::string_view path, dtype type,
                                                               std::size_t rank) {
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

}  // namespace detail

/// The paths of all parameters, in the order of the list: "0.W", "0.b", "out.W", ...
template <class Net>
[[nodiscard]] std::vector<std::string> paths(const Net& net) {
    std::vector<std::string> all;
    for (const parameter_list theta(net); const parameter_ref& p : theta)
        if (p.is_tensor()) all.push_back(p.path());
    return all;
}

/// The parameter at a path, to read or to change: `gr::parameter(net, "0.W")(0, 1) = 2`. Any but a matrix of floats is
/// asked for by its type: `gr::parameter<gr::tensor<float, 1>>(net, "0.b")`. Of gradients too: `grad.values`.
/// \throws data_error where there is none of that path and type; it says what there is.
template <any_tensor P = tensor<float, 2>, class Net>
[[nodiscard]] auto& parameter(Net& net, std::string_view path) {
    parameter_list theta(net);
    auto* found = detail::parameter_at(theta, path, dtype_of<scalar_of<P>>, rank_of<P>).values.template get<P>();
    return static_cast<std::conditional_t<std::is_const_v<Net>, const P, P>&>(*found);
}

/// Sets the parameter at a path.
/// \throws data_error where there is none of that path and type; shape_error where its shape is another.
template <class Net, class T, std::size_t N>
void set_parameter(Net& net, std::string_view path, const tensor<T, N>& value) {
    auto& theta = parameter<tensor<T, N>>(net, path);
    if (theta.shape() != value.shape())
        throw shape_error("set_parameter", {"'", path, "' is ", theta.shape(), ", got ", value.shape()});
    theta = value;
}

/// What the layer at a path gave in the last forward of this pass, layers made of layers included:
/// `gr::layer_output(net, pass, "1")`. Of the type of the network's input, unless another is asked for:
/// `gr::layer_output<gr::tensor<float, 4>>(net, pass, "conv")`. Valid until the pass's next forward.
/// A convolution goes straight into the max pooling behind it, and leaves no output of its own, unless the pass was told
/// before the forward: `pass.every_output = true`.
/// \throws data_error where no layer of that path gave that type; it says what there is. And where there was no forward.
template <class Y = void, class Net, class X>
[[nodiscard]] const auto& layer_output(const Net& net, const pass<Net, X>& p, std::string_view path) {
    using wanted = std::conditional_t<std::is_void_v<Y>, X, Y>;
    by_path::search search{"layer_output", path};
    const auto see = [&](const entry& e, const auto&, const auto&, const auto& c) { search.template see<wanted>(e, output(c)); };
    walk::visit_forwarded<true>(see, net, X{}, p.cache);  // an x that nobody reads: the caches hold the outputs
    search.require(by_path::type_text<wanted>());
    const auto& y = *static_cast<const wanted*>(search.found);
    if constexpr (any_tensor<wanted>)
        if (y.size() == 0) by_path::refuse_layer_output(path, output(p.cache).size() != 0);
    return y;
}

}  // namespace gradus
