// labels: threads
// What all recurrent layers have in common: the loop over time, its borders, states and masks.
#include "recurrent.hpp"

#include <limits>
#include <thread>
#include <tuple>
#include <vector>

#include "gradus/core/paths.hpp"
#include "gradus/core/state.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/layers/gru.hpp"
#include "gradus/layers/lstm.hpp"
#include "gradus/layers/rnn.hpp"
#include "gradus/losses/cross_entropy.hpp"
#include "gradus/model/repeat.hpp"
#include "gradus/model/sequential.hpp"

#include "../support/message.hpp"

namespace gr = gradus;
using support::difference;
using support::draw;
using support::same;
using support::tensor;
using support::with_random_theta;

namespace {

/// f(layer) of each kind, D = 4, H = 9, with random parameters.
template <class T>
void each_kind(auto&& f, gr::recurrent_options o = {}) {
    f(with_random_theta(gr::rnn<T>(4, 9, gr::tanh{}, o)));
    f(with_random_theta(gr::lstm<T>(4, 9, {o.reverse, o.truncate})));
    f(with_random_theta(gr::peephole_lstm<T>(4, 9, {o.reverse, o.truncate})));
    f(with_random_theta(gr::gru<T>(4, 9, o)));
    f(with_random_theta(gr::gru_reset_before<T>(4, 9, o)));
}

/// Steps `from` to `to` of every row.
template <class T>
tensor<T, 3> steps_of(const tensor<T, 3>& x, std::size_t from, std::size_t to) {
    tensor<T, 3> out({x.shape()[0], to - from, x.shape()[2]});
    for (std::size_t n = 0; n < x.shape()[0]; ++n) std::copy_n(&x(n, from, 0), out.size() / x.shape()[0], &out(n, 0, 0));
    return out;
}
template <class T>
tensor<T, 3> backwards(const tensor<T, 3>& x) {
    tensor<T, 3> out(x.shape());
    for (std::size_t n = 0, steps = x.shape()[1]; n < x.shape()[0]; ++n)
        for (std::size_t t = 0; t < steps; ++t) std::copy_n(&x(n, t, 0), x.shape()[2], &out(n, steps - 1 - t, 0));
    return out;
}

/// A layer run forward and backward.
template <class L>
struct run {
    using T = typename L::scalar;
    const L& layer;
    gr::pass<L, tensor<T, 3>> pass;
    gr::gradients<L> grad;

    explicit run(const L& l) : layer(l), pass(l), grad(l) { pass.input_gradient = true; }
    void operator()(const tensor<T, 3>& x, const tensor<T, 3>& dy) {
        (void)gr::forward(layer, x, pass);
        (void)gr::backward(layer, x, dy, pass, grad.values);
    }
    /// Bit for bit.
    [[nodiscard]] bool operator==(run& other) {
        bool equal = same(pass.cache.y, other.pass.cache.y) && same(pass.cache.dx, other.pass.cache.dx) &&
                     same(pass.cache.last.h, other.pass.cache.last.h);
        gr::each([&](const gr::entry&, const auto& a, const auto& b) { equal = equal && same(a, b); }, grad.values, other.grad.values);
        return equal;
    }
};

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
            for (std::size_t n = 0; n < 3; ++n) std::copy_n(&x(n, t, 0), 4, &x_t(n, 0)), std::copy_n(&y(n, t, 0), 9, &y_t(n, 0));
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

TEST_CASE_TEMPLATE("recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: truncated, they are those of chunks that carry only their state", T,
                   float, double) {
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
                CHECK(difference(chunked.pass.cache.dx, steps_of(truncated.pass.cache.dx, from, to)) <= support::tolerance<T>(50));
            }
            gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(difference(a, b) <= support::tolerance<T>(100)); },
                     truncated.grad.values, total.values);
        },
        {.truncate = 3});
}

TEST_CASE("recurrent.dx: truncated after every step, no step learns from a later one") {
    each_kind<double>(
        []<class L>(const L& layer) {
            auto dy = draw<tensor<double, 3>>({2, 4, 9}, 2);
            for (std::size_t n = 0; n < 2; ++n) std::fill_n(&dy(n, 0, 0), 27, 0.0);  // only the last step has a dy
            run<L> only(layer);
            only(draw<tensor<double, 3>>({2, 4, 4}, 1), dy);
            const auto& dx = only.pass.cache.dx;
            CHECK(steps_of(dx, 0, 3) == tensor<double, 3>({2, 3, 4}, 0.0));
            CHECK(steps_of(dx, 3, 4) != tensor<double, 3>({2, 1, 4}, 0.0));
        },
        {.truncate = 1});
    // borders that lie beyond the sequence are none
    auto whole = with_random_theta(gr::lstm<double>(4, 9)), longer = whole;
    longer.options.truncate = 4;
    const auto x = draw<tensor<double, 3>>({2, 4, 4}, 1), dy = draw<tensor<double, 3>>({2, 4, 9}, 2);
    run a(whole), b(longer);
    a(x, dy), b(x, dy);
    CHECK(a == b);
}

