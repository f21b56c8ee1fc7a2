#include "gradus/models/any_network.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

#include "../io/temporary_folder.hpp"
#include "../support/draw.hpp"
#include "../support/message.hpp"
#include "gradus.hpp"
#include "gradus/inspect/explain.hpp"
#include "gradus/inspect/gradient_check.hpp"

namespace gr = gradus;

namespace {

using matrix = gr::tensor<float, 2>;
using any = gr::any_network<matrix>;

/// What no other file could write down without any_network.
struct model {
    any net;
    std::string title;
};
double trained(any& net, const gr::dataset<matrix, matrix>& data, std::size_t threads = 1) {
    return gr::fit(net, gr::mse{}, gr::adam{.learning_rate = 0.01}, data,
                   {.epochs = 4, .batch_size = 10, .threads = threads, .progress = gr::show::never})
        .loss.back();
}

auto small() {
    return gr::sequential(gr::named("in", gr::dense(3, 8, gr::tanh{})), gr::batch_norm(8), gr::dropout{0.2},
                          gr::repeat(2, gr::residual(gr::dense(8, 8, gr::relu{}))), gr::dense(8, 2));
}
gr::dataset<matrix, matrix> some_data() {
    return {support::draw<matrix>({20, 3}, 1), support::draw<matrix>({20, 2}, 2)};
}
template <class A, class B>
bool same(const A& a, const B& b) {
    const gr::parameter_list p(a), q(b);
    bool equal = p.size() == q.size();
    for (std::size_t k = 0; equal && k < p.size(); ++k) {
        equal = p[k].path() == q[k].path() && gr::same_shape(p[k].values.shape(), q[k].values.shape());
        for (std::size_t i = 0; equal && i < p[k].values.size(); ++i) equal = p[k].values.number(i) == q[k].values.number(i);
    }
    return equal;
}

}  // namespace

TEST_CASE("any_network: trains to the same bits as the network in it, on any number of threads") {
    for (const std::size_t threads : {1u, 3u}) {
        auto plain = small();
        model m{plain, "small"};
        const auto history = gr::fit(plain, gr::mse{}, gr::adam{.learning_rate = 0.01}, some_data(),
                                     {.epochs = 4, .batch_size = 10, .threads = threads, .progress = gr::show::never});
        CHECK(trained(m.net, some_data(), threads) == history.loss.back());
        CHECK(same(m.net, plain));
        const matrix x = support::draw<matrix>({4, 3}, 3);
        CHECK(gr::predict(m.net, x) == gr::predict(plain, x));
        CHECK(gr::evaluate(m.net, gr::mse{}, some_data()).loss == gr::evaluate(plain, gr::mse{}, some_data()).loss);
    }
}

TEST_CASE("any_network: the textbook's loop, gradients and passes are those of the network") {
    auto plain = small();
    any net = plain;
    const auto [x, y] = some_data();
    gr::pass p(plain);
    gr::pass q(net);
    gr::gradients g(plain);
    gr::gradients h(net);
    p.input_gradient = q.input_gradient = true;
    const matrix dy = support::draw<matrix>({20, 2}, 9);
    CHECK(gr::forward(plain, x, p) == gr::forward(net, x, q));
    CHECK(gr::backward(plain, x, dy, p, g) == gr::backward(net, x, dy, q, h));
    CHECK(same(g.values, h.values));
    CHECK(g.norm() == h.norm());
    const auto copy = h;
    h += copy;
    CHECK(h.norm() == doctest::Approx(2 * g.norm()));
    auto other_pass = q;  // a value
    CHECK(gr::output(other_pass.cache) == gr::output(q.cache));
    gr::optimizer descend(net, gr::sgd{});
    gr::optimizer plain_descend(plain, gr::sgd{});
    descend(net, copy);
    plain_descend(plain, g);
    CHECK(same(net, plain));
}

TEST_CASE("any_network: a value, whose copy learns for itself") {
    any a = small();
    any b = a;
    CHECK(same(a, b));
    trained(b, some_data());
    CHECK_FALSE(same(a, b));
    a = b;
    CHECK(same(a, b));
    CHECK(a.get<decltype(small())>() != nullptr);
    CHECK(a.get<gr::dense_layer<float, gr::identity>>() == nullptr);
}

