// Output shapes of image layers in a sequential: a sample with three axes is known completely.
#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

#include "../../support/message.hpp"
#include "gradus/layers/convolution/conv_transpose2d.hpp"
#include "gradus/layers/convolution/convolution.hpp"
#include "gradus/layers/image/upsample2d.hpp"
#include "gradus/layers/image/zero_padding2d.hpp"
#include "gradus/layers/pooling/average_pool2d.hpp"
#include "gradus/layers/pooling/global_pool2d.hpp"
#include "gradus/layers/pooling/max_pool2d.hpp"
#include "gradus/nn/layer.hpp"

namespace gr = gradus;
using shape = std::vector<std::size_t>;

namespace {

/// The output shape after a layer that does not report its sample shape as whole.
template <class L>
shape behind(const L& layer, const shape& in) {
    bool whole = false;
    const shape out = gr::shape_through(layer, in, whole);
    CHECK(whole == (in.size() == 3));
    return out;
}

}  // namespace

TEST_CASE("layers of images: of three known axes all three come, of fewer the channels") {
    CHECK(behind(gr::max_pool2d(2), {6, 5, 3}) == shape{3, 2, 3});
    CHECK(behind(gr::average_pool2d(2), {6, 5, 3}) == shape{3, 2, 3});
    CHECK(behind(gr::global_average_pool2d{}, {6, 5, 3}) == shape{3});
    CHECK(behind(gr::zero_padding2d(1), {6, 5, 3}) == shape{8, 7, 3});
    CHECK(behind(gr::upsample2d(2), {6, 5, 3}) == shape{12, 10, 3});
    CHECK(behind(gr::conv_transpose2d(3, 4, 2), {6, 5, 3}) == shape{7, 6, 4});
    CHECK(behind(gr::conv2d(3, 4, 2), {6, 5, 3}) == shape{5, 4, 4});
    CHECK(behind(gr::max_pool2d(2), {3}) == shape{3});
    CHECK(behind(gr::zero_padding2d(1), {3}) == shape{3});
    CHECK(behind(gr::conv_transpose2d(3, 4, 2), {3}) == shape{4});
    CHECK(behind(gr::max_pool2d(2), {}) == shape{});
}
TEST_CASE("layers of images: what does not fit into three known axes is told") {
    CHECK(support::message_of([] { (void)behind(gr::max_pool2d(3), {2, 5, 3}); }) ==
          "max_pool2d: a window of (3, 3) does not fit into an image of (2, 5)");
}
