// labels: computes
// The results of a convolution do not depend on how the batch is cut into chunks or on earlier batches. A NaN or an
// infinity appears in every result that reads it, and in no other.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "gradus/activations/gelu.hpp"
#include "gradus/activations/prelu.hpp"
#include "gradus/activations/relu.hpp"
#include "gradus/activations/softmax.hpp"
#include "gradus/layers/convolution/convolution.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/reference/convolution.hpp"

namespace gr = gradus;
namespace ref = gradus::reference;

namespace {

using support::difference;
using support::draw;
using support::same;
using support::tolerance;
template <class T>
using images = gr::tensor<T, 4>;

/// The results of a forward and a backward.
template <class T>
struct results {
    images<T> y, dx, dW;
    gr::tensor<T, 1> db;
};
/// The results for x, with a cache that may have been used before.
template <class L, class T>
results<T> through(const L& layer, const images<T>& x, gr::cache_of<L, images<T>>& c) {
    auto grad = layer.theta;
    const auto dy = draw<images<T>>(layer.forward(x, c).shape(), 13);
    (void)layer.backward(x, dy, c, grad);
    return {c.y, c.dx, grad.W, grad.b};
}
template <class L, class T>
results<T> through(const L& layer, const images<T>& x) {
    gr::cache_of<L, images<T>> c;
    return through(layer, x, c);
}
template <class T>
bool same_results(const results<T>& a, const results<T>& b) {
    return same(a.y, b.y) && same(a.dx, b.dx) && same(a.dW, b.dW) && same(a.db, b.db);
}

/// `count` images of a batch, beginning with `first`.
template <class T>
images<T> part(const images<T>& x, std::size_t first, std::size_t count) {
    images<T> some({count, x.shape()[1], x.shape()[2], x.shape()[3]});
    const std::size_t one = some.size() / count;
    std::copy_n(x.data() + first * one, some.size(), some.data());
    return some;
}

struct shape {
    std::size_t height, width, channels, filters;
    gr::size2d kernel;
    gr::conv2d_options options;

    [[nodiscard]] gr::window2d window() const {
        return gr::window::place("test", {height, width}, kernel, options.stride, options.padding, options.dilation);
    }
};
/// A shape for each algorithm, and a few edge cases.
std::vector<shape> shapes() {
    return {{6, 5, 16, 32, 3, {}},
            {6, 5, 16, 16, 3, {.padding = gr::same}},
            {5, 6, 1, 48, {2, 3}, {.stride = {1, 2}}},
            {7, 5, 3, 5, 3, {.padding = gr::same}},
            {4, 4, 1, 2, 2, {}},
            {2, 2, 1, 1, 2, {}},
            {1, 1, 3, 2, 1, {}},
            {6, 5, 8, 12, 2, {.padding = 1, .groups = 4}},
            {5, 5, 17, 17, 3, {.padding = gr::same, .groups = 17}},
            {9, 7, 4, 16, 2, {.stride = 2, .padding = 2, .dilation = {2, 3}}}};
}

/// Whether the window of pixel (i, j) of y reads pixel (u, v) of x.
bool reads(const gr::window2d& w, std::size_t i, std::size_t j, std::size_t u, std::size_t v) {
    for (std::size_t a = 0; a < w.kernel.height; ++a)
        for (std::size_t b = 0; b < w.kernel.width; ++b)
            if (i * w.stride.height + a * w.dilation.height == u + w.padding.top &&
                j * w.stride.width + b * w.dilation.width == v + w.padding.left)
                return true;
    return false;
}

}  // namespace

TEST_CASE_TEMPLATE("conv2d: an image gives the same bits alone and in any batch", T, float, double) {
    // Except with a BLAS, whose algorithm depends on the size (it is used if its registers are wider than ours), and in
    // the plain loops for the smallest products, in which compilers may use fused multiply-add.
    constexpr int bits = 8 * sizeof(gr::kernels::reg<T>);
    const bool by_blas = GRADUS_USE_BLAS && gr::blas_info().register_bits > bits;
    std::vector<shape> all = shapes();
    all.push_back({40, 41, 16, 16, 3, {}});  // a chunk is one or two images
    for (const shape& s : all) {
        INFO(s.height, " x ", s.width, " x ", s.channels, " to ", s.filters);
        const std::size_t work = gr::kernels::convolution_shape(s.window(), s.channels, s.filters, s.options.groups).work();
        const auto alike = [&](const images<T>& a, const images<T>& b) {
            return by_blas || work <= gr::kernels::fastest::loops ? difference(a, b) <= tolerance<T>(100) : same(a, b);
        };
        auto layer = gr::conv2d<T>(s.channels, s.filters, s.kernel, gr::gelu{}, s.options);
        const auto x = draw<images<T>>({9, s.height, s.width, s.channels}, 1);
        gr::cache_of<decltype(layer), images<T>> c;
        const images<T> y = layer.forward(x, c), dy = draw<images<T>>(y.shape(), 2);
        auto grad = layer.theta;
        const images<T> dx = layer.backward(x, dy, c, grad);
        for (std::size_t n = 0; n < 9; ++n) {
            CHECK(alike(layer.forward(part(x, n, 1), c), part(y, n, 1)));
            CHECK(alike(layer.backward(part(x, n, 1), part(dy, n, 1), c, grad), part(dx, n, 1)));
        }
        CHECK(alike(layer.forward(part(x, 2, 5), c), part(y, 2, 5)));
        CHECK(alike(layer.backward(part(x, 2, 5), part(dy, 2, 5), c, grad), part(dx, 2, 5)));
    }
}

