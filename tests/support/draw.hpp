#pragma once
/// \file
/// Random tensors for tests: the same on every platform.

#include <cstddef>
#include <cstdint>

#include "gradus/base/random.hpp"
#include "gradus/tensor/tensor.hpp"

namespace support {

/// Uniform in [low, high), drawn in double and rounded to float, so that float and double tests use the same values.
template <gradus::any_tensor X>
[[nodiscard]] X draw(const typename X::shape_type& shape, std::uint64_t key, double low = -1, double high = 1) {
    X x(shape);
    for (std::size_t i = 0; i < x.size(); ++i)
        x.data()[i] =
            static_cast<gradus::scalar_of<X>>(static_cast<float>(low + (high - low) * gradus::random::uniform(key, i)));
    return x;
}

}  // namespace support
