#pragma once
#include <string_view>

namespace gradus::kernels {

/// The convolution algorithms. docs/convolution.md explains and compares them.
enum class convolution_way {
    fastest,    ///< chosen from the others by the shape
    columns,    ///< im2col: copies the windows into a matrix, one product: every shape
    implicit,   ///< the same product without the copy: filters that fill whole registers, one group
    winograd,   ///< F(4 x 4), 36 multiplications instead of 144: filters of 3 x 3 with stride 1
    depthwise,  ///< one filter per channel
};

[[nodiscard]] constexpr std::string_view name_of(convolution_way way) {
    constexpr std::string_view names[] = {"fastest", "columns", "implicit", "winograd", "depthwise"};
    return names[static_cast<int>(way)];
}

}  // namespace gradus::kernels