TEST_CASE("any_network: paths, freezing, parameters, averages, files and summary are those of the network") {
    const temporary_folder folder;
    auto plain = small();
    any net = plain;
    CHECK(gr::paths(net) == gr::paths(plain));
    CHECK(gr::count(net) == gr::count(plain));
    CHECK(gr::summary(net, {3}) == gr::summary(plain, {3}));
    CHECK(&gr::parameter(net, "in.W") == &net.get<decltype(plain)>()->layer<0>().theta.W);
    gr::set_parameter(net, "4.b", gr::tensor<float, 1>{5, 6});
    CHECK(gr::parameter<gr::tensor<float, 1>>(net, "4.b")(1) == 6);

    gr::optimizer descend(net, gr::adam{});
    descend.freeze(net, "in");
    const matrix kept = gr::parameter(net, "in.W");
    gr::moving_average average(net, {.beta = 0.5});
    gr::fit(net, gr::mse{}, descend, some_data(), {.epochs = 2, .progress = gr::show::never},
            gr::every_step([&](auto& now) { average(now.net); }));
    CHECK(gr::parameter(net, "in.W") == kept);
    average.swap(net);

    gr::save(folder / "net.npz", net, descend);
    auto read = small();  // the network itself reads the file, and the other way round
    gr::optimizer state(read, gr::adam{});
    gr::load(folder / "net.npz", read, state);
    CHECK(same(read, net));
    CHECK(state.kept(1) == descend.kept(1));
    any again = small();
    gr::load(folder / "net.npz", again);
    CHECK(same(again, net));
}

TEST_CASE("any_network: initial parameters by place, within another network too") {
    auto plain = small();
    any net = plain;
    gr::initialize(plain, 9), gr::initialize(net, 9);
    CHECK(same(net, plain));
    const auto inside = gr::sequential(any(gr::dense(3, 3)), gr::dense(3, 3));
    const auto direct = gr::sequential(gr::dense(3, 3), gr::dense(3, 3));
    CHECK(same(inside, direct));
    CHECK(gr::paths(inside) == gr::paths(direct));
}

TEST_CASE("any_network: what layers tell, the output of a layer, and the first NaN") {
    auto plain = small();
    any net = plain;
    const auto data = some_data();
    gr::pass p(plain);
    gr::pass q(net);
    gr::forward(plain, data.x, p), gr::forward(net, data.x, q);
    CHECK(gr::layer_output(net, q, "3.1") == gr::layer_output(plain, p, "3.1"));
    gr::parameter(plain, "in.W")(1, 2) = NAN, gr::parameter(net, "in.W")(1, 2) = NAN;
    const auto fit = [&](auto& of) {
        return support::message_of([&] { gr::fit(of, gr::mse{}, gr::adam{}, data, {.progress = gr::show::never}); });
    };
    CHECK(fit(net) == fit(plain));
    CHECK(fit(net).find("in.W") != std::string::npos);
}

TEST_CASE("any_network: states and masks of sequences, labels and probabilities") {
    using sequences = gr::tensor<float, 3>;
    auto plain = gr::sequential(gr::gru(2, 5), gr::last_step(gr::lstm(5, 4)), gr::dense(4, 3));
    gr::any_network<sequences, matrix> net = plain;
    gr::dataset data(support::draw<sequences>({8, 6, 2}, 1), gr::tensor<std::int32_t, 1>{0, 1, 2, 0, 1, 2, 0, 1});
    gr::reshape(data.mask, std::array<std::size_t, 2>{8, 6});
    for (std::size_t i = 0; i < data.mask.size(); ++i) data.mask.data()[i] = i % 6 < 2 + i / 12;
    const auto fit = [&](auto& of) {
        return gr::fit(of, gr::cross_entropy{}, gr::adam{}, data,
                       {.epochs = 2, .batch_size = 4, .stateful = true, .shuffle = false, .progress = gr::show::never}).loss;
    };
    CHECK(fit(net) == fit(plain));
    CHECK(same(net, plain));
    CHECK(gr::probabilities(net, data) == gr::probabilities(plain, data));
    CHECK(gr::evaluate(net, gr::cross_entropy{}, data).confusion == gr::evaluate(plain, gr::cross_entropy{}, data).confusion);
    gr::pass p(net);
    gr::pass q(plain);
    gr::forward(net, data.x, p), gr::forward(plain, data.x, q);
    CHECK(gr::state_of(net, p) == gr::state_of(plain, q));
    gr::carry_state(net, p), gr::carry_state(plain, q);
    CHECK(gr::forward(net, data.x, p) == gr::forward(plain, data.x, q));
    any says = gr::sequential(gr::dense(2, 2, gr::softmax{}));
    const matrix x{{1, 2}};
    CHECK(gr::probabilities(says, x) == gr::predict(says, x));
}