TEST_CASE_TEMPLATE("conv2d.forward, conv2d.dW, conv2d.db, conv2d.dx: batches of many chunks", T, float, double) {
    const auto check = [](const shape& s, std::size_t count) {
        const auto layer = gr::conv2d<T>(s.channels, s.filters, s.kernel, gr::identity{}, s.options);
        const auto x = draw<images<T>>({count, s.height, s.width, s.channels}, 1);
        const auto w = s.window();
        gr::kernels::convolution<T> kernel;
        kernel.place(w, s.channels, s.filters, s.options.groups);
        std::size_t chunks = 0;
        kernel.each_chunk(count, [&](auto) { ++chunks; });
        CHECK(chunks >= 3);
        const auto got = through(layer, x);
        const auto dz = draw<images<T>>(got.y.shape(), 13);
        const std::size_t K = layer.theta.W.size() / s.filters, pixels = dz.size() / s.filters;
        const auto y = ref::convolution(x, w, layer.theta.W, layer.theta.b, s.options.groups);
        CHECK(difference(got.y, y) <= tolerance<T>(K));
        CHECK(difference(got.dW, ref::convolution_dW(x, w, dz, s.options.groups)) <= tolerance<T>(pixels));
        const auto dx = ref::convolution_dx(x, w, layer.theta.W, dz, s.options.groups);
        CHECK(difference(got.dx, dx) <= tolerance<T>(K * s.filters));
        gr::tensor<T, 1> db({s.filters}, T(0));
        for (std::size_t i = 0; i < dz.size(); ++i) db(i % s.filters) += dz.data()[i];
        CHECK(difference(got.db, db) <= tolerance<T>(pixels));
    };
    check({29, 30, 16, 16, 3, {}}, 7);                                   // a chunk is one or two images
    check({12, 12, 8, 16, 3, {.padding = gr::same}}, 70);                // a chunk is many images
    check({60, 61, 16, 32, 2, {.stride = 2, .padding = 1}}, 3);          // one image is about a chunk, or more
    check({16, 17, 5, 7, 3, {.padding = gr::same}}, 20);                 // the algorithm `columns`
    check({40, 40, 17, 17, 3, {.padding = gr::same, .groups = 17}}, 4);  // depthwise
}

TEST_CASE_TEMPLATE("conv2d: nothing of one batch is left in the next, of another number or size", T, float, double) {
    for (const shape& s : shapes()) {
        const auto layer = gr::conv2d<T>(s.channels, s.filters, s.kernel, gr::prelu<T>(), s.options);
        gr::cache_of<std::remove_const_t<decltype(layer)>, images<T>> c;
        const auto large = draw<images<T>>({40, s.height + 3, s.width + 5, s.channels}, 1, 50, 99);
        const auto some = draw<images<T>>({3, s.height, s.width, s.channels}, 2);
        const auto one = draw<images<T>>({1, s.height, s.width, s.channels}, 3);
        for (const images<T>& x : {large, some, one, some, large, one, one})
            CHECK(same_results(through(layer, x, c), through(layer, x)));
    }
}
TEST_CASE_TEMPLATE("conv2d: images of two sizes that `same` pads to one", T, float, double) {
    const auto layer = gr::conv2d<T>(3, 4, 3, gr::relu{}, {.stride = 2, .padding = gr::same});
    gr::cache_of<std::remove_const_t<decltype(layer)>, images<T>> c;
    const auto five = draw<images<T>>({2, 5, 5, 3}, 1), six = draw<images<T>>({2, 6, 6, 3}, 2);  // both become 7 x 7
    for (const images<T>& x : {five, six, five}) CHECK(same_results(through(layer, x, c), through(layer, x)));
}

