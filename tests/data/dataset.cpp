#include "gradus/data/dataset.hpp"

#include <doctest/doctest.h>

#include <set>

namespace gr = gradus;

namespace {

using labels = gr::tensor<std::int32_t, 1>;

/// n samples of two values, 10 n and 10 n + 1, labelled n.
gr::dataset<gr::tensor<float, 2>, labels> counted(std::size_t n) {
    gr::tensor<float, 2> x({n, std::size_t{2}});
    auto y = labels::from_shape({n});
    for (std::size_t i = 0; i < n; ++i) {
        x(i, 0) = static_cast<float>(10 * i);
        x(i, 1) = static_cast<float>(10 * i + 1);
        y(i) = static_cast<std::int32_t>(i);
    }
    return {x, y};
}

struct two_inputs {
    gr::tensor<float, 2> query;
    gr::tensor<float, 3> memory;
    static void each(auto&& f, auto&... p) {
        f("query", p.query...);
        f("memory", p.memory...);
    }
};

}  // namespace

TEST_CASE("dataset: x and y are held row for row, and must agree in number") {
    CHECK(counted(3).size() == 3);
    gr::dataset data(gr::tensor<float, 4>({5, 2, 2, 1}), gr::tensor<float, 2>({5, 1}));
    CHECK(data.size() == 5);
    CHECK_THROWS_WITH_AS(gr::dataset(gr::tensor<float, 2>({4, 2}), labels{0, 1, 2}),
                         "dataset: x has 4 rows, y has 3: each sample needs one of both", gr::data_error);
    CHECK_THROWS_WITH_AS(gr::dataset(gr::tensor<float, 2>({4, 2}), labels({4})),
                         "dataset: x has 4 rows, y has 1: each sample needs one of both; y({n}) is one element of value n, "
                         "from_shape({n}) makes n of them",
                         gr::data_error);
    CHECK_THROWS_WITH_AS(gr::dataset(gr::tensor<float, 2>({4, 2}), gr::tensor<float, 2>({1, 1})),
                         "dataset: x has 4 rows, y has 1: each sample needs one of both", gr::data_error);
    CHECK_THROWS_WITH_AS(gr::dataset(gr::tensor<float, 2>({0, 2}), labels::from_shape({0})),
                         "dataset: x and y have 0 rows: no sample to learn from", gr::data_error);
}

TEST_CASE("gather: rows by index, into a tensor that is allocated once") {
    const auto data = counted(6);
    gr::tensor<float, 2> x;
    labels y;
    gr::gather(data.x, std::vector<std::size_t>{5, 0, 5}, x);
    gr::gather(data.y, std::vector<std::size_t>{5, 0, 5}, y);
    CHECK(x == gr::tensor<float, 2>{{50, 51}, {0, 1}, {50, 51}});
    CHECK(y == labels{5, 0, 5});
    const float* before = x.data();
    gr::gather(data.x, std::vector<std::size_t>{1, 2, 3}, x);
    CHECK(x.data() == before);
    CHECK(x == gr::tensor<float, 2>{{10, 11}, {20, 21}, {30, 31}});
    CHECK_THROWS_WITH_AS(gr::gather(data.x, std::vector<std::size_t>{6}, x), "gather: row 6 of 6", gr::data_error);
}

TEST_CASE("gather: an input that is a struct of tensors is gathered member by member") {
    two_inputs in{gr::tensor<float, 2>{{1}, {2}, {3}}, gr::tensor<float, 3>{{{1, 2}}, {{3, 4}}, {{5, 6}}}}, out;
    gr::gather(in, std::vector<std::size_t>{2, 0}, out);
    CHECK(out.query == gr::tensor<float, 2>{{3}, {1}});
    CHECK(out.memory == gr::tensor<float, 3>{{{5, 6}}, {{1, 2}}});
    gr::dataset data(in, labels{0, 1, 2});
    auto [front, back] = gr::split(data, 0.67);
    CHECK(front.size() == 2);
    CHECK(back.x.memory == gr::tensor<float, 3>{{{5, 6}}});
    in.memory = gr::tensor<float, 3>({2, 1, 2});
    CHECK_THROWS_WITH_AS(gr::dataset(in, labels{0, 1, 2}), "dataset: query has 3 rows, memory has 2", gr::data_error);
}

