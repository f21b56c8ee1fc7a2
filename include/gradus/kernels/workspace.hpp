#pragma once
#include <array>
#include <cstddef>

#include "gradus/tensor/tensor.hpp"

namespace gradus::kernels {

/// Memory that a kernel keeps from one call to the next. It grows and stays, so that a step like the one before allocates
/// nothing.
template <class T>
struct workspace {
    tensor<T, 1> memory;

    /// Room for n numbers, of no particular value.
    [[nodiscard]] T* of(std::size_t n) {
        if (memory.size() < n) reshape(memory, std::array{n});
        return memory.data();
    }
};

}  // namespace gradus::kernels
