#pragma once
/// \file
/// Initial parameters: the random key of a layer depends on the seed and the layer's path in the network, not on the
/// order in which the compiler evaluates constructors.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "gradus/base/compiled.hpp"
#include "gradus/base/random.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

/// A layer with random initial parameters: `initialize(key)`, and `drawn`, the checksum of the default draw. As long as
/// the layer's own tensors have this checksum, they are drawn again for the layer's path in a network; 0: never.
template <class L>
concept draws_parameters = requires(L& l) {
    l.initialize(std::uint64_t(1));
    l.drawn = std::uint64_t(1);
};

namespace detail {

/// The checksum h updated with n bytes, eight at a time. A change of a single word always changes the result.
GRADUS_ONCE [[nodiscard]] std::uint64_t checksum(std::uint64_t h, const void* bytes, std::size_t n);

struct sum_of_tensors {
    std::uint64_t& h;
    template <class P>
    void operator()(const entry&, const P& p) const {
        if constexpr (any_tensor<P>) h = checksum(h, p.data(), p.size() * sizeof(scalar_of<P>));
    }
};

}  // namespace detail

/// The checksum of a layer's own tensors, without those of layers in it. Never 0.
template <class L>
[[nodiscard]] std::uint64_t checksum(const L& layer) {
    std::uint64_t h = 0;
    L::parameters::each(detail::sum_of_tensors{h}, walk::theta(layer));
    return h | 1;
}

/// The default draw, from the stream `key`, which is repeated when the layer is put into a network.
template <draws_parameters L>
void draw_by_default(L& layer, std::uint64_t key) {
    layer.initialize(key);
    layer.drawn = checksum(layer);
}

namespace detail {

struct draw_anew {
    std::uint64_t seed;
    template <class L>
    void operator()(const entry& e, L& layer) const {
        if constexpr (requires { layer.initialize(seed); }) layer.initialize(e.key(seed));
        if constexpr (draws_parameters<L>) layer.drawn = 0;
    }
};
struct draw_untouched {
    std::uint64_t seed;
    template <class L>
    void operator()(const entry& e, L& layer) const {
        if constexpr (draws_parameters<L>)
            if (layer.drawn != 0 && layer.drawn == gradus::checksum(layer)) draw_by_default(layer, e.key(seed));
    }
};

}  // namespace detail

/// Draws all parameters of a network again. They do not change when the network is put into another.
template <class Net>
void initialize(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(detail::draw_anew{seed}, net);
}

/// Draws again, with the key of its path, each layer that still has its default draw. Layers that have been trained,
/// set by hand or drawn by `initialize` do not change.
template <class Net>
void initialize_untouched(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(detail::draw_untouched{seed}, net);
}

#if GRADUS_BODIES_OF(nn)

GRADUS_BODY std::uint64_t detail::checksum(std::uint64_t h, const void* bytes, std::size_t n) {
    const auto* from = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < n; i += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, from + i, i + sizeof word <= n ? sizeof word : n - i);
        h = std::rotl((h ^ word) * 0x9E3779B97F4A7C15ull, 29);
    }
    return h;
}

#endif

}  // namespace gradus
