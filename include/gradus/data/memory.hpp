#pragma once
/// \file
/// Tensors from what a program already has in memory. All of them copy.

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/tensor.hpp"

namespace gradus::data {

/// `count` values, last axis fastest, as a tensor: `from_memory(pixels, count, {60000, 28, 28})`.
/// \throws data_error where the shape does not hold `count` values, or the pointer is null.
template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> from_memory(const T* values, std::size_t count, const std::size_t (&shape)[N]) {
    typename tensor<T, N>::shape_type s{};
    std::size_t needed = 1;
    bool overflow = false;
    for (std::size_t axis = 0; axis < N; ++axis) {
        s[axis] = shape[axis];
        overflow |= shape[axis] != 0 && needed > static_cast<std::size_t>(-1) / shape[axis];
        needed *= shape[axis];
    }
    if (overflow || needed != count)
        throw data_error("from_memory: shape " + shape_text(s) + " holds " +
                         (overflow ? "more values than memory" : std::to_string(needed) + " values") + ", got " +
                         std::to_string(count));
    if (values == nullptr && count != 0)
        throw data_error("from_memory: a null pointer to " + std::to_string(count) + " values");
    tensor<T, N> out(s);
    std::copy_n(values, count, out.data());
    return out;
}

template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> from_memory(const std::vector<T>& values, const std::size_t (&shape)[N]) {
    return from_memory(values.data(), values.size(), shape);
}

/// One value for each sample, such as labels: (N).
template <class T>
[[nodiscard]] tensor<T, 1> from_memory(const std::vector<T>& values) {
    return from_memory(values.data(), values.size(), {values.size()});
}

/// One inner vector for each sample: (N, D).
/// \throws data_error where the rows differ in length.
template <class T>
[[nodiscard]] tensor<T, 2> from_memory(const std::vector<std::vector<T>>& values) {
    const std::size_t columns = values.empty() ? 0 : values[0].size();
    tensor<T, 2> out({values.size(), columns});
    for (std::size_t n = 0; n < values.size(); ++n) {
        if (values[n].size() != columns)
            throw data_error("from_memory: row " + std::to_string(n) + " has " + std::to_string(values[n].size()) +
                             " values, row 0 has " + std::to_string(columns));
        std::copy(values[n].begin(), values[n].end(), out.data() + n * columns);
    }
    return out;
}

}  // namespace gradus::data
