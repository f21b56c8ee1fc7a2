#pragma once
#include <array>
#include <cstddef>

#include "gradus/tensor/tensor.hpp"

namespace gradus::kernels {

/// Memory that a kernel keeps between calls. It only grows, so that repeated steps of the same size do not allocate.
template <class T>
struct workspace {
    tensor<T, 1> memory;

    /// Memory for n numbers with unspecified values.
    [[nodiscard]] T* of(std::size_t n) {
        if (memory.size() < n) reshape(memory, std::array{n});
        return memory.data();
    }
};

}  // namespace gradus::kernels