TEST_CASE("any_network: inside another network it trains to the same bits, with states, probabilities and masks") {
    using sequences = gr::tensor<float, 3>;
    const auto data = some_data();
    auto direct = gr::sequential(gr::dense(3, 4, gr::tanh{}), gr::dense(4, 2));
    auto inside = gr::sequential(any(gr::dense(3, 4, gr::tanh{})), any(gr::dense(4, 2)));
    const auto fit = [](auto& net, const auto& J, const auto& of, bool stateful = false) {
        return gr::fit(net, J, gr::adam{}, of, {.epochs = 2, .batch_size = 10, .stateful = stateful, .shuffle = !stateful,
                                                .progress = gr::show::never}).loss;
    };
    CHECK(fit(inside, gr::mse{}, data) == fit(direct, gr::mse{}, data));
    CHECK(same(inside, direct));

    const auto softmax = gr::sequential(gr::dense(3, 4), any(gr::dense(4, 2, gr::softmax{})));
    CHECK(gr::probabilities(softmax, data.x) == gr::predict(softmax, data.x));

    auto plain = gr::sequential(gr::dense(2, 3), gr::gru(3, 2));
    auto hidden = gr::sequential(gr::dense(2, 3), gr::any_network<sequences>(gr::gru(3, 2)));
    gr::dataset steps(support::draw<sequences>({20, 6, 2}, 1), support::draw<sequences>({20, 6, 2}, 2));
    gr::reshape(steps.mask, std::array<std::size_t, 2>{20, 6});
    for (std::size_t i = 0; i < steps.mask.size(); ++i) steps.mask.data()[i] = i % 6 < 2 + i / 30;
    CHECK(fit(hidden, gr::mse{}, steps, true) == fit(plain, gr::mse{}, steps, true));
    CHECK(same(hidden, plain));
}

TEST_CASE("any_network: a mask counts as it does for the network, of rows and of sequences of which the last step goes on") {
    gr::dataset rows(support::draw<matrix>({4, 3}, 1), support::draw<matrix>({4, 2}, 2));
    gr::reshape(rows.mask, std::array<std::size_t, 2>{4, 1});
    for (std::size_t i = 0; i < 4; ++i) rows.mask.data()[i] = i != 2;
    const auto plain = small();
    CHECK(gr::evaluate(any(plain), gr::mse{}, rows).loss == gr::evaluate(plain, gr::mse{}, rows).loss);
    rows.mask.data()[2] = true;
    CHECK(gr::evaluate(any(plain), gr::mse{}, rows).loss == gr::evaluate(plain, gr::mse{}, rows).loss);
}

TEST_CASE("any_network: a pass of the network that was in it before is refused, and stays as it was") {
    any net = gr::dense(3, 2);
    const matrix x = support::draw<matrix>({4, 3}, 1);
    gr::pass<any, matrix> p(net);
    const matrix y = gr::forward(net, x, p);
    net = gr::sequential(gr::dense(3, 2));
    CHECK(support::message_of([&] { (void)gr::layer_output(net, std::as_const(p), "0"); }) ==
          "any_network: this pass holds what the forward of another network left");
    CHECK(gr::output(p.cache) == y);
}

TEST_CASE("any_network: its gradient is checked in its own scalar") {
    using doubles = gr::tensor<double, 2>;
    const gr::any_network<doubles> net = gr::sequential(gr::dense<double>(3, 4, gr::tanh{}), gr::dense<double>(4, 2));
    const auto report = gr::gradient_check(net, support::draw<doubles>({5, 3}, 1));
    CHECK(report);
    CHECK_FALSE(report.in_float);
    CHECK(report.entries == 12 + 4 + 8 + 2 + 15);
}

TEST_CASE("any_network: mistakes are told in words, those of a layer with its place") {
    any none;
    const matrix x({2, 3}, 1.0f);
    CHECK(support::message_of([&] { (void)gr::predict(none, x); }) == "any_network: holds no network");
    any net = small();
    CHECK(support::message_of([&] { (void)gr::predict(net, matrix({2, 4}, 1.0f)); }) ==
          support::message_of([&] { (void)gr::predict(small(), matrix({2, 4}, 1.0f)); }));
    gr::pass p(net);
    gr::gradients grad(net);
    const matrix dy({2, 2}, 1.0f);
    CHECK(support::message_of([&] { gr::backward(net, x, dy, p, grad); }) ==
          "any_network: backward needs the forward of the same x before it, with the same pass");
    CHECK(support::message_of([&] { (void)gr::output(p.cache); }) == "any_network: no forward has been made with this pass");
    gr::forward(net, x, p);
    any other = gr::sequential(gr::dense(3, 2));
    gr::gradients of_other(other);
    CHECK(support::message_of([&] { gr::backward(net, x, dy, p, of_other); }) ==
          "any_network: backward needs the gradients of this network: make them, gr::gradients grad(net)");
}

TEST_CASE("any_network: explain shows the layers of the network in it") {
    const auto explained = [](const auto& net, const auto& x, const auto& y) {
        return gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::adam{}), x, y);
    };
    const auto plain = small();
    const auto data = some_data();
    const std::string text = explained(plain, data.x, data.y);
    CHECK(text.find("\nin dense\n") != std::string::npos);
    CHECK(explained(any(plain), data.x, data.y) == text);

    using sequence = gr::tensor<double, 3>;
    const auto recurrent = gr::sequential(gr::bidirectional(gr::lstm<double>(3, 2)), gr::gru<double>(4, 2));
    const auto x = support::draw<sequence>({2, 3, 3}, 1), y = support::draw<sequence>({2, 3, 2}, 2);
    CHECK(explained(gr::any_network<sequence>(recurrent), x, y) == explained(recurrent, x, y));
}
