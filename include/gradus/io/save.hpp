#pragma once
/// \file
/// A network, and where its training stands, as an `.npz` that NumPy reads too.
///
/// | array | what |
/// |---|---|
/// | `0.W`, `encoder.b` | each parameter, by its path |
/// | `1.running.mean` | statistics, by theirs |
/// | `optimizer/m/0.W` | an optimizer's slots |
/// | `optimizer/mu_product` | numbers of its step, where it has any |
/// | `optimizer/name` | its name, as bytes: what one optimizer remembers means nothing to another |
/// | `optimizer/t`, `optimizer/epoch`, `optimizer/seed` | steps, epochs, and the seed of every random stream |

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/core/parameter_list.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

namespace detail {

/// What an optimizer's state has to be written and read by: no formula.
struct optimizer_arrays {
    std::string_view name;
    std::span<const std::string_view> slot_names;
    std::span<const std::pair<std::string_view, double>> scalar_names;
    optimizer_core& state;
    std::span<double> scalars;
};

/// f(name in the file, tensor) for what the file holds of the network; with an optimizer, of its slots too.
inline void each_in_file(parameter_list& theta, optimizer_arrays* optimizer,
                         function_ref<void(const std::string&, tensor_ref)> f) {
    each_tensor(theta, [&](const entry& e, tensor_ref t) { f(e.path(), t); });
    if (optimizer == nullptr) return;
    for (std::size_t k = 0; k < optimizer->slot_names.size(); ++k)
        optimizer->state.slots[k].each(theta, [&](const entry& e, tensor_ref t) {
            f(message({"optimizer/", optimizer->slot_names[k], "/", e.path()}), t);
        });
}

[[gnu::noinline]] inline void save(const std::string& path, parameter_list& theta, optimizer_arrays* optimizer) {
    io::npz_writer out(path);
    each_in_file(theta, optimizer, [&](const std::string& name, tensor_ref t) { out.add(name, t); });
    if (optimizer != nullptr) {
        for (std::size_t i = 0; i < optimizer->scalars.size(); ++i)
            out.add(message({"optimizer/", optimizer->scalar_names[i].first}), optimizer->scalars[i]);
        const std::string_view name = optimizer->name;
        out.add("optimizer/name", {name.size()}, std::span(reinterpret_cast<const std::uint8_t*>(name.data()), name.size()));
        out.add("optimizer/t", optimizer->state.t);
        out.add("optimizer/epoch", optimizer->state.epoch);
        out.add("optimizer/seed", optimizer->state.seed);
    }
    out.close();
}

/// A file for another network may hold all that this one has, and more.
inline void refuse_strangers(const io::npz_reader& in, const std::string& path, parameter_list& theta) {
    for (const auto& name : in.names()) {
        bool known = name.starts_with("optimizer/");
        std::string all;
        each_tensor(theta, [&](const entry& e, tensor_ref) {
            const std::string own = e.path();
            known = known || own == name;
            all += (all.empty() ? "" : ", ") + own;
        });
        if (!known) throw data_error(path + ": holds '" + name + "', the network has no such parameter, it has " + all);
    }
}

/// The state of another optimizer may have the same slots, and mean something else by them.
inline void refuse_other_optimizer(const io::npz_reader& in, const std::string& path, parameter_list& theta,
                                   optimizer_arrays& optimizer) {
    const io::array held = in["optimizer/name"];
    const auto bytes = held.as<std::uint8_t>();
    if (const std::string name(bytes.begin(), bytes.end()); name != optimizer.name)
        throw data_error(message({path, ": holds the state of ", name, ", the optimizer is ", optimizer.name}));
    for (const auto& name : in.names()) {
        bool known = !name.starts_with("optimizer/");
        for (const char* own : {"name", "t", "epoch", "seed"}) known = known || name == std::string("optimizer/") + own;
        for (const auto& scalar : optimizer.scalar_names) known = known || name == message({"optimizer/", scalar.first});
        each_in_file(theta, &optimizer, [&](const std::string& own, tensor_ref) { known = known || own == name; });
        if (!known)
            throw data_error(message({path, ": holds '", name, "', of which ", optimizer.name, " knows nothing"}));
    }
}

/// Reads all, and only then writes any of it into the network and the optimizer.
[[gnu::noinline]] inline void load(const std::string& path, parameter_list& theta, optimizer_arrays* optimizer) {
    const io::npz_reader in(path);
    if (optimizer != nullptr && !in.contains("optimizer/t"))
        throw data_error(path + ": holds a network without the state of its optimizer");
    refuse_strangers(in, path, theta);
    if (optimizer != nullptr) refuse_other_optimizer(in, path, theta, *optimizer);
    std::vector<std::pair<io::array, tensor_ref>> read;
    each_in_file(theta, optimizer, [&](const std::string& name, tensor_ref t) {
        io::array a = in[name];
        a.require(t.shape());
        a.require(t.type());
        read.emplace_back(std::move(a), t);
    });
    if (optimizer != nullptr) {
        std::vector<double> scalars;
        for (const auto& scalar : optimizer->scalar_names)
            scalars.push_back(in[message({"optimizer/", scalar.first})].scalar<double>());
        const auto number = [&](std::string_view name) { return in[name].scalar<std::uint64_t>(); };
        const std::uint64_t t = number("optimizer/t"), epoch = number("optimizer/epoch"), seed = number("optimizer/seed");
        std::ranges::copy(scalars, optimizer->scalars.begin());
        optimizer->state.t = t, optimizer->state.epoch = epoch, optimizer->state.seed = seed;
    }
    for (auto& [from, to] : read)
        if (!from.bytes.empty()) std::memcpy(to.data(), from.bytes.data(), from.bytes.size());
}

template <class Net, class Options>
[[nodiscard]] optimizer_arrays arrays_of(optimizer<Net, Options>& descend) {
    static constexpr auto scalars = scalars_of<Options>();
    return {optimizer_name<Options>(), Options::slots, scalars, descend, descend.scalars};
}

}  // namespace detail

/// Writes the parameters and statistics of a network.
/// The file appears whole or not at all: it is written beside its place, and moved.
/// \throws data_error with the path and the reason.
template <class Net>
void save(const std::string& path, const Net& net) {
    parameter_list theta(net);
    detail::save(path, theta, nullptr);
}

/// The same with the state of its optimizer: what a run needs to go on bit for bit.
template <class Net, class Options>
void save(const std::string& path, const Net& net, const optimizer<Net, Options>& descend) {
    parameter_list theta(net);
    auto state = detail::arrays_of(const_cast<optimizer<Net, Options>&>(descend));  // which is read only
    detail::save(path, theta, &state);
}

/// Reads what `save` wrote into a network of the same layers. Whatever fails, the network stays as it was.
/// \throws data_error naming the file, the parameter and both shapes: a parameter that is missing, of another shape or
///         scalar, one that the network does not have, a damaged file.
template <class Net>
void load(const std::string& path, Net& net) {
    parameter_list theta(net);
    detail::load(path, theta, nullptr);
}

/// The same with the state of its optimizer. A file that was saved without one, or with another, is an error.
template <class Net, class Options>
void load(const std::string& path, Net& net, optimizer<Net, Options>& descend) {
    parameter_list theta(net);
    auto state = detail::arrays_of(descend);
    detail::load(path, theta, &state);
}

}  // namespace gradus