TEST_CASE_TEMPLATE("recurrent.forward, recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: the textbook's twin where products are large", T,
                   float, double) {
    const auto check = [](const auto& layer, std::size_t N, std::size_t steps) {
        support::sequence_case s{.N = N, .steps = steps, .D = 28, .H = layer.units(), .initial_input = true, .last_gradient = true};
        s.mask = support::draw_mask(N, steps, N);
        support::equals_twin(layer, s);
    };
    const auto of = [](auto layer) {
        gr::each([](const gr::entry& e, auto& p) { if (p.size() < 1000) p = draw<std::remove_cvref_t<decltype(p)>>(p.shape(), e.key(3)); }, layer);
        return layer;  // W and U as they are drawn: sums of so many terms stay where the gates are no constants
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
        gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(difference(a, b) <= support::tolerance<T>(60)); }, back.grad.values,
                 there.grad.values);
    });
}

TEST_CASE_TEMPLATE("recurrent: padding on either side changes nothing, whatever it is filled with", T, float, double) {
    for (const bool reverse : {false, true})
        each_kind<T>(
            []<class L>(const L& layer) {
                CAPTURE(L::name);
                CAPTURE(layer.options.reverse);
                const auto x = draw<tensor<T, 3>>({2, 3, 4}, 1), dy = draw<tensor<T, 3>>({2, 3, 9}, 2);
                run<L> bare(layer), padded(layer);
                bare(x, dy);
                tensor<T, 3> wide_x({2, 7, 4}, T(1e6)), wide_dy({2, 7, 9}, T(0));  // row 0 from step 4 on, row 1 from step 1 on
                padded.pass.mask = tensor<bool, 2>({2, 7}, false);
                const std::size_t first[] = {4, 1};
                for (std::size_t n = 0; n < 2; ++n)
                    for (std::size_t t = 0; t < 3; ++t) {
                        padded.pass.mask(n, first[n] + t) = true;
                        std::copy_n(&x(n, t, 0), 4, &wide_x(n, first[n] + t, 0)), std::copy_n(&dy(n, t, 0), 9, &wide_dy(n, first[n] + t, 0));
                    }
                padded(wide_x, wide_dy);
                const auto& [y, dx] = std::tie(padded.pass.cache.y, padded.pass.cache.dx);
                for (std::size_t n = 0; n < 2; ++n)
                    for (std::size_t t = 0; t < 7; ++t) {
                        const bool there = padded.pass.mask(n, t);
                        const bool before = layer.options.reverse ? t >= first[n] + 3 : t < first[n];
                        const std::size_t at = there ? t - first[n] : layer.options.reverse ? 0 : 2;  // the step whose y stands there
                        for (std::size_t j = 0; j < 9; ++j)
                            CHECK(difference(double(y(n, t, j)), before ? 0.0 : double(bare.pass.cache.y(n, at, j))) <= support::tolerance<T>(13));
                        for (std::size_t d = 0; d < 4; ++d)
                            CHECK(difference(double(dx(n, t, d)), there ? double(bare.pass.cache.dx(n, at, d)) : 0.0) <= support::tolerance<T>(36));
                    }
                CHECK(difference(padded.pass.cache.last.h, bare.pass.cache.last.h) <= support::tolerance<T>(13));
                gr::each([](const gr::entry&, const auto& a, const auto& b) { CHECK(difference(a, b) <= support::tolerance<T>(60)); },
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
        (void)gr::backward(layer, x, dy, often.pass, often.grad.values);  // once more of the same forward
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

TEST_CASE("recurrent: threads may predict with one layer, each with a pass of its own") {
    each_kind<float>([]<class L>(const L& layer) {
        const auto x = draw<tensor<float, 3>>({3, 20, 4}, 1);
        gr::pass one(layer);
        const auto y = gr::forward(layer, x, one);
        std::vector<int> equal(4, 0);
        std::vector<std::thread> team;
        for (int& e : equal)
            team.emplace_back([&] {
                gr::pass own(layer);
                e = 1;
                for (int k = 0; k < 10; ++k) e = e != 0 && same(gr::forward(layer, x, own), y) ? 1 : 0;
            });
        for (auto& t : team) t.join();
        for (const int e : equal) CHECK(e == 1);
    });
}

TEST_CASE_TEMPLATE("recurrent.dx, recurrent.dW, recurrent.dU, recurrent.db: indices, a state, logits of every step, cross-entropy with a mask: "
                   "PyTorch's values", T, float, double) {
    using support::pytorch;
    const std::string at = "recurrent/model.";
    auto net = gr::sequential(gr::embedding<T>(6, 4, {.padding = 0}), gr::lstm<T>(4, 3), gr::dense<T>(3, 6));
    gr::set_parameter(net, "0.E", pytorch<tensor<T, 2>>(at + "embedding.weight"));
    gr::from_pytorch::recurrent(net.template layer<1>(), support::pytorch_weights<T>(at + "lstm."));
    gr::set_parameter(net, "2.W", gr::from_pytorch::weights(pytorch<tensor<T, 2>>(at + "head.weight")));
    gr::set_parameter(net, "2.b", pytorch<tensor<T, 1>>(at + "head.bias"));
    const auto x = support::stored(at + "x").to<tensor<std::int32_t, 2>>(), labels = support::stored(at + "labels").to<tensor<std::int32_t, 2>>();
    gr::pass pass(net);
    pass.mask = support::pytorch_mask(at + "mask");
    gr::gradients grad(net);
    const gr::normalizer by{.mask = &pass.mask};
    const auto& logits = net.forward(x, pass);
    const double limit = support::tolerance<T>(40);
    CHECK(difference(gr::cross_entropy{}.value(logits, labels, by), support::pytorch_number(at + "J")) <= limit);
    net.backward(x, gr::cross_entropy{}.gradient(logits, labels, by), pass, grad);
    const auto& [embedding, lstm, head] = grad.values.layers;
    CHECK(difference(embedding.E, pytorch<tensor<double, 2>>(at + "dembedding.weight")) <= limit);
    support::gradients_equal(lstm, support::pytorch_weights<double>(at + "dlstm."), limit);
    CHECK(difference(gr::to_pytorch::weights(head.W), pytorch<tensor<double, 2>>(at + "dhead.weight")) <= limit);
    CHECK(difference(head.b, pytorch<tensor<double, 1>>(at + "dhead.bias")) <= limit);
}

TEST_CASE("recurrent: a stack whose depth is chosen at run time") {
    const auto net = with_random_theta(gr::sequential(gr::lstm(3, 4), gr::repeat(2, gr::lstm(4, 4))));
    const auto x = draw<tensor<float, 3>>({2, 4, 3}, 1);
    CHECK(gr::gradient_check(net, x, {.mask = {{true, true, false, true}, {false, true, true, true}}}));
    gr::pass pass(net);
    const auto y = net.forward(x, pass), first = net.forward(steps_of(x, 0, 2), pass);
    gr::carry_state(net, pass);
    CHECK(difference(first, steps_of(y, 0, 2)) <= support::tolerance<float>(8));
    CHECK(difference(net.forward(steps_of(x, 2, 4), pass), steps_of(y, 2, 4)) <= support::tolerance<float>(8));
}

TEST_CASE("recurrent: W begins as Glorot draws it, U orthogonal, the biases at 0") {
    const auto layer = gr::gru<double>(30, 12);
    const auto& [W, U] = std::tie(layer.theta.W, layer.theta.U);
    const double limit = std::sqrt(6.0 / (30 + 36));
    double largest = 0;
    for (double w : W) largest = std::max(largest, std::abs(w));
    CHECK(largest <= limit);
    CHECK(largest > 0.9 * limit);
    for (std::size_t a = 0; a < 12; ++a)  // U Uᵀ = 1
        for (std::size_t b = 0; b < 12; ++b) {
            double dot = 0;
            for (std::size_t k = 0; k < 36; ++k) dot += U(a, k) * U(b, k);
            CHECK(dot == doctest::Approx(a == b ? 1 : 0).epsilon(1e-12));
        }
    CHECK(layer.theta.b == tensor<double, 1>({36}, 0.0));
    CHECK(layer.theta.b_q == tensor<double, 1>({12}, 0.0));
    const auto net = gr::sequential(gr::lstm(4, 4), gr::lstm(4, 4));
    CHECK(net.layer<0>().theta.W != net.layer<1>().theta.W);
    CHECK(net.layer<0>().theta.U != net.layer<1>().theta.U);
    CHECK(net.layer<1>().theta.b == tensor<float, 1>{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0});
    auto set = gr::lstm(4, 4);
    set.theta.U.fill(0.5f);
    CHECK(gr::sequential(set, gr::lstm(4, 4)).layer<0>().theta.U == set.theta.U);  // what somebody set by hand stays
}
