#include "gradus/nn/moments.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace gr = gradus;

namespace {

/// Statistics of one feature, from their definition.
template <class T>
gr::moments<T> of(const std::vector<T>& rows) {
    gr::moments<T> m(1);
    m.clear();
    const auto n = static_cast<T>(rows.size());
    for (T x : rows) m.mean(0) += x / n;
    for (T x : rows) m.variance(0) += (x - m.mean(0)) * (x - m.mean(0)) / n;
    m.count(0) = static_cast<double>(rows.size());
    return m;
}

}  // namespace

TEST_CASE_TEMPLATE("moments.merge: by hand", T, float, double) {
    auto a = of<T>({2, 4});             // mean 3, M2 = 2
    const auto b = of<T>({6, 9, 12});   // mean 9, M2 = 18
    a.merge(b);                         // δ = 6: mean = 3 + 6 · 3/5, M2 = 2 + 18 + 36 · 6/5
    CHECK(a.count(0) == 5);
    CHECK(a.mean(0) == doctest::Approx(6.6));
    CHECK(a.variance(0) == doctest::Approx(63.2 / 5));
    const auto whole = of<T>({2, 4, 6, 9, 12});
    CHECK(a.mean(0) == doctest::Approx(whole.mean(0)));
    CHECK(a.variance(0) == doctest::Approx(whole.variance(0)));
}

TEST_CASE("moments.merge: with no rows on one side, or on both") {
    const auto b = of<double>({6, 9, 12});
    gr::moments<double> none(1), other = b;
    none.clear();
    other.merge(none);
    CHECK(other.count(0) == 3);
    CHECK(other.mean(0) == 9);
    CHECK(other.variance(0) == 6);
    auto empty = none;
    empty.merge(none);
    CHECK(empty.count(0) == 0);
    CHECK(empty.mean(0) == 0);
    empty.merge(b);
    CHECK(empty.count(0) == 3);
    CHECK(empty.mean(0) == 9);
    CHECK(empty.variance(0) == 6);
}

TEST_CASE_TEMPLATE("moments.absorb: by hand, from mean 0 and variance 1", T, float, double) {
    gr::moments<T> known(1, 0.25);
    known.absorb(of<T>({6, 9, 12}));  // mean 0.25 · 9, variance 0.75 · 1 + 0.25 · 6
    CHECK(known.count(0) == 1);       // batches, not rows
    CHECK(known.mean(0) == T(2.25));
    CHECK(known.variance(0) == T(2.25));
    known.absorb(of<T>({2, 4}));      // mean 0.75 · 2.25 + 0.25 · 3, variance 0.75 · 2.25 + 0.25 · 1
    CHECK(known.count(0) == 2);
    CHECK(known.mean(0) == T(2.4375));
    CHECK(known.variance(0) == T(1.9375));
}

TEST_CASE("moments.absorb: where unbiased, of the variance M2 / (n − 1), and of one row 0") {
    gr::moments<double> known(1, 0.25, true);
    known.absorb(of<double>({6, 9, 12}));  // 0.75 · 1 + 0.25 · 18/2
    CHECK(known.mean(0) == 2.25);
    CHECK(known.variance(0) == 3);
    known.absorb(of<double>({5}));         // 0.75 · 3 + 0.25 · 0
    CHECK(known.variance(0) == 2.25);
    gr::moments<double> shard = of<double>({6}), other = of<double>({9, 12});
    shard.merge(other);                    // n is that of all shards
    gr::moments<double> again(1, 0.25, true);
    again.absorb(shard);
    CHECK(again.variance(0) == doctest::Approx(3));
}

TEST_CASE("moments.absorb: a batch that has shown nothing changes nothing") {
    gr::moments<float> known(1), nothing(1);
    nothing.clear();
    known.absorb(nothing);
    CHECK(known.count(0) == 0);
    CHECK(known.mean(0) == 0);
    CHECK(known.variance(0) == 1);
}

TEST_CASE("moments: the same in another scalar") {
    gr::moments<double> known(1, 0.25, true);
    known.absorb(of<double>({6, 9, 12}));
    gr::moments<float> same;
    same.assign(known);
    CHECK(same.count(0) == 1);
    CHECK(same.rate == 0.25);
    CHECK(same.unbiased);
    CHECK(same.mean(0) == 2.25f);
    CHECK(same.variance(0) == 3);
    gr::moments<float> seen(1, 0.5);
    seen.become(same);
    CHECK(seen.variance(0) == 3);
    CHECK(seen.rate == 0.5);  // how it learns stays its own
    CHECK_FALSE(seen.unbiased);
}
