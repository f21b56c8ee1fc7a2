// labels: threads
#include "gradus/training/evaluate.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "gradus.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;
using labels = gr::tensor<std::int32_t, 1>;

namespace {

/// z = x: a network whose outputs are what it is given.
template <class F = gr::identity>
auto identity_network(std::size_t n, F f = {}) {
    auto net = gr::sequential(gr::dense(n, n, f));
    auto& [W, b] = net.template layer<0>().theta;
    W.fill(0), b.fill(0);
    for (std::size_t i = 0; i < n; ++i) W(i, i) = 1;
    return net;
}
const matrix three{{1, 2, 3}, {5, 0, 0}, {0, 4, 0}, {1, 1, 1}};

}  // namespace

TEST_CASE("predict: y = f(x; θ) for any number of rows, batches of 256 included") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(3, 5, gr::tanh{}), gr::dense(5, 2));
    for (std::size_t n : {1u, 255u, 256u, 257u, 700u}) {
        const auto x = support::draw<matrix>({n, 3}, 1);
        gr::pass pass(net);
        CHECK(support::difference(gr::predict(net, x), net.forward(x, pass)) < 1e-6);
    }
    CHECK_THROWS_WITH_AS((void)gr::predict(net, matrix({0, 3})), "dense #0: y = f(xW + b) got an empty batch, x is (0, 3)",
                         gr::shape_error);
}

TEST_CASE("predict: the network is const, and any number of threads may ask it") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(3, 5, gr::tanh{}), gr::dense(5, 2));
    const auto x = support::draw<matrix>({600, 3}, 1);
    const matrix expected = gr::predict(net, x);
    std::vector<matrix> got(4);
    {
        std::vector<std::thread> threads;
        for (auto& y : got) threads.emplace_back([&net, &x, &y] { y = gr::predict(net, x); });
        for (auto& t : threads) t.join();
    }
    for (const auto& y : got) CHECK(support::same(y, expected));
}

TEST_CASE("probabilities: softmax of logits, of a single logit σ; of a softmax or a sigmoid what they are") {
    const matrix p = gr::probabilities(identity_network(3), three);
    CHECK(p(0, 2) == doctest::Approx(0.6652409558));  // e³ / (e + e² + e³)
    CHECK(p(3, 0) == doctest::Approx(1.0 / 3));
    CHECK(support::difference(gr::probabilities(identity_network(3, gr::softmax{}), three), p) < 1e-6);

    const matrix one{{0}, {2}, {-2}};
    const matrix s = gr::probabilities(identity_network(1), one);
    CHECK(s(0, 0) == 0.5f);
    CHECK(s(1, 0) == doctest::Approx(0.8807970780));
    CHECK(support::difference(gr::probabilities(identity_network(1, gr::sigmoid{}), one), s) < 1e-6);
    CHECK(gr::probabilities(identity_network(2, gr::sigmoid{}), matrix{{0, 2}})(0, 0) == 0.5f);  // each for itself
}

TEST_CASE("predict, probabilities, classes: of a dataset as of its x with its mask; a mask of other rows is refused") {
    gr::seed(1);
    const auto net = gr::sequential(gr::last_step(gr::gru(3, 4)), gr::dense(4, 2));
    gr::dataset data(support::draw<gr::tensor<float, 3>>({4, 5, 3}, 1), labels{0, 1, 0, 1});
    CHECK(support::same(gr::predict(net, data), gr::predict(net, data.x)));
    data.mask = gr::tensor<bool, 2>({4, 5}, false);
    for (std::size_t n = 0; n < 4; ++n) std::fill_n(&data.mask(n, 0), n + 1, true);
    CHECK(support::same(gr::predict(net, data), gr::predict(net, data.x, &data.mask)));
    CHECK(!support::same(gr::predict(net, data), gr::predict(net, data.x)));
    CHECK(support::same(gr::probabilities(net, data), gr::probabilities(net, data.x, &data.mask)));
    CHECK(gr::classes(net, data) == gr::classes(net, data.x, &data.mask));

    data.mask = gr::tensor<bool, 2>({6, 5}, true);
    const char* more = "predict: x has 4 rows, the mask is (6, 5)";
    CHECK_THROWS_WITH_AS((void)gr::predict(net, data.x, &data.mask), more, gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::probabilities(net, data.x, &data.mask), more, gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::classes(net, data), more, gr::data_error);
    data.mask = gr::tensor<bool, 2>({3, 5}, true);
    CHECK_THROWS_WITH_AS((void)gr::predict(net, data), "predict: x has 4 rows, the mask is (3, 5)", gr::data_error);
}

