#pragma once
/// \file
/// The arguments of a forward in addition to its input: the mode, the random stream, the mask.

#include <array>
#include <cstddef>
#include <cstdint>

#include "gradus/base/random.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus {

/// Passed through a network during one forward or backward. A layer that needs none of it omits it from its signature.
struct context {
    bool training = false;        ///< dropout drops, batch normalization uses the batch
    bool input_gradient = true;   ///< dx is needed; in training the first layer of a network need not compute it
    bool every_output = false;    ///< the output and the dx of every layer are needed: none may be skipped
    std::uint64_t key = 0;        ///< the random stream of (seed, step, layer path)
    std::size_t first_row = 0;    ///< index of this shard's first row in the whole batch
    const tensor<bool, 2>* mask = nullptr;  ///< (N, T), true where there is data; null: data everywhere

    /// The context of the i-th layer inside: the same, with its own random stream.
    [[nodiscard]] context inside(std::uint64_t i) const {
        context c = *this;
        c.key = random::mix(key, i);
        return c;
    }

    /// A uniform draw in [0, 1) for an element of a row; it does not depend on how the batch is divided into shards.
    [[nodiscard]] double uniform(std::size_t row, std::size_t element) const {
        return random::uniform(key, first_row + row, element);
    }
    /// A standard normal draw for an element of a row.
    [[nodiscard]] double normal(std::size_t row, std::size_t element) const {
        return random::normal(key, first_row + row, element);
    }
    /// 4 × 32 random bits, for the elements 4 block ... 4 block + 3 of a row: a quarter of the work if 32 bits each are
    /// enough.
    [[nodiscard]] std::array<std::uint32_t, 4> words(std::size_t row, std::size_t block) const {
        const auto low = [](std::uint64_t u) { return static_cast<std::uint32_t>(u); };
        const std::uint64_t n = first_row + row, b = block;
        return random::philox({low(n), low(n >> 32), low(b), low(b >> 32)}, {low(key), low(key >> 32)});
    }
};

}  // namespace gradus
