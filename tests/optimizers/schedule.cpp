#include "gradus/optimizers/schedule.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "../support/close.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"
#include "gradus/reference/schedule.hpp"

namespace gr = gradus;
namespace schedule = gr::schedule;
using vector = gr::tensor<double, 1>;
using doctest::Approx;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// f(0), ..., f(99).
template <class F>
vector hundred(F&& f) {
    vector out({100}, 0.0);
    for (std::size_t t = 0; t < 100; ++t) out(t) = f(t);
    return out;
}
template <class S>
void equals_pytorch(const S& rate, const std::string& name) {
    CAPTURE(name);
    CHECK(support::difference(hundred(rate), support::pytorch<vector>("schedules/" + name + ".rate")) <= 1e-12);
    if constexpr (requires { rate.momentum(0); })
        CHECK(support::difference(hundred([&](std::uint64_t t) { return rate.momentum(t); }),
                                  support::pytorch<vector>("schedules/" + name + ".momentum")) <= 1e-12);
}

/// The closed form equals the recurrence.
template <class S>
void equals_twin(const S& rate) {
    double chained = rate.learning_rate;
    CHECK(support::difference(hundred(rate), hundred([&](std::uint64_t t) {
                                  const double now = chained;
                                  chained = gr::reference::rate_after(rate, t, chained);
                                  return now;
                              })) <= 1e-12);
}

template <class S>
std::string refusal(const S& rate) {
    return support::message_of([&] { (void)rate(0); });
}

}  // namespace

TEST_CASE("schedule.constant: by hand, PyTorch") {
    CHECK(schedule::constant{.learning_rate = 0.3}(1'000'000) == 0.3);
    equals_pytorch(schedule::constant{.learning_rate = 0.1}, "constant");
}
TEST_CASE("schedule.constant: bad options") {
    CHECK(refusal(schedule::constant{-0.1}) ==
          "constant schedule: learning_rate must be finite and at least 0, got -0.1");
    CHECK(refusal(schedule::constant{infinity}) ==
          "constant schedule: learning_rate must be finite and at least 0, got inf");
}

TEST_CASE("schedule.step: by hand, the recurrence, PyTorch") {
    const schedule::step rate{.learning_rate = 0.8, .every = 2, .factor = 0.5};
    CHECK(rate(0) == 0.8);
    CHECK(rate(1) == 0.8);
    CHECK(rate(2) == 0.4);
    CHECK(rate(5) == 0.2);
    const schedule::step sevenths{.learning_rate = 0.1, .every = 7, .factor = 0.6};
    equals_twin(sevenths);
    equals_pytorch(sevenths, "step");
}
TEST_CASE("schedule.step: bad options") {
    CHECK(refusal(schedule::step{.every = 0}) == "step schedule: every must be at least 1, got 0");
    CHECK(refusal(schedule::step{.factor = 1}) == "step schedule: factor must lie between 0 and 1, got 1");
    CHECK(refusal(schedule::step{.factor = 0}) == "step schedule: factor must lie between 0 and 1, got 0");
}

TEST_CASE("schedule.exponential: by hand, the recurrence, PyTorch") {
    const schedule::exponential rate{.learning_rate = 0.8, .factor = 0.5};
    CHECK(rate(0) == 0.8);
    CHECK(rate(3) == Approx(0.1));
    const schedule::exponential slow{.learning_rate = 0.1, .factor = 0.93};
    equals_twin(slow);
    equals_pytorch(slow, "exponential");
}
TEST_CASE("schedule.exponential: bad options") {
    CHECK(refusal(schedule::exponential{.factor = 1.5}) ==
          "exponential schedule: factor must lie between 0 and 1, got 1.5");
}

