#pragma once
/// \file
/// What recurrent layers remember from one chunk of a long sequence to the next.
///
/// A layer that has a state keeps two values of one struct of tensors (N, H) in its cache, `initial` and `last`: what its
/// forward begins with, where empty means zeros, and what it ends with.
/// ```cpp
/// struct lstm_state {
///     gr::tensor<T, 2> h, c;
///     static void each(auto&& f, auto&... s) { f("h", s.h...), f("c", s.c...); }
/// };
/// ```
/// A long text, in chunks of T steps, is then
/// ```cpp
/// gr::forget_state(net, pass);                            // zeros
/// for (const auto& x : chunks) {
///     gr::carry_state(net, pass);                         // where the last chunk ended, this one begins
///     net.forward(x, pass);                               // backward, if any, before the next carry: it reads the initial state
/// }
/// ```
/// Found are the layers that a network names (`each_inside`), however deep. A struct of layers without it, and a layer whose
/// input holds its state, are left to whoever gives them one.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/forwarded.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/core/rebind.hpp"

namespace gradus {

/// The state of all layers of a network, by their paths: "1.h", "1.c". A value: kept, compared, and saved and loaded as
/// networks are, `gr::save("state.npz", state)`.
struct network_state {
    struct part {
        std::string path;
        tensor<double, 2> value;  ///< (N, H), of floats exactly; empty: zeros
        friend bool operator==(const part& a, const part& b) { return a.path == b.path && a.value == b.value; }
    };
    std::vector<part> parts;  ///< in the order of the layers

    static void each(auto&& f, auto& first, auto&... rest) {
        for (std::size_t i = 0; i < first.parts.size(); ++i) f(entry(first.parts[i].path), first.parts[i].value, rest.parts[i].value...);
    }
    friend bool operator==(const network_state&, const network_state&) = default;

