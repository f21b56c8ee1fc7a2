#include "gradus/models/summary.hpp"

#include <doctest/doctest.h>

#include "gradus.hpp"

namespace gr = gradus;
using matrix = gr::tensor<float, 2>;

TEST_CASE("summary: layer, output shape, parameters, and their sum") {
    const auto net = gr::sequential(gr::dense(784, 128, gr::relu{}), gr::dense(128, 128, gr::relu{}),
                                    gr::named("logits", gr::dense(128, 10)));
    CHECK(gr::summary(net, {784}) ==
          "layer          output     parameters\n"
          "0 dense        (N, 128)      100 480\n"
          "1 dense        (N, 128)       16 512\n"
          "logits dense   (N, 10)         1 290\n"
          "118 282 parameters\n");
}

TEST_CASE("summary: of one layer, of doubles, of nested networks") {
    CHECK(gr::summary(gr::dense(2, 3), {2}) ==
          "layer   output   parameters\n"
          "dense   (N, 3)            9\n"
          "9 parameters\n");
    CHECK(gr::summary(gr::sequential(gr::dense<double>(2, 3), gr::sequential(gr::dense<double>(3, 1))), {2}) ==
          "layer       output   parameters\n"
          "0 dense     (N, 3)            9\n"
          "1.0 dense   (N, 1)            4\n"
          "13 parameters\n");
}

TEST_CASE("summary: of doubles that begin with layers of no scalar of their own") {
    const char* rows =
        "layer       output   parameters\n"
        "0 dropout   (N, 2)            0\n"
        "1 dense     (N, 1)            3\n"
        "3 parameters\n";
    CHECK(gr::summary(gr::sequential(gr::dropout{}, gr::dense<double>(2, 1)), {2}) == rows);
    CHECK(gr::summary(gr::sequential(gr::dropout{}, gr::dense(2, 1)), {2}) == rows);
    CHECK(gr::summary(gr::sequential(gr::sequential(gr::relu{}), gr::dense<double>(2, 1)), {2}).ends_with("3 parameters\n"));
}

TEST_CASE("summary: a convolution shows its output where it takes in the pooling behind it") {
    const auto net = gr::sequential(gr::conv2d(1, 32, 3, gr::relu{}), gr::max_pool2d(2), gr::flatten{}, gr::dense(5408, 10));
    CHECK(gr::summary(net, {28, 28, 1}) ==
          "layer          output            parameters\n"
          "0 conv2d       (N, 26, 26, 32)          320\n"
          "1 max_pool2d   (N, 13, 13, 32)            0\n"
          "2 flatten      (N, 5408)                  0\n"
          "3 dense        (N, 10)               54 090\n"
          "54 410 parameters\n");
}

TEST_CASE("summary: a sample that does not fit is told") {
    const auto net = gr::sequential(gr::dense(2, 3));
    CHECK_THROWS_WITH_AS((void)gr::summary(net, {5}),
                         "dense #0: y = f(xW + b) needs x of (N, 2), got (1, 5): W is (2, 3)", gr::shape_error);
}

TEST_CASE("summary: each layer has its own parameters, whatever it is called") {
    CHECK(gr::summary(gr::sequential(gr::named("h", gr::dense(2, 2)), gr::named("h", gr::dense(2, 3))), {2}) ==
          "layer     output   parameters\n"
          "h dense   (N, 2)            6\n"
          "h dense   (N, 3)            9\n"
          "15 parameters\n");
}

TEST_CASE("summary: a path that begins like another is another") {
    const auto f = [] { return gr::dense(2, 2); };
    const auto net = gr::sequential(f(), gr::dense(2, 3), gr::dense(3, 2), f(), f(), f(), f(), f(), f(), f(), f());
    const auto text = gr::summary(net, {2});
    CHECK(text.find("1 dense    (N, 3)            9\n") != std::string::npos);  // without those of 10
    CHECK(text.find("10 dense   (N, 2)            6\n") != std::string::npos);
}

// x and 2x, as a struct of two tensors.
struct two_of {
    struct parameters {
        gr::tensor<float, 1> a;
        static void each(auto&& f, auto&... p) { f("a", p.a...); }
    };
    struct both {
        matrix x, doubled;
        static void each(auto&& f, auto&... b) { f("x", b.x...), f("doubled", b.doubled...); }
    };
    template <class X>
    struct cache {
        both y;
        X dx;
    };
    parameters theta{.a = gr::tensor<float, 1>({5}, 0.f)};
    const both& forward(const matrix& x, cache<matrix>& c) const {
        c.y.x = x, c.y.doubled = 2 * x;
        return c.y;
    }
    const matrix& backward(const matrix&, const both& dy, cache<matrix>& c, parameters&) const {
        c.dx = dy.x + 2 * dy.doubled;
        return c.dx;
    }
};

TEST_CASE("summary: of an output that is a struct each tensor; of batch statistics nothing is counted") {
    CHECK(gr::summary(gr::sequential(gr::batch_norm(3), two_of{}), {3}) ==
          "layer          output                  parameters\n"
          "0 batch_norm   (N, 3)                           6\n"
          "1 layer        x(N, 3) doubled(N, 3)            5\n"
          "11 parameters\n");
}
