#include "gradus/nn/state.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gradus/activations/tanh.hpp"
#include "gradus/inspect/gradient_check.hpp"
#include "gradus/io/save.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/layers/recurrent/bidirectional.hpp"
#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/last_step.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/models/repeat.hpp"
#include "gradus/models/residual.hpp"
#include "gradus/models/sequential.hpp"

#include "../io/temporary_folder.hpp"
#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"
#include "../support/running_mean.hpp"

namespace gr = gradus;
using sequences = gr::tensor<float, 3>;
using support::draw;
using support::running_mean;

namespace {

/// Steps first..last of x.
sequences chunk(const sequences& x, std::size_t first, std::size_t last) {
    sequences part({x.shape()[0], last - first, x.shape()[2]});
    for (std::size_t n = 0; n < x.shape()[0]; ++n)
        std::copy_n(&x(n, first, 0), part.shape()[1] * part.shape()[2], &part(n, 0, 0));
    return part;
}
/// Products of other numbers of rows are rounded otherwise.
bool close(const sequences& a, const sequences& b) { return support::difference(a, b) < 1e-6; }
bool close(const gr::network_state& a, const gr::network_state& b) {
    bool all = a.paths() == b.paths();
    for (const auto& p : a.parts) all = all && support::difference(p.value, b[p.path]) < 1e-6;
    return all;
}
/// A state in every kind of container.
auto deep() {
    return gr::sequential(gr::dense(2, 3, gr::tanh{}), gr::named("own", running_mean(3)),
                          gr::repeat(2, gr::sequential(gr::dense(3, 3), running_mean(3, -0.25f))),
                          gr::residual(running_mean(3, 0.75f), running_mean(3, 0.125f)));
}
const char* const all = "own.h, 2.0.1.h, 2.1.1.h, 3.f.h, 3.shortcut.h";

}  // namespace

TEST_CASE("state: the test's own layer is one") {
    CHECK(gr::gradient_check(running_mean(3), draw<sequences>({2, 4, 3}, 1)));
    CHECK(gr::gradient_check(running_mean(3), draw<sequences>({2, 4, 3}, 1),
                             {.mask = {{true, true, false, true}, {true, false, false, false}}}));
}

TEST_CASE("carry_state: in chunks as in one, through every container") {
    const auto net = deep();
    const auto x = draw<sequences>({4, 9, 2}, 1);
    gr::pass whole(net, x), parts(net, x);
    const sequences y = net.forward(x, whole);
    for (std::size_t t = 0; t < 9; t += 3) {
        gr::carry_state(net, parts);
        CHECK(close(net.forward(chunk(x, t, t + 3), parts), chunk(y, t, t + 3)));
    }
    CHECK(close(gr::state_of(net, parts), gr::state_of(net, whole)));
    CHECK_FALSE(close(net.forward(chunk(x, 0, 3), parts), chunk(y, 0, 3)));  // it was not forgotten

    gr::forget_state(net, parts);
    CHECK(close(net.forward(chunk(x, 0, 3), parts), chunk(y, 0, 3)));
    gr::forget_state(net, parts);
    gr::carry_state(net, parts);  // nothing is there to be carried
    CHECK(close(net.forward(chunk(x, 0, 3), parts), chunk(y, 0, 3)));
}

TEST_CASE("carry_state: repeated forwards begin alike; an epoch of other rows may follow when the state is forgotten") {
    const auto net = deep();
    const auto x = draw<sequences>({4, 9, 2}, 1);
    gr::pass pass(net, sequences());
    (void)net.forward(x, pass);
    gr::carry_state(net, pass);
    const sequences once = net.forward(x, pass);
    CHECK(support::same(net.forward(x, pass), once));
    const auto fewer = draw<sequences>({3, 2, 2}, 2);
    gr::carry_state(net, pass);
    CHECK(support::message_of([&] { (void)net.forward(fewer, pass); }) == "running_mean #own: h is (4, 3), x is (3, 2, 3)");
    gr::forget_state(net, pass);
    CHECK(net.forward(fewer, pass).shape()[0] == 3);
}

