#include "gradus/inspect/explanation/statements.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gradus/inspect/explain.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/losses/mse.hpp"
#include "gradus/models/sequential.hpp"
#include "gradus/optimizers/gradient_descent.hpp"

namespace gr = gradus;

TEST_CASE("explain: an embedding, which row an index takes, and what comes back for it") {
    auto net = gr::sequential(gr::embedding<double>(3, 2, {.padding = 0}));
    net.layer<0>().theta.E = {{0, 0}, {1, 2}, {3, 4}};
    const gr::tensor<std::int32_t, 2> x{{2, 1, 2, 0}};
    const gr::tensor<double, 3> y({1, 4, 2}, 0.0);
    const auto text = gr::explanation(net, gr::mse{}, gr::optimizer(net, gr::gradient_descent{}), x, y, {.entries = 3});
    const auto has = [&](const std::string& part) { return text.find(part) != std::string::npos; };
    CHECK(has("0 embedding\n"
              "  x (1, 4)   E (3, 2)   y (1, 4, 2)\n"
              "  y = E[x]   [embedding.forward]\n"
              "    y[0,0,0] = E[x[0,0],0] = E[2,0] = 3\n"
              "    y[0,0,1] = E[x[0,0],1] = E[2,1] = 4\n"
              "    y[0,1,0] = E[x[0,1],0] = E[1,0] = 1\n"
              "    … 8 entries in all\n"));
    CHECK(has("0 embedding\n"
              "  dE[v] = Σ dy[n,t] where x[n,t] = v   [embedding.dE]\n"
              "    dE[0] = 0: that index stands for no data\n"
              "    dE[1,0] = 0.25\n"
              "    dE[1,1] = 0.5\n"
              "    dE[2,0] = 0.75 + 0.75 = 1.5\n"
              "    … 6 entries in all\n"));
}

TEST_CASE("explain: a formula of elements that names what nobody gave is refused by its name") {
    const gr::tensor<double, 1> x{1, 2}, y{3, 6};
    gr::explaining::page out({});
    const auto written = [&](const char* text) {
        gr::explaining::write(out, {.text = text, .by = gr::made_by::elements, .result = {"y", y}, .a = {"x", x}});
    };
    written("y = 3 ∘ x");
    CHECK(out.text == "  y = 3 ∘ x\n    y[0] = 3·1 = 3\n    y[1] = 3·2 = 6\n");
    CHECK_THROWS_WITH_AS(written("y = 3 ∘ w"), "explain: nothing is known by the name `w`", gr::error);
    CHECK_THROWS_WITH_AS(written("3 x"), "explain: `3 x` says nothing of how it is computed: there is no ' = '", gr::error);
}

TEST_CASE("explain: in a formula of elements a symbol may be the same for each row; one of another size is refused") {
    const gr::tensor<double, 2> x{{1, 2}, {3, 4}}, y{{2, 6}, {6, 12}};
    const gr::tensor<double, 1> a{2, 3}, b{1, 2, 3};
    gr::explaining::page out({.entries = 3});
    gr::statement s{.text = "y = a ∘ x", .by = gr::made_by::elements, .result = {"y", y}, .a = {"a", a}, .b = {"x", x}};
    gr::explaining::write(out, s);
    CHECK(out.text == "  y = a ∘ x\n    y[0,0] = 2·1 = 2\n    y[0,1] = 3·2 = 6\n    y[1,0] = 2·3 = 6\n    … 4 entries in all\n");
    s.a = {"a", b};
    CHECK_THROWS_WITH_AS(gr::explaining::write(out, s), "explain: `y = a ∘ x`: a is (3), y is (2, 2)", gr::error);
}

TEST_CASE("explain: tensors that do not fit a statement are refused with their shapes") {
    const gr::tensor<double, 2> x{{1, 2}}, W{{1, 0, 1}, {0, 1, 1}}, y{{1, 2, 3}};
    const gr::tensor<double, 1> b{0, 0, 0};
    gr::explaining::page out({.entries = 1});
    gr::explaining::write(out, {.text = "z = xW", .by = gr::made_by::affine, .result = {"y", y}, .a = {"x", x}, .b = {"W", W}, .f = {"identity"}});
    CHECK(out.text == "  x (1, 2)   W (2, 3)   z, y (1, 3)\n  z = xW   y = z\n    z[0,0] = Σᵢ x[0,i] W[i,0] = 1·1 + 2·0 = 1\n"
                      "    y[0,0] = z[0,0] = 1\n    … 3 entries in all\n");
    const auto refused = [&](gr::made_by by, const gr::symbol& result, const gr::symbol& first, const gr::symbol& second = {}) {
        CHECK_THROWS_AS(gr::explaining::write(out, {.text = "c = a b", .by = by, .result = result, .a = first, .b = second}), gr::error);
    };
    const gr::symbol of_x{"x", x}, of_W{"W", W}, of_y{"y", y}, of_b{"b", b};
    refused(gr::made_by::affine, of_y, of_y, of_W);
    refused(gr::made_by::affine, of_x, of_x, of_W);
    refused(gr::made_by::function, of_y, of_x, of_y);
    refused(gr::made_by::outer, of_y, of_x, of_y);
    refused(gr::made_by::column_sums, of_b, of_x);
    refused(gr::made_by::transposed, of_x, of_x, of_W);
    refused(gr::made_by::lookup, of_y, of_x, of_W);
    refused(gr::made_by::scatter, of_W, of_x, of_y);
    CHECK_THROWS_WITH_AS(gr::explaining::write(out, {.text = "dW = xᵀ dz", .by = gr::made_by::outer, .result = {"dW", x}, .a = of_x, .b = of_y}),
                         "explain: `dW = xᵀ dz` does not fit its tensors: dW is (1, 2), x is (1, 2), y is (1, 3)", gr::error);
}