TEST_CASE("conv2d: dx is computed only for somebody who reads it; z is kept only for an f' that reads it") {
    const auto x = draw<images<float>>({2, 5, 5, 16}, 1), dy = draw<images<float>>({2, 3, 3, 16}, 13);
    const auto layer = gr::conv2d(16, 16, 3, gr::relu{});
    gr::cache_of<std::remove_const_t<decltype(layer)>, images<float>> c;
    auto grad = layer.theta;
    (void)layer.forward(x, c);
    (void)layer.backward(x, dy, c, grad, gr::context{.input_gradient = false});
    CHECK(c.dx.shape() != x.shape());
    CHECK(c.z.shape() != dy.shape());
    c.dx = images<float>({2, 5, 5, 16}, 77.0f);
    (void)layer.backward(x, dy, c, grad, gr::context{.input_gradient = false});
    CHECK(c.dx == images<float>({2, 5, 5, 16}, 77.0f));
    CHECK(same(grad.W, through(layer, x).dW));
    const auto reads_z = gr::conv2d(16, 16, 3, gr::gelu{});
    gr::cache_of<std::remove_const_t<decltype(reads_z)>, images<float>> with_z;
    (void)through(reads_z, x, with_z);
    CHECK(with_z.z.shape() == dy.shape());
}

// Winograd's algorithm may spread a NaN over a tile of 4 x 4 results: other pixels of that image are then not checked.
TEST_CASE_TEMPLATE("conv2d: a NaN, an infinity is seen by all that reads it, and by nothing else", T, float, double) {
    for (const shape& s : shapes()) {
        INFO(s.height, " x ", s.width, " x ", s.channels, " to ", s.filters);
        auto layer = gr::conv2d<T>(s.channels, s.filters, s.kernel, gr::identity{}, s.options);
        const auto w = s.window();
        const std::size_t last = s.options.groups - 1, u = s.height / 2, v = s.width / 2, c = s.channels - 1;
        const std::size_t group_filters = s.filters / s.options.groups, group_channels = s.channels / s.options.groups;
        constexpr T infinity = std::numeric_limits<T>::infinity();
        for (const T bad : {std::numeric_limits<T>::quiet_NaN(), infinity, -infinity}) {
            auto x = draw<images<T>>({3, s.height, s.width, s.channels}, 1);
            x(1, u, v, c) = bad;
            gr::cache_of<decltype(layer), images<T>> cache;
            const images<T> y = layer.forward(x, cache);
            const bool spreads = cache.kernel.way() == gr::kernels::convolution_way::winograd;
            std::size_t wrong = 0;
            const auto expect = [&](T value, std::size_t n, bool reached) {
                if (!(spreads && n == 1 && !reached)) wrong += std::isfinite(value) == (n == 1 && reached);
            };
            for (std::size_t n = 0; n < 3; ++n)
                for (std::size_t i = 0; i < w.out.height; ++i)
                    for (std::size_t j = 0; j < w.out.width; ++j)
                        for (std::size_t o = 0; o < s.filters; ++o)
                            expect(y(n, i, j, o), n, o / group_filters == last && reads(w, i, j, u, v));
            CHECK(wrong == 0);

            x(1, u, v, c) = 0;
            auto dy = draw<images<T>>(y.shape(), 2);
            const std::size_t i = w.out.height / 2, j = w.out.width / 2, o = s.filters - 1;
            dy(1, i, j, o) = bad;
            auto grad = layer.theta;
            (void)layer.forward(x, cache);
            const auto& dx = layer.backward(x, dy, cache, grad);
            for (std::size_t n = 0; n < 3; ++n)
                for (std::size_t a = 0; a < s.height; ++a)
                    for (std::size_t b = 0; b < s.width; ++b)
                        for (std::size_t k = 0; k < s.channels; ++k)
                            expect(dx(n, a, b, k), n, k / group_channels == last && reads(w, i, j, a, b));
            CHECK(wrong == 0);
            wrong = 0;
            for (std::size_t k = 0; k < grad.W.size(); ++k) wrong += std::isfinite(grad.W.data()[k]) == (k % s.filters == o);
            CHECK(wrong == 0);
            for (std::size_t k = 0; k < s.filters; ++k) CHECK(std::isfinite(grad.b(k)) == (k != o));
        }
    }
}

TEST_CASE("conv2d: softmax over the channels sums to 1 in each pixel") {
    const auto layer = gr::conv2d<double>(3, 5, 3, gr::softmax{}, {.padding = gr::same});
    gr::cache_of<std::remove_const_t<decltype(layer)>, images<double>> c;
    const auto& p = layer.forward(draw<images<double>>({2, 4, 5, 3}, 1), c);
    for (std::size_t pixel = 0; pixel < 40; ++pixel) {
        double sum = 0;
        for (std::size_t o = 0; o < 5; ++o) sum += p.data()[pixel * 5 + o];
        CHECK(std::abs(sum - 1) <= 1e-12);
    }
}