TEST_CASE("state_of, begin_with: a value that says where it stands, and goes on from there in any pass") {
    const auto net = deep();
    const auto x = draw<sequences>({4, 9, 2}, 1);
    gr::pass whole(net, x), first(net, x);
    const sequences y = net.forward(x, whole);
    (void)net.forward(chunk(x, 0, 5), first);
    const gr::network_state state = gr::state_of(net, first);
    CHECK(state.paths() == all);
    CHECK(state["own.h"].shape()[0] == 4);
    CHECK(state["own.h"](1, 2) == static_cast<double>(gr::output(std::get<1>(first.cache.layers))(1, 4, 2)));

    gr::pass second(net, x);  // no forward has been made with it
    gr::begin_with(net, second, state);
    CHECK(gr::state_of(net, second) == state);
    gr::carry_state(net, second);  // nothing has ended since
    CHECK(close(net.forward(chunk(x, 5, 9), second), chunk(y, 5, 9)));
    CHECK(close(gr::state_of(net, second), gr::state_of(net, whole)));
    CHECK_FALSE(gr::state_of(net, second) == state);

    gr::begin_with(net, whole, state);  // and in one that has gone elsewhere
    gr::carry_state(net, whole);
    CHECK(close(net.forward(chunk(x, 5, 9), whole), chunk(y, 5, 9)));

}

TEST_CASE("state_of: saved and loaded as a network is") {
    const auto net = deep();
    gr::pass pass(net, sequences());
    (void)net.forward(draw<sequences>({4, 9, 2}, 1), pass);
    const auto state = gr::state_of(net, pass);
    const temporary_folder folder;
    gr::save(folder / "state.npz", state);
    (void)net.forward(draw<sequences>({4, 9, 2}, 2), pass);
    auto loaded = gr::state_of(net, pass);
    CHECK_FALSE(loaded == state);
    gr::load(folder / "state.npz", loaded);
    CHECK(loaded == state);
}

TEST_CASE("state_of, begin_with: a network of one layer, a network that remembers nothing") {
    const running_mean layer(3);
    gr::pass pass(layer);
    CHECK(gr::state_of(layer, pass).parts.size() == 1);
    CHECK(gr::state_of(layer, pass)["h"].size() == 0);  // zeros
    const auto x = draw<sequences>({1, 2, 3}, 1);
    (void)gr::forward(layer, x, pass);
    CHECK(gr::state_of(layer, pass)["h"](0, 1) == doctest::Approx(0.5f * x(0, 0, 1) + x(0, 1, 1)));
    const auto plain = gr::sequential(gr::dense(2, 2));
    gr::pass none(plain);
    gr::carry_state(plain, none), gr::forget_state(plain, none);
    CHECK(gr::state_of(plain, none).parts.empty());
    gr::begin_with(plain, none, {});
}

TEST_CASE("state: what it says") {
    const auto net = gr::sequential(gr::dense(2, 3), running_mean(3), gr::named("in", gr::sequential(running_mean(3))));
    gr::pass pass(net, sequences());
    const auto begin = [&](const gr::network_state& s) { return support::message_of([&] { gr::begin_with(net, pass, s); }); };
    const gr::tensor<double, 2> right({4, 3}, 1.0), few({2, 3}, 1.0), wide({4, 5}, 1.0);
    CHECK(begin({{{"1.h", right}}}) == "state: the network remembers 1.h, in.0.h; got 1.h");
    CHECK(begin({{{"1.h", right}, {"2.0.h", right}}}) == "state: the network remembers 1.h, in.0.h; got 1.h, 2.0.h");
    CHECK(begin({}) == "state: the network remembers 1.h, in.0.h; got none");
    CHECK(begin({{{"1.h", right}, {"in.0.h", few}}}) == "state: 1.h is (4, 3), in.0.h is (2, 3): the rows must be the same");
    CHECK(begin({{{"1.h", right}, {"in.0.h", wide}}}) == "running_mean #in.0: its state h is (N, 3), got (4, 5)");
    CHECK(gr::state_of(net, pass)["1.h"].size() == 0);  // nothing has changed
    const running_mean alone(3);
    gr::pass its(alone);
    CHECK(support::message_of([&] { gr::begin_with(alone, its, {{{"h", wide}}}); }) == "running_mean: its state h is (N, 3), got (4, 5)");
    CHECK(support::message_of([&] { (void)gr::state_of(net, pass)["2.h"]; }) == "state: there is no '2.h', there is 1.h, in.0.h");

    const auto backwards = gr::sequential(running_mean(3), gr::named("back", gr::sequential(running_mean(3, 0.5f, true))));
    gr::pass other(backwards);
    CHECK(support::message_of([&] { gr::carry_state(backwards, other); }) == "running_mean #back.0: it is reversed");
    gr::forget_state(backwards, other);
}

