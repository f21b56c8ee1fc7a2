// expect: gradus: forward takes the input type that the pass was made for: store an expression or xarray
#include "gradus.hpp"
#if __has_include(<xtensor/containers/xarray.hpp>)
#include <xtensor/containers/xarray.hpp>
#else
#include <xtensor/xarray.hpp>
#endif

int main() {
    const auto net = gradus::sequential(gradus::dense(2, 3));
    gradus::pass pass(net);
    const gradus::tensor<float, 2> x({4, 2}, 1.0f);
#ifdef FIXED
    net.forward(x, pass);
#else
    const xt::xarray<float> a = x;
    net.forward(a, pass);
#endif
}
