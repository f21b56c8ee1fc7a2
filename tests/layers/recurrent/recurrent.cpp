// Tests for all recurrent layers: the loop over time, chunks, truncation and direction.
#include "gradus/layers/recurrent/recurrent.hpp"

#include <algorithm>

#include "gradus/nn/state.hpp"
#include "kinds.hpp"

namespace gr = gradus;
using support::difference;
using support::draw;
using support::each_kind;
using support::run;
using support::steps_of;
using support::tensor;
using support::with_random_theta;

namespace {

template <class T>
tensor<T, 3> backwards(const tensor<T, 3>& x) {
    tensor<T, 3> out(x.shape());
    for (std::size_t n = 0, steps = x.shape()[1]; n < x.shape()[0]; ++n)
        for (std::size_t t = 0; t < steps; ++t) std::copy_n(&x(n, t, 0), x.shape()[2], &out(n, steps - 1 - t, 0));
    return out;
}

}  // namespace

TEST_CASE_TEMPLATE("recurrent.forward: the layer is the loop over its step", T, float, double) {
    each_kind<T>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        const auto x = draw<tensor<T, 3>>({3, 6, 4}, 1);
        run<L> whole(layer);
        const auto& y = gr::forward(layer, x, whole.pass);
        typename L::state s;  // zeros
        for (std::size_t t = 0; t < 6; ++t) {
            tensor<T, 2> x_t({3, 4}), y_t({3, 9});
            for (std::size_t n = 0; n < 3; ++n)
                std::copy_n(&x(n, t, 0), 4, &x_t(n, 0)), std::copy_n(&y(n, t, 0), 9, &y_t(n, 0));
            s = layer.step(x_t, s);
            CHECK(difference(s.h, y_t) <= support::tolerance<T>(13));
        }
        CHECK(difference(s.h, whole.pass.cache.last.h) <= support::tolerance<T>(13));
        if constexpr (support::has_c<L>) CHECK(difference(s.c, whole.pass.cache.last.c) <= support::tolerance<T>(13));
    });
}

TEST_CASE_TEMPLATE("recurrent.forward: chunks that carry their state are the whole sequence", T, float, double) {
    each_kind<T>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        const auto x = draw<tensor<T, 3>>({3, 7, 4}, 1);
        run<L> whole(layer), chunked(layer);
        const auto& y = gr::forward(layer, x, whole.pass);
        const std::size_t borders[] = {0, 3, 4, 7};
        for (std::size_t k = 0; k + 1 < 4; ++k) {
            gr::carry_state(layer, chunked.pass);
            const auto chunk = gr::forward(layer, steps_of(x, borders[k], borders[k + 1]), chunked.pass);
            CHECK(difference(chunk, steps_of(y, borders[k], borders[k + 1])) <= support::tolerance<T>(13));
        }
        CHECK(difference(chunked.pass.cache.last.h, whole.pass.cache.last.h) <= support::tolerance<T>(13));
        gr::forget_state(layer, chunked.pass);
        CHECK(difference(gr::forward(layer, x, chunked.pass), y) <= support::tolerance<T>(13));
    });
}

TEST_CASE_TEMPLATE("recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: "
                   "truncated, they are those of chunks that carry only their state", T, float, double) {
    each_kind<T>(
        []<class L>(const L& layer) {
            CAPTURE(L::name);
            const auto x = draw<tensor<T, 3>>({3, 8, 4}, 1), dy = draw<tensor<T, 3>>({3, 8, 9}, 2);
            run<L> truncated(layer), chunked(layer);
            truncated(x, dy);
            gr::gradients total(layer);
            for (std::size_t from = 0; from < 8; from += 3) {  // 3, 3 and 2 steps
                const std::size_t to = std::min<std::size_t>(from + 3, 8);
                gr::carry_state(layer, chunked.pass);
                chunked(steps_of(x, from, to), steps_of(dy, from, to));
                total += chunked.grad;
                CHECK(difference(chunked.pass.cache.dx, steps_of(truncated.pass.cache.dx, from, to)) <=
                      support::tolerance<T>(50));
            }
            gr::each([](const auto&, const auto& a, const auto& b) { CHECK(difference(a, b) <= support::tolerance<T>(100)); },
                     truncated.grad.values, total.values);
        },
        {.truncate = 3});
}

