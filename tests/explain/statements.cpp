#include "gradus/explain/statements.hpp"

#include <doctest/doctest.h>

#include <string>

#include "gradus/explain/explain.hpp"
#include "gradus/model/sequential.hpp"
#include "gradus/layers/embedding.hpp"
#include "gradus/losses/mse.hpp"
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
