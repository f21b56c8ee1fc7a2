#pragma once
/// \file
/// Tensors from data that a program already has in memory.

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradus/base/error.hpp"
#include "gradus/tensor/tensor.hpp"

namespace gradus::data {

/// Copies `count` values, last axis fastest, into a tensor: `from_memory(pixels, count, {60000, 28, 28})`.
/// \throws data_error if the shape does not hold `count` values, or the pointer is null.
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
        throw data_error(message({"from_memory: shape ", s, " holds ",
                                  overflow ? "more values than memory" : std::to_string(needed) + " values", ", got ", count}));
    if (values == nullptr && count != 0)
        throw data_error(message({"from_memory: a null pointer to ", count, " values"}));
    tensor<T, N> out(s);
    std::copy_n(values, count, out.data());
    return out;
}

template <class T, std::size_t N>
[[nodiscard]] tensor<T, N> from_memory(const std::vector<T>& values, const std::size_t (&shape)[N]) {
    return from_memory(values.data(), values.size(), shape);
}

/// Copies one value per sample, such as labels: (N).
template <class T>
[[nodiscard]] tensor<T, 1> from_memory(const std::vector<T>& values) {
    return from_memory(values.data(), values.size(), {values.size()});
}

/// Copies one inner vector per sample: (N, D).
/// \throws data_error if the rows differ in length.
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

/// The same values in another shape, with any number of axes: images (N, 784) as (N, 28, 28, 1). With `std::move(x)` no
/// value is copied.
/// \throws data_error if the shape holds another number of values.
template <class T, std::size_t N, std::size_t M>
[[nodiscard]] tensor<T, M> with_shape(tensor<T, N> x, const std::size_t (&shape)[M]) {
    typename tensor<T, M>::shape_type s{};
    typename tensor<T, M>::strides_type strides{};
    std::copy_n(shape, M, s.begin());
    const std::size_t size = xt::compute_strides(s, xt::layout_type::row_major, strides);
    if (size != x.size())
        throw data_error("with_shape: shape " + shape_text(s) + " holds " + std::to_string(size) + " values, " +
                         shape_text(x.shape()) + " holds " + std::to_string(x.size()));
    return tensor<T, M>(std::move(x.storage()), std::move(s), std::move(strides));
}

}  // namespace gradus::data