TEST_CASE("schedule.polynomial: by hand, the recurrence, PyTorch, Keras's end") {
    const schedule::polynomial rate{.learning_rate = 0.9, .steps = 3, .power = 2};
    CHECK(rate(0) == 0.9);
    CHECK(rate(1) == Approx(0.4));  // 0.9 (2/3)²
    CHECK(rate(3) == 0);
    CHECK(rate(1'000) == 0);
    const schedule::polynomial keras{.learning_rate = 0.9, .steps = 4, .end = 0.1};
    CHECK(keras(1) == Approx(0.7));
    CHECK(keras(4) == 0.1);
    CHECK(keras(5) == 0.1);
    const schedule::polynomial line{.learning_rate = 0.1, .steps = 60};
    const schedule::polynomial bent{.learning_rate = 0.1, .steps = 100, .power = 2.5};
    equals_twin(line), equals_twin(bent);
    equals_pytorch(line, "polynomial");
    equals_pytorch(bent, "polynomial_2");
}
TEST_CASE("schedule.polynomial: bad options") {
    CHECK(refusal(schedule::polynomial{}) == "polynomial schedule: steps must be at least 1, got 0");
    CHECK(refusal(schedule::polynomial{.steps = 9, .power = 0}) == "polynomial schedule: power must be above 0, got 0");
    CHECK(refusal(schedule::polynomial{.steps = 9, .end = -1}) ==
          "polynomial schedule: end must be finite and at least 0, got -1");
}

TEST_CASE("schedule.cosine: by hand, the recurrence, PyTorch") {
    const schedule::cosine rate{.learning_rate = 0.8, .steps = 3};
    CHECK(rate(0) == 0.8);
    CHECK(rate(1) == Approx(0.6));  // 0.4 (1 + ½)
    CHECK(rate(2) == Approx(0.2));
    CHECK(rate(3) == 0);
    const schedule::cosine longer{.learning_rate = 0.1, .steps = 40, .end = 1e-3};
    equals_twin(longer);
    equals_pytorch(longer, "cosine");
    equals_pytorch(schedule::cosine{.learning_rate = 0.1, .steps = 30, .end = 1e-3, .then = schedule::after::restart},
                   "cosine_restart");
}
TEST_CASE("schedule.cosine: after its steps it climbs as PyTorch's, stays as Keras's or restarts as the paper's") {
    schedule::cosine rate{.learning_rate = 0.8, .steps = 3, .end = 0.2};
    CHECK(rate(3) == Approx(0.2));
    CHECK(rate(5) == Approx(0.65));  // as one step from the top
    CHECK(rate(6) == Approx(0.8));
    rate.then = schedule::after::stay;
    CHECK(rate(3) == Approx(0.2));
    CHECK(rate(6) == Approx(0.2));
    rate.then = schedule::after::restart;
    CHECK(rate(3) == 0.8);
    CHECK(rate(4) == Approx(0.65));
}
TEST_CASE("schedule.cosine: bad options") {
    CHECK(refusal(schedule::cosine{.learning_rate = 0.1}) == "cosine schedule: steps must be at least 1, got 0");
    CHECK(refusal(schedule::cosine{.steps = 9, .end = -1}) ==
          "cosine schedule: end must be finite and at least 0, got -1");
}

TEST_CASE("schedule.warm_up: by hand, PyTorch") {
    const schedule::warm_up rate{4, schedule::cosine{.learning_rate = 0.8, .steps = 3}, 0};
    static_assert(gr::rate_schedule<decltype(rate)>);
    CHECK(rate(0) == 0);
    CHECK(rate(1) == Approx(0.2));
    CHECK(rate(3) == Approx(0.6));
    CHECK(rate(4) == 0.8);
    CHECK(rate(5) == Approx(0.6));
    equals_pytorch(schedule::warm_up{20, schedule::cosine{.learning_rate = 0.1, .steps = 80, .end = 1e-3}}, "warm_up");
}
TEST_CASE("schedule.warm_up: before any schedule, another warm-up and a lambda included") {
    const schedule::warm_up twice{2, schedule::warm_up{2, schedule::constant{0.8}, 0.5}, 0.5};
    CHECK(twice(0) == Approx(0.2));
    CHECK(twice(2) == Approx(0.4));
    CHECK(twice(4) == 0.8);
    const schedule::warm_up own{2, [](std::uint64_t t) { return 1. / static_cast<double>(t + 1); }};
    CHECK(own(0) == Approx(1. / 3));
    CHECK(own(1) == Approx(2. / 3));
    CHECK(own(2) == 1);
    CHECK(own(3) == 0.5);
    CHECK(schedule::warm_up{0, schedule::constant{0.8}}(0) == 0.8);  // none
}
TEST_CASE("schedule.warm_up: bad options") {
    CHECK(refusal(schedule::warm_up{2, schedule::constant{}, 1.5}) ==
          "warm_up schedule: from must lie in [0, 1], got 1.5");
    CHECK(refusal(schedule::warm_up{2, schedule::cosine{}}) == "cosine schedule: steps must be at least 1, got 0");
}

TEST_CASE("schedule.one_cycle, schedule.one_cycle.momentum: by hand") {
    const schedule::one_cycle rate{.learning_rate = 1, .steps = 11, .rise = 5. / 11,
                                   .shape = schedule::annealing::linear, .start_divisor = 5, .end_divisor = 2,
                                   .low_momentum = 0.5, .high_momentum = 0.9};
    CHECK(rate(0) == Approx(0.2));
    CHECK(rate(2) == Approx(0.6));
    CHECK(rate(4) == Approx(1));
    CHECK(rate(7) == Approx(0.55));
    CHECK(rate(10) == Approx(0.1));
    CHECK(rate(1'000) == Approx(0.1));  // stays
    CHECK(rate.momentum(0) == Approx(0.9));
    CHECK(rate.momentum(2) == Approx(0.7));
    CHECK(rate.momentum(4) == Approx(0.5));
    CHECK(rate.momentum(10) == Approx(0.9));
}
TEST_CASE("schedule.one_cycle, schedule.one_cycle.momentum: PyTorch, two phases and the paper's three") {
    using schedule::annealing;
    equals_pytorch(schedule::one_cycle{.learning_rate = 0.3, .steps = 100}, "one_cycle");
    equals_pytorch(schedule::one_cycle{.learning_rate = 0.3, .steps = 100, .rise = 0.25, .shape = annealing::linear,
                                       .start_divisor = 10, .end_divisor = 100},
                   "one_cycle_linear");
    equals_pytorch(schedule::one_cycle{.learning_rate = 0.3, .steps = 100, .rise = 0.45, .shape = annealing::linear,
                                       .three_phases = true},
                   "one_cycle_three");
    equals_pytorch(schedule::one_cycle{.learning_rate = 0.3, .steps = 100, .rise = 0.37, .low_momentum = 0.8,
                                       .high_momentum = 0.9, .three_phases = true},
                   "one_cycle_three_cosine");
}
TEST_CASE("schedule.one_cycle: bad options") {
    CHECK(refusal(schedule::one_cycle{}) == "one_cycle schedule: steps must be at least 1, got 0");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .rise = 1}) ==
          "one_cycle schedule: rise must lie between 0 and 1, got 1");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .rise = 0}) ==
          "one_cycle schedule: rise must lie between 0 and 1, got 0");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .rise = 0.6, .three_phases = true}) ==
          "one_cycle schedule: rise of three phases must lie in (0, 0.5], got 0.6");
    CHECK(refusal(schedule::one_cycle{.steps = 3}) == "one_cycle schedule: rise * steps must be above 1, got 0.9");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .start_divisor = 0}) ==
          "one_cycle schedule: start_divisor must be above 0, got 0");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .end_divisor = -1}) ==
          "one_cycle schedule: end_divisor must be above 0, got -1");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .low_momentum = -1}) ==
          "one_cycle schedule: low_momentum must lie in [0, 1), got -1");
    CHECK(refusal(schedule::one_cycle{.steps = 9, .high_momentum = 1}) ==
          "one_cycle schedule: high_momentum must lie in [0, 1), got 1");
}
