// labels: computes products
#include "gradus/kernels/convolution/convolution.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <limits>
#include <vector>

#include "../../support/close.hpp"
#include "../../support/draw.hpp"
#include "gradus/reference/convolution.hpp"

namespace gr = gradus;
namespace k = gradus::kernels;
namespace ref = gradus::reference;

namespace {

using support::difference;
using support::draw;
using support::tolerance;
using way = k::convolution_way;

/// Images, filters and how they meet.
struct sizes {
    std::size_t n;
    gr::size2d in;
    std::size_t channels, filters;
    gr::size2d kernel = 3, stride = 1;
    gr::padding2d padding = gr::valid;
    gr::size2d dilation = 1;
    std::size_t groups = 1;

    [[nodiscard]] gr::window2d window() const { return gr::window::place("test", in, kernel, stride, padding, dilation); }
    [[nodiscard]] k::convolution_shape shape() const { return {window(), channels, filters, groups}; }
};

/// One convolution. Buffers have exactly the numbers that they need, and what is to be assigned is
/// NaN before: sanitizers see who reads or writes beyond, the numbers show who leaves something out.
template <class T>
struct case_of {
    const sizes& s;
    gr::window2d w;
    gr::tensor<T, 4> x, W, dz, z, dW, dx;
    gr::tensor<T, 1> b;

    explicit case_of(const sizes& given) : s(given), w(given.window()) {
        constexpr T nan = std::numeric_limits<T>::quiet_NaN();
        x = draw<gr::tensor<T, 4>>({s.n, s.in.height, s.in.width, s.channels}, 1);
        W = draw<gr::tensor<T, 4>>({s.kernel.height, s.kernel.width, s.channels / s.groups, s.filters}, 2);
        b = draw<gr::tensor<T, 1>>({s.filters}, 3);
        dz = draw<gr::tensor<T, 4>>({s.n, w.out.height, w.out.width, s.filters}, 4);
        z = gr::tensor<T, 4>(dz.shape(), nan), dW = gr::tensor<T, 4>(W.shape(), nan), dx = gr::tensor<T, 4>(x.shape(), nan);
    }
    /// Both gradients at once, or each alone.
    void run(k::convolution<T>& convolution, bool at_once = true) {
        convolution.each_chunk(s.n, [&](k::image_range chunk) {
            const std::size_t at = chunk.first * w.out.area() * s.filters;
            convolution.forward(chunk, x.data(), W.data(), b.data(), z.data() + at);
            if (at_once) {
                convolution.gradients(chunk, x.data(), dz.data() + at, W.data(), dW.data(), dx.data());
            } else {
                convolution.input_gradient(chunk, dz.data() + at, W.data(), dx.data());
                convolution.weights_gradient(chunk, x.data(), dz.data() + at, dW.data());
            }
        });
    }
};

/// The twin's results. They take the time here, so that every way is compared with the same.
template <class T>
struct twin {
    gr::tensor<T, 4> z, dW, dx;

