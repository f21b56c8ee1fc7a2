#pragma once
/// \file
/// Initial parameters by place: a layer's draw is keyed by the seed and its path in the network, not by the order in
/// which a compiler happens to evaluate constructors.

#include <cstdint>

#include "gradus/core/parameters.hpp"
#include "gradus/core/random.hpp"

namespace gradus {

template <class L>
concept draws_parameters = requires(L& l) { l.initialize(l.key); };

/// Draws all parameters of a network anew.
template <class Net>
void initialize(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(
        [seed]<class L>(const entry& e, L& layer) {
            if constexpr (draws_parameters<L>) layer.initialize(e.key(seed));
        },
        net);
}

/// Draws anew what still is as some initializer drew it, and leaves alone what has been set by hand since.
template <class Net>
void initialize_untouched(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(
        [seed]<class L>(const entry& e, L& layer) {
            if constexpr (draws_parameters<L>) {
                L drawn = layer;
                drawn.initialize(layer.key);
                bool untouched = true;
                each([&](const entry&, const auto& a, const auto& b) { untouched = untouched && std::ranges::equal(flat(a), flat(b)); }, drawn, layer);
                if (untouched) layer.initialize(e.key(seed));
            }
        },
        net);
}

}  // namespace gradus
