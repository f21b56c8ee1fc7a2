#include "gradus/interop/keras.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gradus/layers/recurrent/gru.hpp"
#include "gradus/layers/recurrent/lstm.hpp"
#include "gradus/layers/recurrent/rnn.hpp"
#include "gradus/nn/pass.hpp"

#include "../support/close.hpp"
#include "../support/draw.hpp"
#include "../support/fixture.hpp"
#include "../support/message.hpp"

namespace gr = gradus;
namespace from = gr::from_keras;
namespace to = gr::to_keras;
using support::difference;
using support::draw;
using support::message_of;
using support::pytorch;
using matrix = gr::tensor<float, 2>;
using row = gr::tensor<float, 1>;

TEST_CASE("keras.recurrent: by hand") {
    auto lstm = gr::lstm(1, 1);  // i f c o
    from::recurrent(lstm, matrix{{1, 2, 3, 4}}, matrix{{5, 6, 7, 8}}, row{9, 10, 11, 12});
    CHECK(lstm.theta.W == matrix{{1, 2, 3, 4}});
    CHECK(lstm.theta.U == matrix{{5, 6, 7, 8}});
    CHECK(lstm.theta.b == row{9, 10, 11, 12});

    auto gru = gr::gru(1, 2);  // z z r r h h
    from::recurrent(gru, matrix{{1, 2, 3, 4, 5, 6}}, matrix{{1, 2, 3, 4, 5, 6}, {7, 8, 9, 10, 11, 12}},
                    matrix{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40, 50, 60}});
    CHECK(gru.theta.W == matrix{{3, 4, 1, 2, 5, 6}});
    CHECK(gru.theta.U == matrix{{3, 4, 1, 2, 5, 6}, {9, 10, 7, 8, 11, 12}});
    CHECK(gru.theta.b == row{33, 44, 11, 22, 5, 6});
    CHECK(gru.theta.b_q == row{50, 60});

    auto before = gr::gru_reset_before(1, 1);
    from::recurrent(before, matrix{{1, 2, 3}}, matrix{{4, 5, 6}}, row{7, 8, 9});
    CHECK(before.theta.W == matrix{{2, 1, 3}});
    CHECK(before.theta.U == matrix{{5, 4, 6}});
    CHECK(before.theta.b == row{8, 7, 9});

    auto rnn = gr::rnn(2, 1);
    from::recurrent(rnn, matrix{{1}, {2}}, matrix{{3}}, row{4});
    CHECK(rnn.theta.W == matrix{{1}, {2}});
    CHECK(rnn.theta.b == row{4});
}

/// The loops of tests/fixtures/pytorch/recurrent_loops.py say Keras's formulas with Keras's weights.
TEST_CASE_TEMPLATE("keras.recurrent: layers with Keras's weights give what Keras's formulas give, their gradients too",
                   T, float, double) {
    const auto check = [](const std::string& name, auto layer) {
        CAPTURE(name);
        constexpr std::size_t R = requires { layer.theta.b_q; } ? 2 : 1;
        const std::string at = "recurrent_loops/keras." + name + ".";
        from::recurrent(layer, pytorch<gr::tensor<T, 2>>(at + "kernel"), pytorch<gr::tensor<T, 2>>(at + "recurrent_kernel"),
                        pytorch<gr::tensor<T, R>>(at + "bias"));
        const auto x = pytorch<gr::tensor<T, 3>>(at + "x"), dy = pytorch<gr::tensor<T, 3>>(at + "dy");
        gr::pass pass(layer);
        pass.input_gradient = true;
        gr::gradients grad(layer);
        const double limit = support::tolerance<T>(20);
        CHECK(difference(gr::forward(layer, x, pass), pytorch<gr::tensor<double, 3>>(at + "y")) <= limit);
        CHECK(difference(gr::backward(layer, x, dy, pass, grad.values), pytorch<gr::tensor<double, 3>>(at + "dx")) <= limit);
        auto slopes = layer;
        slopes.theta = grad.values;
        const auto back = to::recurrent(slopes);
        CHECK(difference(back.kernel, pytorch<gr::tensor<double, 2>>(at + "dkernel")) <= limit);
        CHECK(difference(back.recurrent_kernel, pytorch<gr::tensor<double, 2>>(at + "drecurrent_kernel")) <= limit);
        const auto dbias = pytorch<gr::tensor<double, R>>(at + "dbias");
        // Of two biases each has the gradient of their sum; back gives it to the first, but for n's second.
        for (std::size_t k = 0; k < layer.theta.b.size(); ++k)
            CHECK(difference(double(back.bias.data()[k]), dbias.data()[k]) <= limit);
        if constexpr (R == 2)
            for (std::size_t k = 2 * layer.units(); k < 3 * layer.units(); ++k)
                CHECK(difference(double(back.bias(1, k)), dbias(1, k)) <= limit);
    };
    check("simple_rnn", gr::rnn<T>(2, 3));
    check("lstm", gr::lstm<T>(2, 3));
    check("gru", gr::gru<T>(2, 3));
    check("gru_before", gr::gru_reset_before<T>(2, 3));
}

TEST_CASE("keras.recurrent: and back") {
    const auto there_and_back = [](auto layer, const auto& bias) {
        const std::size_t GH = layer.theta.b.size();
        const auto kernel = draw<matrix>({3, GH}, 1), recurrent_kernel = draw<matrix>({2, GH}, 2);
        from::recurrent(layer, kernel, recurrent_kernel, bias);
        const auto back = to::recurrent(layer);
        CHECK(back.kernel == kernel);
        CHECK(back.recurrent_kernel == recurrent_kernel);
        CHECK(back.bias == bias);
    };
    there_and_back(gr::rnn(3, 2), row{1, 2});
    there_and_back(gr::lstm(3, 2), row{1, 2, 3, 4, 5, 6, 7, 8});
    there_and_back(gr::gru(3, 2), matrix{{1, 2, 3, 4, 5, 6}, {0, 0, 0, 0, 7, 8}});
    there_and_back(gr::gru_reset_before(3, 2), row{1, 2, 3, 4, 5, 6});
}

TEST_CASE("keras.recurrent: weights of another layer name themselves") {
    auto gru = gr::gru(3, 2);
    const matrix kernel({3, 6}, 0.f), recurrent_kernel({2, 6}, 0.f), bias({2, 6}, 0.f);
    CHECK(message_of([&] { from::recurrent(gru, matrix({3, 8}, 0.f), recurrent_kernel, bias); }) ==
          "keras: kernel of (3, 8) is not gru's, which takes (3, 6)");
    CHECK(message_of([&] { from::recurrent(gru, kernel, matrix({6, 2}, 0.f), bias); }) ==
          "keras: recurrent_kernel of (6, 2) is not gru's, which takes (2, 6)");
    CHECK(message_of([&] { from::recurrent(gru, kernel, recurrent_kernel, matrix({1, 6}, 0.f)); }) ==
          "keras: bias of (1, 6) is not gru's, which takes (2, 6)");
}
