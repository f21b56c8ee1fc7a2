#include "gradus/optimizers/reduce_on_plateau.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "../support/close.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
using gr::schedule::goal;
using gr::schedule::margin;
using gr::schedule::reduce_on_plateau;
using vector = gr::tensor<double, 1>;

namespace {

/// PyTorch's rate after each of 100 epochs.
void equals_pytorch(reduce_on_plateau rate, const std::string& name) {
    CAPTURE(name);
    rate.learning_rate = 0.1;
    vector got = support::stored("schedules/watched").to<vector>();
    for (double& v : got) v = rate(rate.watched_should == goal::rise ? 1.5 - v : v);
    CHECK(support::difference(got, support::pytorch<vector>("schedules/reduce_on_plateau." + name)) <= 1e-12);
}

}  // namespace

TEST_CASE("schedule.reduce_on_plateau: by hand") {
    reduce_on_plateau rate{
        .learning_rate = 0.8, .factor = 0.5, .patience = 1, .threshold = 0.1, .cooldown = 2, .minimum = 0.3};
    CHECK(rate(1.0) == 0.8);   // the first is the best so far
    CHECK(rate(0.95) == 0.8);  // no better by a tenth: bad
    CHECK(rate(0.8) == 0.8);   // better
    CHECK(rate(0.8) == 0.8);   // bad
    CHECK(rate(0.8) == 0.4);   // bad again
    CHECK(rate(0.8) == 0.4);   // cools down
    CHECK(rate(0.8) == 0.4);   // cools down
    CHECK(rate(0.8) == 0.4);   // bad
    CHECK(rate(0.8) == 0.3);   // bad again: no lower than the minimum
    CHECK(rate.now.best == 0.8);
}
TEST_CASE("schedule.reduce_on_plateau: an accuracy should rise, and NaN is no improvement") {
    reduce_on_plateau rate{.learning_rate = 0.8, .factor = 0.5, .patience = 0, .threshold = 0.1, .by = margin::absolute,
                           .watched_should = goal::rise};
    CHECK(rate(std::nan("")) == 0.4);
    CHECK(rate(0.1) == 0.4);
    CHECK(rate(0.3) == 0.4);
    CHECK(rate(0.35) == 0.2);
    CHECK(rate(std::nan("")) == 0.1);
    CHECK(rate(0.5) == 0.1);
}
TEST_CASE("schedule.reduce_on_plateau: a reduction by less than epsilon is left out") {
    reduce_on_plateau rate{.learning_rate = 0.8, .factor = 0.9, .patience = 0, .epsilon = 0.1};
    CHECK(rate(1) == 0.8);
    CHECK(rate(1) == 0.8);
}
TEST_CASE("schedule.reduce_on_plateau: a copy is a snapshot") {
    reduce_on_plateau one{.patience = 2};
    (void)one(1), (void)one(1), (void)one(1);
    reduce_on_plateau other = one;
    CHECK(one(1) == other(1));
    CHECK(one.learning_rate < 0.1);
}
TEST_CASE("schedule.reduce_on_plateau: PyTorch") {
    equals_pytorch({}, "default");
    equals_pytorch({.factor = 0.5, .patience = 3, .cooldown = 4, .minimum = 1e-3}, "patient");
    equals_pytorch({.factor = 0.7, .patience = 0, .threshold = 0.05, .by = margin::absolute, .epsilon = 1e-3},
                   "absolute");
    equals_pytorch({.factor = 0.5, .patience = 2, .threshold = 0.02, .watched_should = goal::rise}, "rise");
    equals_pytorch({.factor = 0.5, .patience = 2, .threshold = 0.01, .by = margin::absolute,
                    .watched_should = goal::rise, .cooldown = 1},
                   "rise_absolute");
}
TEST_CASE("schedule.reduce_on_plateau: bad options") {
    const auto refusal = [](reduce_on_plateau rate) { return support::message_of([&] { (void)rate(1); }); };
    CHECK(refusal({.learning_rate = -1}) ==
          "reduce_on_plateau schedule: learning_rate must be finite and at least 0, got -1");
    CHECK(refusal({.factor = 1}) == "reduce_on_plateau schedule: factor must lie between 0 and 1, got 1");
    CHECK(refusal({.threshold = -0.5}) == "reduce_on_plateau schedule: threshold must be at least 0, got -0.5");
    CHECK(refusal({.minimum = -1}) == "reduce_on_plateau schedule: minimum must be finite and at least 0, got -1");
    CHECK(refusal({.epsilon = -1}) == "reduce_on_plateau schedule: epsilon must be at least 0, got -1");
}
