#pragma once
/// \file
/// What a forward needs to know beside its input: the mode, the random stream, the mask.

#include <array>
#include <cstddef>
#include <cstdint>

#include "gradus/base/random.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// Handed down through a network during one forward or backward. A layer that asks for none of it leaves it out of its
/// signature.
struct context {
    bool training = false;        ///< dropout drops, batch normalization uses the batch
    bool input_gradient = true;   ///< somebody reads dx; the first layer of a network in training need not compute it
    bool every_output = false;    ///< somebody reads what each layer gives, there and back: none is left out
    std::uint64_t key = 0;        ///< the random stream of (seed, step, layer path)
    std::size_t first_row = 0;    ///< where in the whole batch this shard begins
    const tensor<bool, 2>* mask = nullptr;  ///< (N, T), true where there is data; null where all is

    /// The context of the i-th layer inside: the same, with a random stream of its own.
    [[nodiscard]] context inside(std::uint64_t i) const {
        context c = *this;
        c.key = random::mix(key, i);
        return c;
    }

    /// A uniform draw in [0, 1) for an element of a row: the same however the batch is cut into shards.
    [[nodiscard]] double uniform(std::size_t row, std::size_t element) const {
        return random::uniform(key, first_row + row, element);
    }
    /// A standard normal draw for an element of a row.
    [[nodiscard]] double normal(std::size_t row, std::size_t element) const {
        return random::normal(key, first_row + row, element);
    }
    /// 4 × 32 random bits, for the elements 4 block ... 4 block + 3 of a row: a quarter of the work for those who need no
    /// more of them.
    [[nodiscard]] std::array<std::uint32_t, 4> words(std::size_t row, std::size_t block) const {
        const auto low = [](std::uint64_t u) { return static_cast<std::uint32_t>(u); };
        const std::uint64_t n = first_row + row, b = block;
        return random::philox({low(n), low(n >> 32), low(b), low(b >> 32)}, {low(key), low(key >> 32)});
    }
};

}  // namespace gradus
