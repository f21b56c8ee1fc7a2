// Masks: masked steps and earlier batches do not affect the results.
#include <algorithm>
#include <limits>
#include <tuple>

#include "kinds.hpp"

namespace gr = gradus;
using support::difference;
using support::draw;
using support::each_kind;
using support::run;
using support::same;
using support::tensor;

TEST_CASE_TEMPLATE("recurrent: padding on either side changes nothing, whatever it is filled with", T, float, double) {
    for (const bool reverse : {false, true})
        each_kind<T>(
            []<class L>(const L& layer) {
                CAPTURE(L::name);
                CAPTURE(layer.options.reverse);
                const auto x = draw<tensor<T, 3>>({2, 3, 4}, 1), dy = draw<tensor<T, 3>>({2, 3, 9}, 2);
                run<L> bare(layer), padded(layer);
                bare(x, dy);
                tensor<T, 3> wide_x({2, 7, 4}, T(1e6)), wide_dy({2, 7, 9}, T(0));
                padded.pass.mask = tensor<bool, 2>({2, 7}, false);
                const std::size_t first[] = {4, 1};  // the first valid step of each row
                for (std::size_t n = 0; n < 2; ++n)
                    for (std::size_t t = 0; t < 3; ++t) {
                        padded.pass.mask(n, first[n] + t) = true;
                        std::copy_n(&x(n, t, 0), 4, &wide_x(n, first[n] + t, 0)),
                            std::copy_n(&dy(n, t, 0), 9, &wide_dy(n, first[n] + t, 0));
                    }
                padded(wide_x, wide_dy);
                const auto& [y, dx] = std::tie(padded.pass.cache.y, padded.pass.cache.dx);
                for (std::size_t n = 0; n < 2; ++n)
                    for (std::size_t t = 0; t < 7; ++t) {
                        const bool there = padded.pass.mask(n, t);
                        const bool before = layer.options.reverse ? t >= first[n] + 3 : t < first[n];
                        const std::size_t end = layer.options.reverse ? 0 : 2;
                        const std::size_t at = there ? t - first[n] : end;  // the step whose y is at t
                        for (std::size_t j = 0; j < 9; ++j)
                            CHECK(difference(double(y(n, t, j)), before ? 0.0 : double(bare.pass.cache.y(n, at, j))) <=
                                  support::tolerance<T>(13));
                        for (std::size_t d = 0; d < 4; ++d)
                            CHECK(difference(double(dx(n, t, d)), there ? double(bare.pass.cache.dx(n, at, d)) : 0.0) <=
                                  support::tolerance<T>(36));
                    }
                CHECK(difference(padded.pass.cache.last.h, bare.pass.cache.last.h) <= support::tolerance<T>(13));
                gr::each([](const auto&, const auto& a, const auto& b) { CHECK(difference(a, b) <= support::tolerance<T>(60)); },
                         padded.grad.values, bare.grad.values);
            },
            {.reverse = reverse});
}

TEST_CASE("recurrent: a mask of trues is none; one of falses gives the initial state") {
    each_kind<double>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        const auto x = draw<tensor<double, 3>>({2, 3, 4}, 1), dy = draw<tensor<double, 3>>({2, 3, 9}, 2);
        run<L> bare(layer), masked(layer);
        bare(x, dy);
        masked.pass.mask = tensor<bool, 2>({2, 3}, true);
        masked(x, dy);
        CHECK(bare == masked);
        masked.pass.mask.fill(false);
        const auto h = draw<tensor<double, 2>>({2, 9}, 3), c = draw<tensor<double, 2>>({2, 9}, 4);
        masked.pass.cache.initial = support::state_of<L>(h, c);
        masked(x, dy);
        CHECK(same(masked.pass.cache.last.h, h));
        if constexpr (support::has_c<L>) CHECK(same(masked.pass.cache.last.c, c));
        CHECK(masked.pass.cache.dx == tensor<double, 3>({2, 3, 4}, 0.0));
        gr::each([](const gr::entry&, const auto& g) { for (double v : g) CHECK(v == 0); }, masked.grad.values);
    });
}

TEST_CASE("recurrent: what an earlier forward left in the cache is nowhere in the next, be it not a number") {
    each_kind<float>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        const auto x = draw<tensor<float, 3>>({3, 5, 4}, 1), dy = draw<tensor<float, 3>>({3, 5, 9}, 2);
        const tensor<float, 3> nan(x.shape(), std::numeric_limits<float>::quiet_NaN());
        run<L> fresh(layer), used(layer);
        used(nan, dy);
        REQUIRE_FALSE(support::finite(used.pass.cache.y));
        for (run<L>* r : {&fresh, &used}) r->pass.mask = support::draw_mask(3, 5, 7);
        fresh(x, dy), used(x, dy);
        CHECK(support::finite(fresh.pass.cache.y));
        CHECK(fresh == used);
    });
}

TEST_CASE("recurrent: what x holds where the mask leaves a step out is nowhere in the gradients, be it not a number") {
    each_kind<float>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        auto x = draw<tensor<float, 3>>({3, 5, 4}, 1), padded = x;
        const auto dy = draw<tensor<float, 3>>({3, 5, 9}, 2);
        run<L> zeros(layer), nans(layer);
        zeros.pass.mask = nans.pass.mask = support::draw_mask(3, 5, 7);
        REQUIRE(std::ranges::count(zeros.pass.mask, false) > 0);
        for (std::size_t i = 0; i < x.size(); ++i)
            if (!zeros.pass.mask.data()[i / 4]) x.data()[i] = 0, padded.data()[i] = std::numeric_limits<float>::quiet_NaN();
        zeros(x, dy), nans(padded, dy);
        CHECK(zeros == nans);
    });
}

TEST_CASE("recurrent: repeated, forward and backward give the same; batches and lengths may shrink and grow on one cache") {
    each_kind<float>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        const auto x = draw<tensor<float, 3>>({5, 6, 4}, 1), dy = draw<tensor<float, 3>>({5, 6, 9}, 2);
        run<L> once(layer), often(layer);
        once(x, dy);
        often(draw<tensor<float, 3>>({2, 9, 4}, 3), draw<tensor<float, 3>>({2, 9, 9}, 4));
        often(draw<tensor<float, 3>>({7, 1, 4}, 3), draw<tensor<float, 3>>({7, 1, 9}, 4));
        often(x, dy);
        CHECK(once == often);
        (void)gr::backward(layer, x, dy, often.pass, often.grad.values);  // again for the same forward
        CHECK(once == often);
    });
}

TEST_CASE("recurrent.dx: only for somebody who reads it") {
    const auto layer = gr::gru(4, 9);
    run only(layer);
    only.pass.input_gradient = false;
    only(draw<tensor<float, 3>>({2, 3, 4}, 1), draw<tensor<float, 3>>({2, 3, 9}, 2));
    CHECK(only.pass.cache.dx.size() == 0);
}