    /// The tensor at a path.
    /// \throws data_error where there is none; it says what there is
    [[nodiscard]] const tensor<double, 2>& operator[](std::string_view path) const {
        for (const part& p : parts)
            if (p.path == path) return p.value;
        throw data_error(message({"state: there is no '", path, "', there is ", paths()}));
    }
    /// "0.h, 1.h, 1.c"
    [[nodiscard]] std::string paths() const {
        std::string all;
        for (const part& p : parts) all.append(all.empty() ? "" : ", ").append(p.path);
        return all.empty() ? "none" : all;
    }
};

namespace remembering {

template <class X, class C>
concept keeps_state = any_tensor<X> && requires(C& c) { c.initial, c.last; };

/// f(entry, layer, its cache) for each layer that has a state. The caches are as const as that of the network.
template <class F, class Net, class X, class C>
void each_layer(F&& f, const Net& net, const X& like, C& cache) {
    each_forwarded(
        [&]<class In, class Inner>(const entry& e, const auto& layer, const In&, Inner& c) {
            if constexpr (keeps_state<In, Inner>) {
                static_assert(std::is_const_v<C> || !std::is_const_v<Inner>,
                              "gradus: a container in which a layer has a state hands the caches on as they are: each_inside "
                              "takes its own as `auto& c`");
                f(e, layer, c);
            }
        },
        net, like, cache);
}
/// f(entry, layer, initial, last) for each tensor of a state.
template <class F, class Net, class X, class C>
void each_tensor(F&& f, const Net& net, const X& like, C& cache) {
    each_layer(
        [&](const entry& at, const auto& layer, auto& c) {
            const auto visit = [&]<class Tensor>(const entry& e, Tensor& initial, Tensor& last) {
                static_assert(rank_of<Tensor> == 2, "gradus: the tensors of a state are (N, H)");
                f(e.below(at.text().empty() ? nullptr : &at), layer, initial, last);
            };
            std::remove_cvref_t<decltype(c.initial)>::each(visit, c.initial, c.last);
        },
        net, like, cache);
}

template <class T>
void empty(tensor<T, 2>& a) {
    reshape(a, std::array<std::size_t, 2>{});
}

/// \throws shape_error where the layer says that it has no next chunk
template <class L>
void require_carry(const L& layer) {
    if constexpr (requires { layer.require_carry(); }) layer.require_carry();
}
/// \throws shape_error where the layer says how many units it has, and the state is of another number
template <class L>
void require_units(const entry& e, const L& layer, const tensor<double, 2>& value) {
    if constexpr (requires { layer.units(); })
        if (value.size() != 0 && features(value) != layer.units())
            throw shape_error(name_of(layer), {"its state ", e.text(), " is (N, ", layer.units(), "), got ", value.shape()});
}

/// \throws shape_error unless `given` has the tensors of `own`, of one number of rows
[[gnu::noinline]] inline void require_alike(const network_state& own, const network_state& given) {
    bool same = own.parts.size() == given.parts.size();
    for (std::size_t i = 0; same && i < own.parts.size(); ++i) same = own.parts[i].path == given.parts[i].path;
    if (!same) throw shape_error("state", {"the network remembers ", own.paths(), "; got ", given.paths()});
    for (const auto& p : given.parts)
        if (p.value.shape()[0] != given.parts[0].value.shape()[0])
            throw shape_error("state", {given.parts[0].path, " is ", given.parts[0].value.shape(), ", ", p.path, " is ",
                                        p.value.shape(), ": the rows must be the same"});
}

}  // namespace remembering

/// Whether any layer of a network has a state.
template <class Net, class X>
[[nodiscard]] bool has_state(const Net& net, pass<Net, X>& p) {
    bool any = false;
    remembering::each_layer([&](const auto&...) { any = true; }, net, X{}, p.cache);
    return any;
}

/// The next forward begins where the last one ended; where there was none, as it would have. After the backward that
/// belongs to it, if any. No allocation once a state of that size has been carried.
/// \throws shape_error naming a layer that has no next chunk, as one that is reversed.
template <class Net, class X>
void carry_state(const Net& net, pass<Net, X>& p) {
    remembering::each_layer([](const entry&, const auto& layer, auto&) { remembering::require_carry(layer); }, net, X{}, p.cache);
    remembering::each_tensor(
        [](const entry&, const auto&, auto& initial, const auto& last) {
            if (last.size() != 0) rebinding::copy(last, initial);                      // initial ← last
        },
        net, X{}, p.cache);
}

/// The next forward begins with zeros, as that of a new pass.
template <class Net, class X>
void forget_state(const Net& net, pass<Net, X>& p) {
    remembering::each_tensor(
        [](const entry&, const auto&, auto& initial, auto& last) { remembering::empty(initial), remembering::empty(last); },
        net, X{}, p.cache);
}

/// Where the last forward ended; before the first, what it would begin with.
template <class Net, class X>
[[nodiscard]] network_state state_of(const Net& net, const pass<Net, X>& p) {
    network_state s;
    remembering::each_tensor(
        [&](const entry& e, const auto&, const auto& initial, const auto& last) {
            s.parts.push_back({e.path(), {}});
            rebinding::copy(last.size() != 0 ? last : initial, s.parts.back().value);
        },
        net, X{}, p.cache);
    return s;
}

/// The next forward begins with `state`: what `state_of` gave, of this network or of one that is built alike.
/// \throws shape_error where the layers, their units or the numbers of rows are others; then nothing has changed.
template <class Net, class X>
void begin_with(const Net& net, pass<Net, X>& p, const network_state& state) {
    network_state own;
    remembering::each_tensor(
        [&](const entry& e, const auto&, const auto&, const auto&) { own.parts.push_back({e.path(), {}}); }, net,
        X{}, p.cache);
    remembering::require_alike(own, state);
    std::size_t i = 0;
    remembering::each_tensor(
        [&](const entry& e, const auto& layer, const auto&, const auto&) {
            remembering::require_units(e, layer, state.parts[i++].value);
        },
        net, X{}, p.cache);
    i = 0;
    remembering::each_tensor(
        [&](const entry&, const auto&, auto& initial, auto& last) {
            rebinding::copy(state.parts[i++].value, initial);                          // initial ← state
            remembering::empty(last);
        },
        net, X{}, p.cache);
}

}  // namespace gradus