TEST_CASE("classes: the most probable of a row, the first of equals; of one output, probability ≥ ½") {
    CHECK(gr::classes(identity_network(3), three) == labels{2, 0, 1, 0});
    CHECK(gr::classes(identity_network(3, gr::softmax{}), three) == labels{2, 0, 1, 0});
    CHECK(gr::classes(identity_network(1), matrix{{-0.1f}, {0}, {3}}) == labels{0, 1, 1});
    CHECK(gr::classes(identity_network(1, gr::sigmoid{}), matrix{{-0.1f}, {0}, {3}}) == labels{0, 1, 1});
}

TEST_CASE("accuracy: the share that is met; another number of labels is an error") {
    CHECK(gr::accuracy(labels{0, 1, 2, 1}, labels{0, 1, 1, 1}) == 0.75);
    CHECK_THROWS_WITH_AS((void)gr::accuracy(labels{0, 1}, labels{0}), "accuracy: 2 predictions for 1 labels", gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::accuracy(labels{}, labels{}), "accuracy: 0 predictions for 0 labels", gr::data_error);
}

TEST_CASE("evaluate: loss, accuracy and who is taken for whom") {
    const gr::dataset data(three, labels{2, 0, 0, 1});
    const auto score = gr::evaluate(identity_network(3), gr::cross_entropy{}, data);
    CHECK(score.accuracy == 0.5);
    CHECK(score.loss == doctest::Approx(gr::cross_entropy{}.value(three, data.y)));
    CHECK(score.confusion == gr::tensor<std::size_t, 2>{{1, 1, 0}, {1, 0, 0}, {0, 0, 1}});  // true by predicted
}

TEST_CASE("evaluate: of more rows than a batch as of one") {
    gr::seed(1);
    const auto net = gr::sequential(gr::dense(3, 5, gr::tanh{}), gr::dense(5, 4));
    const auto x = support::draw<matrix>({600, 3}, 1);
    labels y({600}, 0);
    for (std::size_t i = 0; i < 600; ++i) y(i) = static_cast<std::int32_t>(i % 4);
    const auto score = gr::evaluate(net, gr::cross_entropy{}, gr::dataset(x, y));
    gr::pass pass(net);
    CHECK(score.loss == doctest::Approx(gr::cross_entropy{}.value(net.forward(x, pass), y)).epsilon(1e-6));
    CHECK(score.accuracy == gr::accuracy(gr::classes(net, x), y));
    std::size_t all = 0, met = 0;
    for (std::size_t i = 0; i < 4; ++i) met += score.confusion(i, i);
    for (std::size_t n : score.confusion) all += n;
    CHECK(all == 600);
    CHECK(static_cast<double>(met) / 600 == score.accuracy);
}

TEST_CASE("evaluate: a single logit is judged at ½, a squared error judges nothing") {
    const gr::dataset data(matrix{{-1}, {1}, {2}, {-3}}, matrix{{0}, {1}, {0}, {0}});
    const auto score = gr::evaluate(identity_network(1), gr::binary_cross_entropy{}, data);
    CHECK(score.accuracy == 0.75);
    CHECK(score.confusion.size() == 0);
    CHECK(std::isnan(gr::evaluate(identity_network(1), gr::mse{}, data).accuracy));
    CHECK(gr::evaluate(identity_network(1), gr::mse{}, data).loss == doctest::Approx((1 + 0 + 4 + 9) / 4.0));
}

TEST_CASE("evaluate: a row that weighs nothing may have any label; integer targets that are no labels have no confusion") {
    gr::dataset<matrix, labels> data(three, labels{2, 0, -1, 0});
    data.weights = {1, 1, 0, 1};
    const auto net = identity_network(3);
    const auto s = gr::evaluate(net, gr::cross_entropy{}, data);
    CHECK(s.confusion == gr::tensor<std::size_t, 2>{{2, 0, 0}, {0, 0, 0}, {0, 0, 1}});
    const gr::dataset one_hot(three, gr::one_hot<float>(labels{2, 0, 1, 0}, 3));
    CHECK(gr::evaluate(net, gr::dense_cross_entropy{}, one_hot).confusion.size() == 0);
    data.weights = {0, 0, 0, 0};
    CHECK_THROWS_WITH_AS((void)gr::evaluate(net, gr::cross_entropy{}, data),
                         "evaluate: the mask, or the weights, leave nothing to judge", gr::data_error);
}
