#pragma once
/// \file
/// Initial parameters by place: a layer's draw is keyed by the seed and its path in the network, not by the order in
/// which a compiler happens to evaluate constructors.

#include <algorithm>
#include <cstdint>

#include "gradus/core/parameters.hpp"
#include "gradus/core/random.hpp"

namespace gradus {

/// A layer that draws: `initialize(key)`, and `key`, the stream that it was drawn from. Where it has `bool by_place` too,
/// its place draws it anew only while that is true.
template <class L>
concept draws_parameters = requires(L& l) { l.initialize(l.key); };

/// Draws all parameters of a network anew. They stay as they are, wherever the network is put.
template <class Net>
void initialize(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(
        [seed]<class L>(const entry& e, L& layer) {
            if constexpr (draws_parameters<L>) layer.initialize(e.key(seed));
            if constexpr (requires { layer.by_place; }) layer.by_place = false;
        },
        net);
}

/// Draws anew, for its place, what still is as it was drawn by default. What has been trained or set by hand since, or
/// drawn by `initialize`, is left alone.
template <class Net>
void initialize_untouched(Net& net, std::uint64_t seed = default_seed()) {
    each_layer(
        [seed]<class L>(const entry& e, L& layer) {
            if constexpr (draws_parameters<L>) {
                if constexpr (requires { layer.by_place; })
                    if (!layer.by_place) return;
                L drawn = layer;
                drawn.initialize(layer.key);
                bool untouched = true;
                each(
                    [&](const entry&, const auto& a, const auto& b) {
                        untouched = untouched && std::equal(a.data(), a.data() + a.size(), b.data());
                    },
                    drawn, layer);
                if (untouched) layer.initialize(e.key(seed));
            }
        },
        net);
}

}  // namespace gradus