TEST_CASE("split: front and back, in order, or shuffled by a seed") {
    const auto data = counted(10);
    auto [train, validation] = gr::split(data, 0.7);
    CHECK(train.y == labels{0, 1, 2, 3, 4, 5, 6});
    CHECK(validation.x == gr::tensor<float, 2>{{70, 71}, {80, 81}, {90, 91}});

    auto [a, b] = gr::split(data, 0.7, 1);
    CHECK(a.size() == 7);
    CHECK(a.y != train.y);
    std::set<std::int32_t> all(a.y.begin(), a.y.end());
    all.insert(b.y.begin(), b.y.end());
    CHECK(all.size() == 10);
    for (std::size_t i = 0; i < 7; ++i) CHECK(a.x(i, 0) == static_cast<float>(10 * a.y(i)));
    CHECK(gr::split(data, 0.7, 1).first.y == a.y);
    CHECK(gr::split(data, 0.7, 2).first.y != a.y);

    CHECK_THROWS_WITH_AS((void)gr::split(data, 1.5), "split: the fraction must lie between 0 and 1, got 1.5",
                         gr::data_error);
    CHECK_THROWS_WITH_AS((void)gr::split(data, 0.99), "split: 0.99 of 10 samples leaves parts of 10 and 0",
                         gr::data_error);
}

TEST_CASE("batches: each epoch sees every sample once, in an order of (seed, epoch) alone") {
    gr::batches some(10, 4, 7);
    CHECK(some.size() == 3);
    const auto order_of = [](const gr::batches& b) {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < b.size(); ++i) order.insert(order.end(), b[i].begin(), b[i].end());
        return order;
    };
    const auto third = order_of(some.epoch(3));
    CHECK(some[2].size() == 2);
    CHECK(std::set<std::size_t>(third.begin(), third.end()).size() == 10);
    CHECK(order_of(some.epoch(4)) != third);
    CHECK(order_of(some.epoch(3)) == third);
    CHECK(order_of(gr::batches(10, 3, 7).epoch(3)) == third);
    CHECK(order_of(gr::batches(10, 4, 8).epoch(3)) != third);
    CHECK(order_of(gr::batches(4, 4, 8, false).epoch(3)) == std::vector<std::size_t>{0, 1, 2, 3});
    CHECK_THROWS_WITH_AS(gr::batches(0, 4, 1), "batches: 0 samples in batches of 4: both must be at least 1",
                         gr::data_error);
}

TEST_CASE("one_hot: a 1 in the column of the label") {
    CHECK(gr::one_hot(labels{2, 0}, 3) == gr::tensor<float, 2>{{0, 0, 1}, {1, 0, 0}});
    CHECK(gr::one_hot<double>(labels{1}, 2) == gr::tensor<double, 2>{{0, 1}});
    CHECK_THROWS_WITH_AS((void)gr::one_hot(labels{0, 10}, 10),
                         "one_hot: label 10 of sample 1 is not one of 10 classes, counted from 0", gr::data_error);
    CHECK_THROWS_AS((void)gr::one_hot(labels{-1}, 10), gr::data_error);
}

TEST_CASE("normalize: bytes over 255") {
    CHECK(gr::normalize(gr::tensor<std::uint8_t, 1>{0, 51, 255}) == gr::tensor<float, 1>{0.0f, 0.2f, 1.0f});
    CHECK(gr::normalize<double>(gr::tensor<std::uint8_t, 2>{{17}}) == gr::tensor<double, 2>{{17.0 / 255}});
}
