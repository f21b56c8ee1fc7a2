// Convolution: the dispatcher's choice, each other algorithm that supports the shape, and the textbook's.
#include <array>
#include <optional>
#include <string>

#include "jobs.hpp"

using namespace bench;

namespace {

using way = kernels::convolution_way;
constexpr std::array ways{std::pair{way::columns, "columns"}, std::pair{way::implicit, "implicit"},
                          std::pair{way::winograd, "winograd"}};

struct placed : convolution {
    kernels::convolution_shape shape{window, x.shape()[3], dz.shape()[3], 1};
    kernels::convolution<float> kernel;
    images z = dz, dW = W, dx = x;

    placed(const convolution_sizes& s, std::optional<way> w) : convolution(s) {
        kernel.place(window, shape.channels, shape.filters, shape.groups, w.value_or(way::fastest));
    }
    bool serves(way w) const {
        return w == way::implicit   ? kernels::implicit::serves<float>(shape)
               : w == way::winograd ? kernels::winograd::serves(shape)
                                    : w == way::columns;
    }
};

struct forward : placed {
    using placed::placed;
    const images& fast() {
        kernel.each_chunk(x.shape()[0], [&](auto chunk) {
            kernel.forward(chunk, x.data(), W.data(), b.data(), z.data() + chunk.first * shape.result());
        });
        return z;
    }
    images twin() { return reference::convolution(x, window, W, b, 1); }
};

struct weights_gradient : placed {
    using placed::placed;
    const images& fast() {
        kernel.each_chunk(x.shape()[0], [&](auto chunk) {
            kernel.weights_gradient(chunk, x.data(), dz.data() + chunk.first * shape.result(), dW.data());
        });
        return dW;
    }
    images twin() { return reference::convolution_dW(x, window, dz, 1); }
};

struct input_gradient : placed {
    using placed::placed;
    const images& fast() {
        kernel.each_chunk(x.shape()[0], [&](auto chunk) {
            kernel.input_gradient(chunk, dz.data() + chunk.first * shape.result(), W.data(), dx.data());
        });
        return dx;
    }
    images twin() { return reference::convolution_dx(x, window, W, dz, 1); }
};

template <class Job>
void add_ways(const std::string& what, const convolution_sizes& s) {
    const std::optional<way> chosen;
    const placed one({s.height, s.width, s.in, s.out, 1}, chosen);
    add<Job>(s.name(what), s.work(), &Job::fast, s, chosen);
    for (const auto& [w, name] : ways)
        if (w != one.kernel.way() && one.serves(w))
            add<Job>(s.name(what) + "/" + name, s.work(), &Job::fast, s, std::optional(w));
    if (s.batch == 32) add<Job>(s.name(what) + "/reference", s.work(), &Job::twin, s, chosen);
}

}  // namespace

int main(int argc, char** argv) {
    for (const convolution_sizes& s : all_convolutions()) {
        add_ways<forward>("forward", s), add_ways<weights_gradient>("dW", s);
        if (s.in > 1) add_ways<input_gradient>("dx", s);  // dx of the first layer is not needed
    }
    return run(argc, argv);
}
