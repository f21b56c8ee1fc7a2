#include "gradus/layers/max_pool2d.hpp"

#include <doctest/doctest.h>

#include "gradus/check/gradient_check.hpp"
#include "gradus/core/pass.hpp"
#include "gradus/model/sequential.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using images = gr::tensor<double, 4>;

TEST_CASE("max_pool2d.forward, max_pool2d.backward: by hand") {
    const gr::max_pool2d layer(2);
    images x({1, 5, 5, 1});  // 5 columns and rows: the last of each is in no window
    x = images{{{{1}, {3}, {2}, {2}, {9}}, {{3}, {0}, {2}, {1}, {9}}, {{-4}, {-3}, {0}, {5}, {9}}, {{-2}, {-5}, {6}, {4}, {9}}, {{9}, {9}, {9}, {9}, {9}}}};
    gr::pass pass(layer, x);
    pass.input_gradient = true;
    gr::no_parameters none;
    CHECK(gr::forward(layer, x, pass) == images{{{{3}, {2}}, {{-2}, {6}}}});
    pass.cache.dx = x;
    CHECK(gr::backward(layer, x, images{{{{1}, {2}}, {{3}, {4}}}}, pass, none) ==
          images{{{{0}, {1}, {2}, {0}, {0}}, {{0}, {0}, {0}, {0}, {0}}, {{0}, {0}, {0}, {0}, {0}}, {{3}, {0}, {4}, {0}, {0}}, {{0}, {0}, {0}, {0}, {0}}}});
}
