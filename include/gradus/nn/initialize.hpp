#pragma once
/// \file
/// Initial parameters by place: a layer's draw is keyed by the seed and its path in the network, not by the order in
/// which a compiler happens to evaluate constructors.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "gradus/base/compiled.hpp"
#include "gradus/base/random.hpp"
#include "gradus/nn/parameters.hpp"

namespace gradus {

/// A layer that draws: `initialize(key)`, and `drawn`, the checksum of what was drawn by default. While its own tensors have
/// it, they are drawn anew for the layer's place in a network; 0 leaves them alone.
template <class L>
concept draws_parameters = requires(L& l) {
    l.initialize(std::uint64_t(1));
    l.drawn = std::uint64_t(1);
};

namespace detail {

/// h, with so many bytes taken in, eight at a time. Where only one of them differs, so does the sum.
GRADUS_ONCE [[nodiscard]] std::uint64_t checksum(std::uint64_t h, const void* bytes, std::size_t n);

struct sum_of_tensors {
    std::uint64_t& h;
    template <class P>
    void operator()(const entry&, const P& p) const {
        if constexpr (any_tensor<P>) h = checksum(h, p.data(), p.size() * sizeof(scalar_of<P>));
    }
};

}  // namespace detail

/// Of a layer's own tensors, not those of layers in it. Never 0.
template <class L>
[[nodiscard]] std::uint64_t checksum(const L& layer) {
    std::uint64_t h = 0;
    L::parameters::each(detail::sum_of_tensors{h}, walk::theta(layer));
    return h | 1;
}

/// Draws from the stream `key` what the layer's place in a network may draw anew.
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

/// Draws all parameters of a network anew. They stay as they are, wherever the network is put.
template <class Net>
void initialize(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(detail::draw_anew{seed}, net);
}

/// Draws anew, for its place, what still is as it was drawn by default. What has been trained or set by hand since, or
/// drawn by `initialize`, is left alone.
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
