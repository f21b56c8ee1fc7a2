#include "gradus/optimizers/moving_average.hpp"

#include "../probes/batch_normalization.hpp"
#include "../support/message.hpp"
#include "gradus/layers/dense.hpp"
#include "gradus/models/sequential.hpp"
#include "steps.hpp"

namespace gr = gradus;
using support::message_of;

namespace {
support::pair<double> at(double w, double b) { return {{{{w}}, {b}}}; }
}  // namespace

TEST_CASE("moving_average: by hand") {
    gr::moving_average average(at(4, 1), {.beta = 0.75});
    average(at(8, 1));
    CHECK(average.values.W(0, 0) == 5);  // 0.75 · 4 + 0.25 · 8
    CHECK(average.values.b(0) == 1);
    average(at(1, 5));
    CHECK(average.values.W(0, 0) == 4);
    CHECK(average.values.b(0) == 2);
    CHECK(average.t == 2);
}
TEST_CASE("moving_average.warm_up: by hand") {
    const gr::moving_average average(at(0, 0), {.beta = 0.5, .warm_up = true});
    CHECK(average.rate(1) == 2.0 / 11);
    CHECK(average.rate(8) == 0.5);   // 9 / 18
    CHECK(average.rate(90) == 0.5);  // 0.91 would be more than β
    gr::moving_average warm = average, cold(at(0, 0), {.beta = 0.5});
    warm(at(11, 0)), cold(at(11, 0));
    CHECK(warm.values.W(0, 0) == doctest::Approx(9));
    CHECK(cold.values.W(0, 0) == 5.5);
}
TEST_CASE_TEMPLATE("moving_average: PyTorch's AveragedModel along AdamW's path", T, float, double) {
    const auto path = support::pytorch<gr::tensor<T, 3>>("optimizers/adamw.W");
    const auto b = support::pytorch<gr::tensor<T, 1>>("optimizers/b");
    const auto step = [&](std::size_t t) { return support::pair<T>{{support::at<gr::tensor<T, 2>>(path, t), b}}; };
    gr::moving_average average(step(0), {.beta = 0.9});
    for (std::size_t t = 1; t < 10; ++t) average(step(t));
    CHECK(support::difference(average.values.W, support::pytorch<gr::tensor<double, 2>>("optimizers/moving_average.W")) <=
          support::tolerance<T>());
    CHECK(support::same(average.values.b, b));  // what does not move stays exactly
}
TEST_CASE("moving_average: into a network, and exchanged with it") {
    auto net = at(4, 1);
    gr::moving_average average(net, {.beta = 0.5});
    net = at(8, 3);
    average(net);
    auto copy = net;
    average.apply_to(copy);
    CHECK(copy.theta.W(0, 0) == 6);
    CHECK(copy.theta.b(0) == 2);
    average.swap(net);
    CHECK(net.theta.W(0, 0) == 6);
    CHECK(average.values.W(0, 0) == 8);
    average.swap(net);
    CHECK(net.theta.W(0, 0) == 8);
    CHECK(average.values.b(0) == 2);
}
TEST_CASE("moving_average: statistics of batches are copied") {
    auto net = gr::sequential(gr::dense(2, 3), probes::batch_normalization<>(3));
    gr::moving_average average(net, {.beta = 0.5});
    net.layer<1>().theta.running.mean.fill(7);
    average(net);
    auto other = net;
    other.layer<1>().theta.running.mean.fill(0);
    average.apply_to(other);
    CHECK(other.layer<1>().theta.running.mean(2) == 7);
}
TEST_CASE("moving_average: another network's sizes, a β that is none") {
    auto small = gr::sequential(gr::dense(2, 3)), large = gr::sequential(gr::dense(2, 4));
    gr::moving_average average(small);
    const std::string why = "parameters: 0.W is (2, 4) here and (2, 3) there: gradients and optimizers belong to one network";
    CHECK(message_of([&] { average(large); }) == why);
    CHECK(message_of([&] { average.apply_to(large); }) == why);
    CHECK(message_of([&] { average.swap(large); }) == why);
    CHECK(message_of([&] { gr::moving_average(small, {.beta = 1}); }) == "moving_average: beta must be in [0, 1), is 1");
}
