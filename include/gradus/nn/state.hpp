#pragma once
/// \file
/// The states of recurrent layers between the chunks of a long sequence.
///
/// A layer with a state stores two values of one struct of tensors (N, H) in its cache, `initial` and `last`: the state
/// before the first step of its forward (empty means zeros), and the state after the last step.
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
///     gr::carry_state(net, pass);                         // this chunk begins with the last state
///     net.forward(x, pass);                               // backward, if any, before the next carry
/// }
/// ```
/// This covers all layers, at any depth, that containers list (nn/container.hpp). For a struct of layers that is not a
/// container, and for a layer whose input holds its state, the user sets the state.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/nn/to_scalar.hpp"
#include "gradus/nn/visitor.hpp"
#include "gradus/tensor/tensor_ref.hpp"

namespace gradus {

/// The states of all layers of a network, by path: "1.h", "1.c". A value: it can be stored and compared, and saved and
/// loaded like a network: `gr::save("state.npz", state)`.
struct network_state {
    struct part {
        std::string path;
        tensor<double, 2> value;  ///< (N, H), exact for floats; empty: zeros
        friend bool operator==(const part& a, const part& b) { return a.path == b.path && a.value == b.value; }
    };
    std::vector<part> parts;  ///< in the order of the layers

    static void each(auto&& f, auto& first, auto&... rest) {
        for (std::size_t i = 0; i < first.parts.size(); ++i)
            f(entry(first.parts[i].path), first.parts[i].value, rest.parts[i].value...);
    }
    friend bool operator==(const network_state&, const network_state&) = default;

    /// The tensor at a path.
    /// \throws data_error if there is none; the message lists the existing paths
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

/// f(tensor), with the state's tensor in its real type.
template <class F>
void with_tensor(tensor_ref state, F&& f) {
    with_scalar(state.type(), [&]<class T>(T) { f(*state.get<tensor<T, 2>>()); });
}
GRADUS_ONCE void empty(tensor_ref state);
GRADUS_ONCE void copy(tensor_ref from, tensor_ref to);

/// Whether any layer has a state.
struct presence : visitor {
    bool any = false;
    void state(const layer_ref&, const entry&, tensor_ref, tensor_ref, std::size_t) override { any = true; }
};
struct carry : visitor {
    void state(const layer_ref&, const entry&, tensor_ref initial, tensor_ref last, std::size_t) override {
        if (last.size() != 0) copy(last, initial);                                     // initial ← last
    }
};
struct forget : visitor {
    void state(const layer_ref&, const entry&, tensor_ref initial, tensor_ref last, std::size_t) override {
        empty(initial);
        empty(last);
    }
};
struct reader : visitor {
    network_state all;
    void state(const layer_ref& layer, const entry& name, tensor_ref initial, tensor_ref last, std::size_t) override {
        auto& part = all.parts.emplace_back();
        part.path = name.below(layer.place.text().empty() ? nullptr : &layer.place).path();
        copy(last.size() != 0 ? last : initial, tensor_ref(part.value));
    }
};
/// \throws shape_error if the layer declares its number of units and the state has another number
struct units_check : visitor {
    const network_state& given;
    std::size_t i = 0;
    explicit units_check(const network_state& s) : given(s) {}
    void state(const layer_ref& layer, const entry& name, tensor_ref, tensor_ref, std::size_t units) override {
        const auto& value = given.parts[i++].value;
        if (units != 0 && value.size() != 0 && features(value) != units)
            throw shape_error(layer.name, {"its state ", name.text(), " is (N, ", units, "), got ", value.shape()});
    }
};
struct writer : visitor {
    const network_state& given;
    std::size_t i = 0;
    explicit writer(const network_state& s) : given(s) {}
    void state(const layer_ref&, const entry&, tensor_ref initial, tensor_ref last, std::size_t) override {
        copy(tensor_ref(given.parts[i++].value), initial);                             // initial ← state
        empty(last);
    }
};

/// \throws shape_error unless `given` has the tensors of `own`, all with the same number of rows
GRADUS_ONCE void require_alike(const network_state& own, const network_state& given);

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY void empty(tensor_ref state) {
    with_tensor(state, [](auto& a) { reshape(a, std::array<std::size_t, 2>{}); });
}
GRADUS_BODY void copy(tensor_ref from, tensor_ref to) {
    with_tensor(from, [&](const auto& a) { with_tensor(to, [&](auto& b) { scalars::copy(a, b); }); });
}
GRADUS_BODY void require_alike(const network_state& own, const network_state& given) {
    bool same = own.parts.size() == given.parts.size();
    for (std::size_t i = 0; same && i < own.parts.size(); ++i) same = own.parts[i].path == given.parts[i].path;
    if (!same) throw shape_error("state", {"the network remembers ", own.paths(), "; got ", given.paths()});
    for (const auto& p : given.parts)
        if (p.value.shape()[0] != given.parts[0].value.shape()[0])
            throw shape_error("state", {given.parts[0].path, " is ", given.parts[0].value.shape(), ", ", p.path, " is ",
                                        p.value.shape(), ": the rows must be the same"});
}

#endif

}  // namespace remembering

/// Whether any layer of a network has a state.
template <class Net, class X>
[[nodiscard]] bool has_state(const Net& net, pass<Net, X>& p) {
    remembering::presence there;
    visit_states(net, p, there);
    return there.any;
}

/// The next forward begins with the last state of the previous one; before any forward this has no effect. Call it
/// after the backward, if there is one. No allocation after the first call with states of the same size.
/// \throws shape_error with the name of a layer that cannot continue, such as a reversed one; then nothing has changed.
template <class Net, class X>
void carry_state(const Net& net, pass<Net, X>& p) {
    visitor asks;
    visit_states<true>(net, p, asks);
    remembering::carry carries;
    visit_states(net, p, carries);
}

/// The next forward begins with zeros, as with a new pass.
template <class Net, class X>
void forget_state(const Net& net, pass<Net, X>& p) {
    remembering::forget forgets;
    visit_states(net, p, forgets);
}

/// The states after the last forward; before the first one, its initial states.
template <class Net, class X>
[[nodiscard]] network_state state_of(const Net& net, const pass<Net, X>& p) {
    remembering::reader reads;
    visit_states(net, p, reads);
    return std::move(reads.all);
}

/// The next forward begins with `state`, a result of `state_of` for this network or for one with the same layers.
/// \throws shape_error if the layers, their units or the numbers of rows differ; then nothing has changed.
template <class Net, class X>
void begin_with(const Net& net, pass<Net, X>& p, const network_state& state) {
    remembering::reader own;
    visit_states(net, p, own);
    remembering::require_alike(own.all, state);
    remembering::units_check check(state);
    visit_states(net, p, check);
    remembering::writer writes(state);
    visit_states(net, p, writes);
}

}  // namespace gradus