TEST_CASE("recurrent.dx: truncated after every step, no step learns from a later one") {
    each_kind<double>(
        []<class L>(const L& layer) {
            auto dy = draw<tensor<double, 3>>({2, 4, 9}, 2);
            for (std::size_t n = 0; n < 2; ++n) std::fill_n(&dy(n, 0, 0), 27, 0.0);  // dy is 0 except at the last step
            run<L> only(layer);
            only(draw<tensor<double, 3>>({2, 4, 4}, 1), dy);
            const auto& dx = only.pass.cache.dx;
            CHECK(steps_of(dx, 0, 3) == tensor<double, 3>({2, 3, 4}, 0.0));
            CHECK(steps_of(dx, 3, 4) != tensor<double, 3>({2, 1, 4}, 0.0));
        },
        {.truncate = 1});
    // truncation after as many steps as the sequence has no effect
    auto whole = with_random_theta(gr::lstm<double>(4, 9)), longer = whole;
    longer.options.truncate = 4;
    const auto x = draw<tensor<double, 3>>({2, 4, 4}, 1), dy = draw<tensor<double, 3>>({2, 4, 9}, 2);
    run a(whole), b(longer);
    a(x, dy), b(x, dy);
    CHECK(a == b);
}

TEST_CASE_TEMPLATE("recurrent.forward, recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: "
                   "the textbook's twin where products are large", T, float, double) {
    const auto check = [](const auto& layer, std::size_t N, std::size_t steps) {
        support::sequence_case s{
            .N = N, .steps = steps, .D = 28, .H = layer.units(), .initial_input = true, .last_gradient = true};
        s.mask = support::draw_mask(N, steps, N);
        support::equals_twin(layer, s);
    };
    const auto of = [](auto layer) {
        gr::each(
            [](const gr::entry& e, auto& p) {
                if (p.size() < 1000) p = draw<std::remove_cvref_t<decltype(p)>>(p.shape(), e.key(3));
            },
            layer);
        return layer;  // W and U keep their default draw, so that gates do not saturate with sums of so many terms
    };
    check(of(gr::lstm<T>(28, 130)), 33, 3);
    check(of(gr::lstm<T>(28, 128)), 1, 12);
    check(of(gr::gru<T>(28, 130, {.reverse = true})), 17, 4);
    check(of(gr::gru_reset_before<T>(28, 130)), 17, 4);
    check(of(gr::rnn<T>(28, 200)), 64, 4);
    check(of(gr::peephole_lstm<T>(28, 65)), 40, 2);
}

TEST_CASE_TEMPLATE("recurrent: reversed, it is the layer of the reversed sequence", T, float, double) {
    each_kind<T>([]<class L>(const L& layer) {
        CAPTURE(L::name);
        L reversed = layer;
        reversed.options.reverse = true;
        const auto x = draw<tensor<T, 3>>({3, 5, 4}, 1), dy = draw<tensor<T, 3>>({3, 5, 9}, 2);
        run<L> there(layer), back(reversed);
        there(backwards(x), backwards(dy)), back(x, dy);
        CHECK(difference(back.pass.cache.y, backwards(there.pass.cache.y)) <= support::tolerance<T>(13));
        CHECK(difference(back.pass.cache.dx, backwards(there.pass.cache.dx)) <= support::tolerance<T>(36));
        CHECK(difference(back.pass.cache.last.h, there.pass.cache.last.h) <= support::tolerance<T>(13));
        gr::each(
            [](const gr::entry&, const auto& a, const auto& b) { CHECK(difference(a, b) <= support::tolerance<T>(60)); },
            back.grad.values, there.grad.values);
    });
}
