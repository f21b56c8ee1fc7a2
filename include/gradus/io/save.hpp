#pragma once
/// \file
/// Saves a network and the state of its training as an `.npz`, which NumPy can read.
///
/// | array | what |
/// |---|---|
/// | `0.W`, `encoder.b` | each parameter, by its path |
/// | `1.running.mean` | each statistic, by its path |
/// | `optimizer/m/0.W` | an optimizer's slots |
/// | `optimizer/mu_product` | scalars of its step, if it has any |
/// | `optimizer/name` | its name, as bytes: the state of one optimizer has no meaning for another |
/// | `optimizer/t`, `optimizer/epoch`, `optimizer/seed` | steps, epochs, and the seed of every random stream |

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/io/npz.hpp"
#include "gradus/nn/parameter_list.hpp"
#include "gradus/optimizers/optimizer.hpp"

namespace gradus {

namespace detail {

/// The state of an optimizer, for reading and writing.
struct optimizer_file {
    std::string_view name;
    const std::string_view* slot_names;
    std::size_t n_slots;
    const std::pair<std::string_view, double>* scalar_names;
    optimizer_core& state;
    double* scalars;
    std::size_t n_scalars;
};

inline constexpr const char* name_in_file = "optimizer/name";

/// Calls f(name in the file, tensor) for each tensor of the network and, with an optimizer, of its slots.
GRADUS_ONCE void each_in_file(parameter_list& theta, const optimizer_file* optimizer,
                         function_ref<void(const std::string&, tensor_ref)> f);
/// Calls f(name in the file, type, shape, address) for the rest of an optimizer's state: its scalars and its name.
GRADUS_ONCE void each_fact(const optimizer_file& optimizer,
                      function_ref<void(const std::string&, dtype, io::shape_view, const void*)> f);

GRADUS_ONCE void save(const std::string& path, parameter_list& theta, const optimizer_file* optimizer);

/// Throws if the file has parameters that the network lacks: it may be another network's, with all of these and more.
GRADUS_ONCE void refuse_strangers(const io::npz_reader& in, const std::string& path, parameter_list& theta);

/// Throws if the file has another optimizer's state, which may have the same slots with another meaning.
GRADUS_ONCE void refuse_other_optimizer(const io::npz_reader& in, const std::string& path, parameter_list& theta,
                                   const optimizer_file& optimizer);

/// Reads and checks everything before it writes anything into the network and the optimizer.
GRADUS_ONCE void load(const std::string& path, parameter_list& theta, const optimizer_file* optimizer);

template <class Net, class Options>
[[nodiscard]] optimizer_file file_of(optimizer<Net, Options>& descend) {
    static constexpr auto scalars = scalars_of<Options>();
    return {optimizer_name<Options>(), Options::slots.data(),  Options::slots.size(), scalars.data(),
            descend,                   descend.scalars.data(), scalars.size()};
}

#if GRADUS_BODIES_OF(io)

GRADUS_BODY void each_in_file(parameter_list& theta, const optimizer_file* optimizer,
                         function_ref<void(const std::string&, tensor_ref)> f) {
    each_tensor(theta, [&](const entry& e, tensor_ref t) { f(e.path(), t); });
    if (optimizer == nullptr) return;
    optimizer->state.require_own(theta);
    for (std::size_t k = 0; k < optimizer->n_slots; ++k)
        optimizer->state.kept(k).each(theta, [&](const entry& e, tensor_ref t) {
            f(message({"optimizer/", optimizer->slot_names[k], "/", e.path()}), t);
        });
}

GRADUS_BODY void each_fact(const optimizer_file& optimizer,
                      function_ref<void(const std::string&, dtype, io::shape_view, const void*)> f) {
    constexpr dtype whole = dtype_of<std::uint64_t>;
    const std::size_t length = optimizer.name.size();
    for (std::size_t i = 0; i < optimizer.n_scalars; ++i)
        f(message({"optimizer/", optimizer.scalar_names[i].first}), dtype_of<double>, {}, &optimizer.scalars[i]);
    f(name_in_file, dtype_of<std::uint8_t>, {&length, 1}, optimizer.name.data());
    f("optimizer/t", whole, {}, &optimizer.state.t);
    f("optimizer/epoch", whole, {}, &optimizer.state.epoch);
    f("optimizer/seed", whole, {}, &optimizer.state.seed);
}

GRADUS_BODY void save(const std::string& path, parameter_list& theta, const optimizer_file* optimizer) {
    io::npz_writer out(path);
    each_in_file(theta, optimizer, [&](const std::string& name, tensor_ref t) { out.add(name, t); });
    if (optimizer != nullptr)
        each_fact(*optimizer, [&](const std::string& name, dtype type, io::shape_view shape, const void* at) {
            out.add(name, type, shape, {static_cast<const std::byte*>(at), io::bytes_of(type, shape, name)});
        });
    out.close();
}

GRADUS_BODY void refuse_strangers(const io::npz_reader& in, const std::string& path, parameter_list& theta) {
    for (const std::string& name : in.names()) {
        bool known = name.starts_with("optimizer/");
        std::string all;
        each_tensor(theta, [&](const entry& e, tensor_ref) {
            const std::string own = e.path();
            known = known || own == name;
            all.append(all.empty() ? "" : ", ").append(own);
        });
        if (!known)
            throw data_error(message({path, ": holds '", name, "', the network has no such parameter, it has ", all}));
    }
}

GRADUS_BODY void refuse_other_optimizer(const io::npz_reader& in, const std::string& path, parameter_list& theta,
                                   const optimizer_file& optimizer) {
    const io::array held = in[name_in_file];
    held.require(dtype_of<std::uint8_t>);
    const std::string_view held_name(reinterpret_cast<const char*>(held.bytes.data()), held.bytes.size());
    if (held_name != optimizer.name)
        throw data_error(message({path, ": holds the state of ", held_name, ", the optimizer is ", optimizer.name}));
    for (const std::string& name : in.names()) {
        bool known = !name.starts_with("optimizer/");
        each_fact(optimizer, [&](const std::string& own, dtype, io::shape_view, const void*) { known = known || own == name; });
        each_in_file(theta, &optimizer, [&](const std::string& own, tensor_ref) { known = known || own == name; });
        if (!known)
            throw data_error(message({path, ": holds '", name, "', of which ", optimizer.name, " knows nothing"}));
    }
}

GRADUS_BODY void load(const std::string& path, parameter_list& theta, const optimizer_file* optimizer) {
    const io::npz_reader in(path);
    if (optimizer != nullptr && !in.contains("optimizer/t"))
        throw data_error(message({path, ": holds a network without the state of its optimizer"}));
    refuse_strangers(in, path, theta);
    if (optimizer != nullptr) refuse_other_optimizer(in, path, theta, *optimizer);
    std::vector<std::byte> all;  // the arrays, concatenated
    std::size_t at = 0;
    const auto read = [&](const std::string& name, dtype type, io::shape_view shape, const void*) {
        if (name == name_in_file) return;
        const io::array a = in[name];
        a.require(shape);
        a.require(type);
        all.resize(at + a.bytes.size());
        if (!a.bytes.empty()) std::memcpy(all.data() + at, a.bytes.data(), a.bytes.size());
        at += a.bytes.size();
    };
    const auto write = [&](void* to, std::size_t bytes) {
        if (bytes != 0) std::memcpy(to, all.data() + at, bytes);
        at += bytes;
    };
    each_in_file(theta, optimizer, [&](const std::string& name, tensor_ref t) { read(name, t.type(), t.shape(), nullptr); });
    if (optimizer != nullptr) each_fact(*optimizer, read);
    at = 0;
    each_in_file(theta, optimizer, [&](const std::string&, tensor_ref t) { write(t.data(), t.bytes()); });
    if (optimizer != nullptr)
        each_fact(*optimizer, [&](const std::string& name, dtype type, io::shape_view, const void* number) {
            if (name != name_in_file) write(const_cast<void*>(number), type.size);
        });
}

#endif

}  // namespace detail

/// Writes the parameters and statistics of a network. The file is replaced completely or not at all: it is written next
/// to its place, then moved.
/// \throws data_error with the path and the reason.
template <class Net>
void save(const std::string& path, const Net& net) {
    parameter_list theta(net);
    detail::save(path, theta, nullptr);
}

/// The same with the state of its optimizer, so that a run can continue bit for bit.
template <class Net, class Options>
void save(const std::string& path, const Net& net, const optimizer<Net, Options>& descend) {
    parameter_list theta(net);
    auto state = detail::file_of(const_cast<optimizer<Net, Options>&>(descend));  // only read
    detail::save(path, theta, &state);
}

/// Reads what `save` wrote into a network of the same layers. After a failure the network is unchanged.
/// \throws data_error naming the file, the parameter and both shapes: a parameter that is missing, has another shape or
///         scalar, or that the network does not have; a damaged file.
template <class Net>
void load(const std::string& path, Net& net) {
    parameter_list theta(net);
    detail::load(path, theta, nullptr);
}

/// The same with the state of its optimizer. A file saved without one, or with another optimizer, is an error.
template <class Net, class Options>
void load(const std::string& path, Net& net, optimizer<Net, Options>& descend) {
    parameter_list theta(net);
    auto state = detail::file_of(descend);
    detail::load(path, theta, &state);
}

}  // namespace gradus