    explicit twin(const case_of<T>& c)
        : z(ref::convolution(c.x, c.w, c.W, c.b, c.s.groups)),
          dW(ref::convolution_dW(c.x, c.w, c.dz, c.s.groups)),
          dx(ref::convolution_dx(c.x, c.w, c.W, c.dz, c.s.groups)) {}
    void check(const case_of<T>& c) const {
        const sizes& s = c.s;
        INFO(s.n, " images of ", s.in.height, " x ", s.in.width, " x ", s.channels, " to ", s.filters);
        INFO("kernel ", s.kernel.height, " x ", s.kernel.width, ", stride ", s.stride.height, " x ", s.stride.width,
             ", dilation ", s.dilation.height, " x ", s.dilation.width, ", groups ", s.groups);
        const std::size_t K = c.W.size() / s.filters, pixels = c.dz.size() / s.filters;
        CHECK(difference(c.z, z) <= tolerance<T>(K));
        CHECK(difference(c.dW, dW) <= tolerance<T>(pixels));
        CHECK(difference(c.dx, dx) <= tolerance<T>(s.kernel.area() * s.filters));
    }
};

/// Whole registers of filters, for registers of 2 to 16 numbers; pixels, channels and depths beside the tiles.
std::vector<sizes> of_whole_registers() {
    return {{1, {3, 3}, 1, 16},
            {1, {1, 1}, 1, 16, 1},
            {1, {5, 6}, 3, 32},
            {2, {4, 7}, 16, 16},
            {3, {5, 5}, 16, 48, {2, 3}},
            {1, {6, 4}, 17, 80, 2},
            {2, {7, 9}, 32, 16, 3, {2, 1}},
            {1, {8, 9}, 16, 64, 3, {1, 3}, gr::same},
            {2, {9, 8}, 4, 32, {4, 2}, 2, {2, 1, 0, 3}},
            {1, {9, 10}, 16, 32, 3, 1, gr::same, 2},
            {2, {9, 9}, 5, 16, {3, 2}, 2, gr::same, {2, 3}},
            {1, {12, 11}, 48, 16, 3},                   // deeper than a panel of W
            {1, {7, 4}, 300, 16, {2, 1}},               // one tap is deeper than a panel
            {1, {6, 6}, 160, 16, 2, 1, gr::valid, 2},   // taps apart, two panels
            {20, {2, 2}, 16, 16, 2},                    // tiles of pixels of many images
            {25, {13, 11}, 16, 32, 3, 1, gr::same},     // several chunks
            {3, {50, 41}, 16, 16, 3}};                  // images about as large as a chunk
}
/// What only the column matrix can do, too.
std::vector<sizes> of_any_size() {
    return {{1, {3, 3}, 1, 1},
            {2, {1, 1}, 1, 1, 1},
            {3, {5, 4}, 3, 5, {2, 3}},
            {1, {6, 7}, 8, 12, 3, 1, gr::same, 1, 4},
            {2, {7, 5}, 6, 4, 2, {1, 2}, {0, 1, 2, 0}, {2, 1}, 2},
            {2, {4, 5}, 3, 9, {2, 1}, 1, gr::valid, 1, 3},
            {1, {5, 5}, 17, 33, 3},
            {9, {20, 17}, 5, 7, 3, 1, gr::same},
            {1, {70, 60}, 4, 3, 5}};
}
std::vector<sizes> of_depthwise() {
    std::vector<sizes> all;
    for (const std::size_t C : {1u, 2u, 3u, 4u, 7u, 8u, 15u, 16u, 17u, 33u, 48u}) {
        all.push_back({2, {5, 6}, C, C, 3, 1, gr::same, 1, C});
        all.push_back({1, {7, 4}, C, C, {2, 3}, {2, 1}, {1, 0, 0, 2}, {1, 2}, C});
        all.push_back({1, {1, 1}, C, C, 1, 1, gr::valid, 1, C});
    }
    all.push_back({9, {30, 31}, 17, 17, 3, 2, gr::same, 1, 17});
    return all;
}

const std::vector<sizes>& all_sizes() {
    static const std::vector<sizes> all = [] {
        std::vector<sizes> v = of_whole_registers();
        for (const auto& more : {of_any_size(), of_depthwise()}) v.insert(v.end(), more.begin(), more.end());
        return v;
    }();
    return all;
}

/// By one way, on memory of its own and on one that other shapes have used.
template <class T>
std::size_t equals_reference(bool (*serves)(const sizes&), way by) {
    static const auto twins = [] {
        std::vector<twin<T>> v;
        for (const sizes& s : all_sizes()) v.emplace_back(case_of<T>(s));
        return v;
    }();
    k::convolution<T> used;
    std::size_t served = 0;
    for (std::size_t i = 0; i < twins.size(); ++i) {
        const sizes& s = all_sizes()[i];
        if (!serves(s)) continue;
        ++served;
        k::convolution<T> fresh;
        for (k::convolution<T>* convolution : {&fresh, &used}) {
            case_of<T> c(s);
            convolution->place(c.w, s.channels, s.filters, s.groups, by);
            CHECK(convolution->shape() == s.shape());
            if (by != way::fastest) CHECK(convolution->way() == by);
            c.run(*convolution, convolution == &used);
            twins[i].check(c);
        }
    }
    return served;
}

}  // namespace

TEST_CASE_TEMPLATE("convolution.implicit, convolution.implicit_dW, convolution.implicit_dx: its twin", T, float, double) {
    const auto serves = [](const sizes& s) { return s.groups == 1 && s.filters % 16 == 0; };
    CHECK(equals_reference<T>(serves, way::implicit) == of_whole_registers().size());
}
TEST_CASE_TEMPLATE("convolution.columns, convolution.columns_dW, convolution.columns_dx: its twin", T, float, double) {
    CHECK(equals_reference<T>([](const sizes&) { return true; }, way::columns) == all_sizes().size());
}
TEST_CASE_TEMPLATE("convolution.depthwise, convolution.depthwise_dW, convolution.depthwise_dx: its twin", T, float, double) {
    const auto serves = [](const sizes& s) { return s.groups == s.channels && s.groups == s.filters; };
    CHECK(equals_reference<T>(serves, way::depthwise) >= of_depthwise().size());
}
TEST_CASE_TEMPLATE("convolution: by Winograd's tiles, its twin", T, float, double) {
    const auto serves = [](const sizes& s) { return k::winograd::serves(s.shape()); };
    CHECK(equals_reference<T>(serves, way::winograd) >= 9);
}
TEST_CASE_TEMPLATE("convolution.forward, convolution.dW, convolution.dx: their twin, by any way", T, float, double) {
    CHECK(equals_reference<T>([](const sizes&) { return true; }, way::fastest) == all_sizes().size());
}

