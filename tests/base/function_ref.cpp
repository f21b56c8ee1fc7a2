#include "gradus/base/function_ref.hpp"

#include <doctest/doctest.h>

#include <string>

namespace gr = gradus;

namespace {
int twice(gr::function_ref<int(int)> f, int x) { return f(f(x)); }
}  // namespace

TEST_CASE("function_ref: calls a lambda, with its state, and a function") {
    int calls = 0;
    auto add = [&](int x) { return ++calls, x + 3; };
    CHECK(twice(add, 1) == 7);
    CHECK(calls == 2);
    CHECK(twice(+[](int x) { return 2 * x; }, 5) == 20);
    const auto constant = [](int) { return 4; };
    CHECK(twice(constant, 0) == 4);
}

TEST_CASE("function_ref: hands references and moved arguments on as they are") {
    std::string text;
    const auto append = [](std::string& to, std::string&& what) { to += std::move(what); };
    const gr::function_ref<void(std::string&, std::string&&)> f = append;
    f(text, "abc");
    CHECK(text == "abc");
}
