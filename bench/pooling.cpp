// Max and average pooling, 2 × 2, on the outputs of the convolutions of documents/001.
#include <string>

#include "gradus/reference/pooling.hpp"
#include "jobs.hpp"

using namespace bench;

namespace {

struct sizes {
    std::size_t batch, size, channels;
};

struct pooled {
    gr::window2d window;
    kernels::pooled_images all;
    images x, y, dy, dx;

    explicit pooled(const sizes& s)
        : window(gr::window::place("pooling", s.size, 2, 2, gr::valid)),
          all{s.batch, s.channels, window},
          x(drawn<images>({s.batch, s.size, s.size, s.channels}, 1)),
          y(images::from_shape({s.batch, window.out.height, window.out.width, s.channels})),
          dy(drawn<images>(y.shape(), 2)),
          dx(images::from_shape(x.shape())) {
        kernels::max_pool(all, x.data(), y.data());
    }
};

struct max_pool : pooled {
    using pooled::pooled;
    const images& fast() { return kernels::max_pool(all, x.data(), y.data()), y; }
    images twin() { return reference::max_pool(x, window); }
};
struct max_pool_backward : pooled {
    using pooled::pooled;
    const images& fast() { return kernels::max_pool_backward(all, x.data(), y.data(), dy.data(), dx.data()), dx; }
    images twin() { return reference::max_pool_backward(x, dy, window); }
};
struct average_pool : pooled {
    using pooled::pooled;
    const images& fast() { return kernels::average_pool(all, false, x.data(), y.data()), y; }
    images twin() { return reference::average_pool(x, window, false); }
};
struct average_pool_backward : pooled {
    using pooled::pooled;
    const images& fast() { return kernels::average_pool_backward(all, false, dy.data(), dx.data()), dx; }
    images twin() { return reference::average_pool_backward(x, dy, window, false); }
};

/// like_x, like_y: how many tensors of the size of x and of y are read or written. One operation per pixel of a window.
template <class Job>
void add_pool(const std::string& what, const sizes& s, std::size_t like_x, std::size_t like_y) {
    const std::string hw = std::to_string(s.size), shape = hw + "x" + hw + "x" + std::to_string(s.channels);
    const std::string name = "pooling/" + what + "/" + shape + "/" + std::to_string(s.batch);
    const std::size_t pixels = like_x * s.size * s.size + like_y * (s.size / 2) * (s.size / 2);
    const auto windows = static_cast<double>(s.batch * s.channels * (s.size / 2) * (s.size / 2));
    const work w{.flops = 4 * windows, .bytes = sizeof(float) * static_cast<double>(s.batch * s.channels * pixels)};
    add_both<Job>(name, w, s);
}

}  // namespace

int main(int argc, char** argv) {
    for (const sizes& s : {sizes{32, 26, 32}, sizes{32, 11, 64}}) {
        add_pool<max_pool>("max_forward", s, 1, 1);
        add_pool<max_pool_backward>("max_backward", s, 2, 2);
        add_pool<average_pool>("average_forward", s, 1, 1);
        add_pool<average_pool_backward>("average_backward", s, 1, 1);
    }
    return run(argc, argv);
}