TEST_CASE("carry_state: recurrent layers, stacked, repeated, with one step left of them") {
    const auto net = gr::sequential(gr::embedding(6, 3), gr::lstm(3, 4), gr::repeat(2, gr::gru(4, 4)),
                                    gr::last_step(gr::peephole_lstm(4, 5)), gr::dense(5, 2));
    gr::tensor<std::int32_t, 2> x({3, 8}), early({3, 6}), late({3, 2});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<std::int32_t>(gr::random::integer(1, i, 6));
    for (std::size_t n = 0; n < 3; ++n) std::copy_n(&x(n, 0), 6, &early(n, 0)), std::copy_n(&x(n, 6), 2, &late(n, 0));
    gr::pass whole(net), parts(net);
    const auto y = net.forward(x, whole);
    (void)net.forward(early, parts);
    const auto state = gr::state_of(net, parts);
    CHECK(state.paths() == "1.h, 1.c, 2.0.h, 2.1.h, 3.h, 3.c");
    gr::carry_state(net, parts);
    CHECK(support::difference(net.forward(late, parts), y) < 1e-6);
    CHECK(close(gr::state_of(net, parts), gr::state_of(net, whole)));
    gr::pass other(net);
    gr::begin_with(net, other, state);
    CHECK(support::difference(net.forward(late, other), y) < 1e-6);

    auto bad = state;
    bad.parts[1].value = gr::tensor<double, 2>({3, 5}, 0.0);
    CHECK(support::message_of([&] { gr::begin_with(net, other, bad); }) == "lstm #1: its state c is (N, 4), got (3, 5)");
    (void)net.forward(early, other);
    gr::carry_state(net, other);
    const gr::tensor<std::int32_t, 2> fewer({2, 2}, 1);
    CHECK(support::message_of([&] { (void)net.forward(fewer, other); }).starts_with("lstm #1: "));
}

TEST_CASE("carry_state: a reversed layer has no next chunk; one whose input holds its state is left alone") {
    const auto both = gr::sequential(gr::lstm(3, 4), gr::bidirectional(gr::gru(4, 5)));
    gr::pass pass(both);
    (void)both.forward(draw<sequences>({2, 3, 3}, 1), pass);
    CHECK(gr::state_of(both, pass).paths() == "0.h, 0.c, 1.forward.h, 1.backward.h");
    CHECK(support::message_of([&] { gr::carry_state(both, pass); }) ==
          "gru #1.backward: a reversed layer has no next chunk to carry its state to");
    gr::forget_state(both, pass);

    const auto layer = gr::gru(3, 4);
    const gr::rnn_input<float> in{draw<sequences>({2, 3, 3}, 1), draw<gr::tensor<float, 2>>({2, 4}, 2)};
    gr::pass its(layer, in);
    (void)gr::forward(layer, in, its);
    CHECK_FALSE(gr::has_state(layer, its));
    gr::carry_state(layer, its);
    CHECK(gr::state_of(layer, its).parts.empty());
    CHECK(its.cache.initial.h.size() == 0);
}
