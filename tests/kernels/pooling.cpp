// labels: computes
#include "gradus/kernels/pooling.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/some_of.hpp"
#include "gradus/reference/pooling.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;

namespace {

using support::draw;
template <class T>
using images = gr::tensor<T, 4>;

/// A tensor of NaN with a guard behind it: what a kernel must assign wholly, and not overrun.
template <class T>
struct target {
    gr::tensor<T, 1> memory;
    images<T> expected;

    explicit target(images<T> e) : memory({e.size() + 2 * k::width<T>}, std::numeric_limits<T>::quiet_NaN()), expected(std::move(e)) {}
    T* data() { return memory.data(); }
    images<T> value() const {
        CHECK(std::all_of(memory.begin() + static_cast<std::ptrdiff_t>(expected.size()), memory.end(), [](T v) { return v != v; }));
        images<T> out(expected.shape());
        std::copy_n(memory.data(), out.size(), out.data());
        return out;
    }
};

template <class T>
void equals_reference(const images<T>& x, const gr::window2d& w) {
    const k::pooled_images of{x.shape()[0], x.shape()[3], w};
    target<T> y(gr::reference::max_pool(x, w));
    k::max_pool(of, x.data(), y.data());
    CHECK(support::same(y.value(), y.expected));
    const auto dy = draw<images<T>>(y.expected.shape(), 2);
    target<T> dx(gr::reference::max_pool_backward(x, dy, w));
    k::max_pool_backward(of, x.data(), y.data(), dy.data(), dx.data());
    CHECK(support::difference(dx.value(), dx.expected) <= support::tolerance<T>(w.kernel.area()));

    for (const bool count_padding : {false, true}) {
        target<T> mean(gr::reference::average_pool(x, w, count_padding));
        k::average_pool(of, count_padding, x.data(), mean.data());
        CHECK(support::difference(mean.value(), mean.expected) <= support::tolerance<T>(w.kernel.area()));
        target<T> back(gr::reference::average_pool_backward(x, dy, w, count_padding));
        k::average_pool_backward(of, count_padding, dy.data(), back.data());
        CHECK(support::difference(back.value(), back.expected) <= support::tolerance<T>(w.kernel.area()));
    }
}

}  // namespace

TEST_CASE_TEMPLATE("max_pool2d.forward, max_pool2d.backward, average_pool2d.forward, average_pool2d.backward: the reference, at every size",
                   T, float, double) {
    support::some_of some(8);
    for (const std::size_t channels : {1u, 2u, 3u, 7u, 8u, 15u, 16u, 17u, 24u, 33u})
        for (const gr::size2d in : {gr::size2d(1), gr::size2d(2), gr::size2d(3, 5), gr::size2d(7, 4), gr::size2d(9, 10)})
            for (const gr::size2d kernel : {gr::size2d(1), gr::size2d(2), gr::size2d(3), gr::size2d(1, 3), gr::size2d(5, 2)})
                for (const gr::size2d stride : {gr::size2d(1), gr::size2d(2), gr::size2d(3), gr::size2d(1, 4), gr::size2d(6, 2)})
                    for (const gr::padding2d padding : {gr::valid, gr::same, gr::padding2d(1), gr::padding2d(1, 0, 0, 1)}) {
                        if (!padding.is_same && (padding.top >= kernel.height || padding.right >= kernel.width)) continue;
                        if (!padding.is_same && (in.height + padding.bottom < kernel.height || in.width < kernel.width)) continue;
                        if (!some()) continue;
                        CAPTURE(some.seed);
                        CAPTURE(channels);
                        CAPTURE(gr::message({in.array(), " ", kernel.array(), " ", stride.array(), " ", padding.bottom}));
                        const auto w = gr::window::place("pool", in, kernel, stride, padding);
                        equals_reference(draw<images<T>>({2, in.height, in.width, channels}, channels), w);
                    }
}

TEST_CASE_TEMPLATE("max_pool2d.backward: of many that are equal the first, as the reference", T, float, double) {
    for (const std::size_t channels : {1u, 5u, 16u, 19u})
        for (const std::size_t stride : {1u, 2u, 3u}) {
            auto x = draw<images<T>>({3, 8, 9, channels}, stride);
            for (T& v : x) v = v < T(-0.5) ? -std::numeric_limits<T>::infinity() : v < T(0.3) ? T(0) : T(1);
            const auto w = gr::window::place("pool", {8, 9}, {2, 3}, stride, {1, 1});
            const k::pooled_images of{3, channels, w};
            target<T> y(gr::reference::max_pool(x, w));
            k::max_pool(of, x.data(), y.data());
            CHECK(support::same(y.value(), y.expected));
            const auto dy = draw<images<T>>(y.expected.shape(), 2);
            target<T> dx(gr::reference::max_pool_backward(x, dy, w));
            k::max_pool_backward(of, x.data(), y.data(), dy.data(), dx.data());
            CHECK(support::difference(dx.value(), dx.expected) <= support::tolerance<T>(6));
        }
}
