#pragma once
#include <string_view>

namespace gradus::kernels {

/// The ways to convolve. docs/convolution.md explains and compares them.
enum class convolution_way {
    fastest,    ///< of the others, by the shape
    columns,    ///< windows written out as a matrix, one product: every shape
    implicit,   ///< the same product, windows read where they stand: whole registers of filters, one group
    winograd,   ///< 36 products for 144, by F(4 x 4): filters of 3 x 3 that move by one pixel
    depthwise,  ///< a filter for each channel
};

[[nodiscard]] constexpr std::string_view name_of(convolution_way way) {
    constexpr std::string_view names[] = {"fastest", "columns", "implicit", "winograd", "depthwise"};
    return names[static_cast<int>(way)];
}

}  // namespace gradus::kernels