TEST_CASE("convolution.forward, convolution.dW, convolution.dx: by hand, each way") {
    // 1 2 3 * 10 1 + 5: windows (1 2), (2 3)
    const sizes s{1, {1, 3}, 1, 1, {1, 2}};
    for (const way by : {way::columns, way::depthwise}) {
        case_of<double> c(s);
        c.x = {{{{1}, {2}, {3}}}}, c.W = {{{{10}}, {{1}}}}, c.b = {5}, c.dz = {{{{2}, {3}}}};
        k::convolution<double> convolution;
        convolution.place(c.w, s.channels, s.filters, s.groups, by);
        c.run(convolution);
        CHECK(c.z == gr::tensor<double, 4>{{{{17}, {28}}}});
        CHECK(c.dW == gr::tensor<double, 4>{{{{2 * 1 + 3 * 2}}, {{2 * 2 + 3 * 3}}}});
        CHECK(c.dx == gr::tensor<double, 4>{{{{20}, {2 + 30}, {3}}}});
    }
    // the same for each of 16 filters: filter o times o
    const sizes wide{1, {1, 3}, 1, 16, {1, 2}};
    case_of<double> c(wide);
    c.x = {{{{1}, {2}, {3}}}};
    for (std::size_t o = 0; o < 16; ++o) {
        const auto times = static_cast<double>(o);
        c.W(0, 0, 0, o) = 10 * times, c.W(0, 1, 0, o) = times, c.b(o) = 5, c.dz(0, 0, 0, o) = 2, c.dz(0, 0, 1, o) = 3;
    }
    k::convolution<double> convolution;
    convolution.place(c.w, wide.channels, wide.filters, wide.groups, way::implicit);
    c.run(convolution);
    for (std::size_t o = 0; o < 16; ++o) {
        const auto times = static_cast<double>(o);
        CHECK(c.z(0, 0, 0, o) == 12 * times + 5);
        CHECK(c.z(0, 0, 1, o) == 23 * times + 5);
        CHECK(c.dW(0, 0, 0, o) == 8);
        CHECK(c.dW(0, 1, 0, o) == 13);
    }
    CHECK(c.dx == gr::tensor<double, 4>{{{{20 * 120}, {32 * 120}, {3 * 120}}}});  // 0 + 1 + ... + 15 = 120
}

TEST_CASE_TEMPLATE("convolution: which way for which shape", T, float, double) {
    const auto chosen = [](std::size_t channels, std::size_t filters, std::size_t groups = 1) {
        k::convolution<T> convolution;
        convolution.place(gr::window::place("test", 5, 3, 1, gr::same), channels, filters, groups);
        return convolution.way();
    };
    constexpr std::size_t V = k::width<T>;
    CHECK(chosen(16, 16, 16) == way::depthwise);
    CHECK(chosen(3, 3, 3) == way::depthwise);
    CHECK(chosen(16, 32, 16) == way::columns);  // two filters for each channel
    CHECK(chosen(16, 32, 2) == way::columns);
    CHECK(chosen(V - 1, V + 1) == way::columns);
#if GRADUS_USE_BLAS
    const bool blas_is_wider = gr::blas_info().register_bits > static_cast<int>(8 * V * sizeof(T));
#else
    const bool blas_is_wider = false;
#endif
    const auto without_blas = [&](way by) { return blas_is_wider ? way::columns : by; };
    CHECK(chosen(1, V) == without_blas(way::implicit));
    CHECK(chosen(V - 1, 4 * V) == without_blas(way::implicit));
    CHECK(chosen(16, 16) == without_blas(way::winograd));
    CHECK(chosen(16, 17) == without_blas(way::winograd));
    CHECK(chosen(17, 48) == without_blas(way::winograd));
    CHECK(chosen(15, 16) == without_blas(way::implicit));
    // not 3 x 3, in steps, apart; one result, for which a tile makes sixteen
    for (const sizes& s : {sizes{1, 5, 16, 16, {3, 2}}, sizes{1, 5, 16, 16, 3, 2}, sizes{1, 7, 16, 16, 3, 1, gr::valid, {1, 2}},
                           sizes{1, 3, 16, 16}}) {
        k::convolution<T> convolution;
        convolution.place(s.window(), s.channels, s.filters, s.groups);
        CHECK(convolution.way() == without_blas(way::implicit));
    }
}

TEST_CASE("convolution: chunks are the batch, in order, of as many images as their memory allows") {
    k::convolution<float> convolution;
    const auto cut = [&](const sizes& s, way by) {
        convolution.place(s.window(), s.channels, s.filters, s.groups, by);
        std::vector<std::size_t> counts;
        std::size_t next = 0;
        convolution.each_chunk(s.n, [&](k::image_range chunk) {
            CHECK(chunk.first == next);
            CHECK(chunk.count >= 1);
            CHECK(chunk.last == (next + chunk.count == s.n));
            next += chunk.count;
            counts.push_back(chunk.count);
        });
        CHECK(next == s.n);
        return counts;
    };
    // 2¹⁸ bytes are 65536 floats. x 34 x 34 x 16 and z 32 x 32 x 16 are 34880; windows, 100 x 72: 7200
    CHECK(cut({3, {32, 32}, 16, 16, 3, 1, gr::same}, way::implicit) == std::vector<std::size_t>{1, 1, 1});
    CHECK(cut({20, {10, 10}, 8, 3, 3, 1, gr::same}, way::columns) == std::vector<std::size_t>{9, 9, 2});
    CHECK(cut({2, {300, 300}, 3, 3, 3, 1, gr::same, 1, 3}, way::depthwise) == std::vector<std::size_t>{1, 1});
}
