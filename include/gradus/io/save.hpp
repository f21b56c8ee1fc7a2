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

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gradus/core/parameters.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

namespace saving {

/// Calls f(path, tensor) for every tensor that a file holds of p: parameters and, of a network, the insides of
/// statistics. Paths are the network's, which alone knows the names that its user gave.
template <class F, class Net, class P>
void each_array(const std::string& prefix, F&& f, const Net& net, P& p) {
    each_leaf(
        [&]<class T>(const entry& e, const auto&, T& leaf) {
            if constexpr (any_tensor<T>)
                f(prefix + e.path(), leaf);
            else if (prefix.empty())  // a slot keeps none
                std::remove_const_t<T>::each(
                    [&](const entry& inner, auto& t) { f(prefix + e.path() + "." + inner.path(), t); }, leaf);
        },
        net, p);
}

template <class Net, class P>
void write(io::npz_writer& out, const std::string& prefix, const Net& net, const P& p) {
    each_array(prefix, [&](const std::string& path, const auto& t) { out.add(path, t); }, net, p);
}

template <class Net, class P>
void read(const io::npz_reader& in, const std::string& prefix, const Net& net, P& p) {
    each_array(
        prefix,
        [&]<class T>(const std::string& path, T& t) {
            const io::array a = in[path];
            const auto values = a.template as<scalar_of<T>>(t.shape());
            std::copy(values.begin(), values.end(), t.data());
        },
        net, p);
}

/// A file for another network may hold all that this one has, and more.
template <class Net>
void refuse_strangers(const io::npz_reader& in, const std::string& path, const Net& net) {
    for (const auto& name : in.names()) {
        bool known = name.starts_with("optimizer/");
        std::string all;
        each_array(
            "",
            [&](const std::string& own, const auto&) {
                known = known || own == name;
                all += (all.empty() ? "" : ", ") + own;
            },
            net, net);
        if (!known) throw data_error(path + ": holds '" + name + "', the network has no such parameter, it has " + all);
    }
}

/// The state of another optimizer may have the same slots, and mean something else by them.
template <class Options, class Net>
void refuse_other_optimizer(const io::npz_reader& in, const std::string& path, const Net& net) {
    const io::array held = in["optimizer/name"];
    const auto bytes = held.template as<std::uint8_t>();
    if (const std::string name(bytes.begin(), bytes.end()); name != optimizer_name<Options>())
        throw data_error(message({path, ": holds the state of ", name, ", the optimizer is ", optimizer_name<Options>()}));
    for (const auto& name : in.names()) {
        bool known = !name.starts_with("optimizer/");
        for (const char* own : {"name", "t", "epoch", "seed"}) known = known || name == std::string("optimizer/") + own;
        for (const auto& scalar : scalars_of<Options>()) known = known || name == message({"optimizer/", scalar.first});
        for (const std::string_view slot : Options::slots)
            each_array(
                message({"optimizer/", slot, "/"}),
                [&](const std::string& own, const auto&) { known = known || own == name; }, net, net);
        if (!known) throw data_error(message({path, ": holds '", name, "', of which ", optimizer_name<Options>(), " knows nothing"}));
    }
}

}  // namespace saving

/// Writes the parameters and statistics of a network.
/// The file appears whole or not at all: it is written beside its place, and moved.
/// \throws data_error with the path and the reason.
template <class Net>
void save(const std::string& path, const Net& net) {
    io::npz_writer out(path);
    saving::write(out, "", net, net);
    out.close();
}

/// The same with the state of its optimizer: what a run needs to go on bit for bit.
template <class Net, class Options>
void save(const std::string& path, const Net& net, const optimizer<Net, Options>& descend) {
    io::npz_writer out(path);
    saving::write(out, "", net, net);
    for (std::size_t k = 0; k < descend.slots.size(); ++k)
        saving::write(out, "optimizer/" + std::string(Options::slots[k]) + "/", net, descend.slots[k]);
    for (std::size_t i = 0; i < descend.scalars.size(); ++i)
        out.add(message({"optimizer/", scalars_of<Options>()[i].first}), descend.scalars[i]);
    const std::string_view name = optimizer_name<Options>();
    out.add("optimizer/name", {name.size()}, std::span(reinterpret_cast<const std::uint8_t*>(name.data()), name.size()));
    out.add("optimizer/t", descend.t);
    out.add("optimizer/epoch", descend.epoch);
    out.add("optimizer/seed", descend.seed);
    out.close();
}

/// Reads what `save` wrote into a network of the same layers. Whatever fails, the network stays as it was.
/// \throws data_error naming the file, the parameter and both shapes: a parameter that is missing, of another shape or
///         scalar, one that the network does not have, a damaged file.
template <class Net>
void load(const std::string& path, Net& net) {
    const io::npz_reader in(path);
    Net read = net;
    saving::refuse_strangers(in, path, net);
    saving::read(in, "", net, read);
    net = std::move(read);
}

/// The same with the state of its optimizer. A file that was saved without one, or with another, is an error.
template <class Net, class Options>
void load(const std::string& path, Net& net, optimizer<Net, Options>& descend) {
    const io::npz_reader in(path);
    if (!in.contains("optimizer/t")) throw data_error(path + ": holds a network without the state of its optimizer");
    Net read = net;
    optimizer<Net, Options> state = descend;
    saving::refuse_strangers(in, path, net);
    saving::refuse_other_optimizer<Options>(in, path, net);
    saving::read(in, "", net, read);
    for (std::size_t k = 0; k < state.slots.size(); ++k)
        saving::read(in, "optimizer/" + std::string(Options::slots[k]) + "/", net, state.slots[k]);
    for (std::size_t i = 0; i < state.scalars.size(); ++i)
        state.scalars[i] = in[message({"optimizer/", scalars_of<Options>()[i].first})].template scalar<double>();
    state.t = in["optimizer/t"].template scalar<std::uint64_t>();
    state.epoch = in["optimizer/epoch"].template scalar<std::uint64_t>();
    state.seed = in["optimizer/seed"].template scalar<std::uint64_t>();
    net = std::move(read);
    descend = std::move(state);
}

}  // namespace gradus
