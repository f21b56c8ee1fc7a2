// Each kernel, its textbook twin, and for products the BLAS. What differs from its twin is not timed.
#include <algorithm>
#include <cmath>
#include <gradus.hpp>
#include <string>

#include "gradus/reference/activations.hpp"
#include "gradus/reference/matrix_product.hpp"
#include "gradus/reference/optimizers.hpp"
#include "gradus/reference/rows.hpp"
#include "measure.hpp"

namespace gr = gradus;
namespace kernels = gradus::kernels;
namespace reference = gradus::reference;

namespace {

using matrix = gr::tensor<float, 2>;
using vector = gr::tensor<float, 1>;

matrix drawn(std::size_t n, std::size_t k, std::uint64_t key) {
    matrix x = matrix::from_shape({n, k});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(gr::random::normal(key, i));
    return x;
}

/// ‖a − b‖ ≤ 1e-4 ‖b‖.
template <class A, class B>
bool agree(const A& a, const B& b) {
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double d = static_cast<double>(a.data()[i]) - static_cast<double>(b.data()[i]), v = static_cast<double>(b.data()[i]);
        difference += d * d;
        norm += v * v;
    }
    return a.size() == b.size() && difference <= 1e-8 * norm;
}

/// Registers `name` and `name/reference`. Both return what they have computed, by value or by reference.
template <class Make>
void compare(const std::string& name, const bench::work& w, Make make) {
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        auto [fast, twin] = make();
        if (!agree(fast(), twin())) return state.SkipWithError("MISMATCH");
        bench::measure(state, w, [&] { benchmark::DoNotOptimize(fast().data()); });
    });
    benchmark::RegisterBenchmark((name + "/reference").c_str(), [=](benchmark::State& state) {
        auto [fast, twin] = make();
        bench::measure(state, w, [&] { benchmark::DoNotOptimize(twin().data()); });
    });
}

/// C = AB with A (M, K) and B (K, N), either of them stored transposed.
void product(const std::string& form, std::size_t m, std::size_t k, std::size_t n) {
    const std::string name = "product/" + form + "/" + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
    const bench::work w{.flops = 2.0 * static_cast<double>(m * k * n)};
    // make_pair of (some product, its twin) on operands of their own
    const auto with = [=](auto multiply) {
        return [=] {
            const bool at = form[0] == 'T', bt = form[1] == 'T';
            auto run = [=, a = at ? drawn(k, m, 1) : drawn(m, k, 1), b = bt ? drawn(n, k, 2) : drawn(k, n, 2),
                        c = matrix::from_shape({m, n})](auto f) mutable -> const matrix& {
                f(at ? kernels::transpose(a) : kernels::as_matrix(std::as_const(a)),
                  bt ? kernels::transpose(b) : kernels::as_matrix(std::as_const(b)), kernels::as_matrix(c));
                return c;
            };
            return std::pair([=]() mutable -> const matrix& { return run(multiply); },
                             [=]() mutable -> const matrix& {
                                 return run([](auto a, auto b, auto c) { reference::product<float>(1, a, b, 0, c); });
                             });
        };
    };
    compare(name, w, with([](auto a, auto b, auto c) { kernels::product<float>(1, a, b, 0, c); }));
#if GRADUS_USE_BLAS
    compare(name + "/blas", w, with([](auto a, auto b, auto c) { kernels::blas::product<float>(1, a, b, 0, c); }));
#endif
}

template <class F>
void activation(F f) {
    constexpr std::size_t n = 128, k = F::name == "softmax" ? 10 : 128;
    const double bytes = sizeof(float) * double(n * k);
    compare("forward/" + std::string(F::name), {.bytes = 2 * bytes}, [=] {
        return std::pair([=, z = drawn(n, k, 1), y = drawn(n, k, 2)]() mutable -> const matrix& {
            kernels::activate(f, z, y);
            return y;
        }, [=, z = drawn(n, k, 1)] { return reference::activate(f, z); });
    });
    compare("backward/" + std::string(F::name), {.bytes = 3 * bytes}, [=] {
        return std::pair([=, kept = drawn(n, k, 1), dy = drawn(n, k, 2), dz = drawn(n, k, 3)]() mutable -> const matrix& {
            kernels::activate_backward(f, kept, dy, dz);
            return dz;
        }, [=, kept = drawn(n, k, 1), dy = drawn(n, k, 2)] { return reference::activate_backward(f, kept, dy); });
    });
}

void column_sums() {
    constexpr std::size_t n = 128, k = 128;
    compare("column_sums", {.bytes = sizeof(float) * double((n + 1) * k)}, [=] {
        return std::pair([a = drawn(n, k, 1), sums = vector::from_shape({k})]() mutable -> const vector& {
            kernels::column_sums<float>(a, sums.data());
            return sums;
        }, [a = drawn(n, k, 1)] { return reference::column_sums(a); });
    });
}

/// The parameters of 784-128-128-10: θ, m, v are read and written, g is read.
void adam() {
    constexpr std::size_t n = 118282;
    struct state {
        matrix theta = drawn(1, n, 1), g = drawn(1, n, 2), m = matrix::from_shape({1, n}), v = m;
        std::uint64_t t = 0;
        state() { m.fill(0), v.fill(0); }
    };
    compare("adam", {.bytes = sizeof(float) * 7.0 * n}, [=] {
        return std::pair([s = state()]() mutable -> const matrix& {
            kernels::update(n, gr::adam{}.step<float>(++s.t), s.theta.data(), std::as_const(s.g).data(), s.m.data(),
                            s.v.data());
            return s.theta;
        }, [s = state()]() mutable -> const matrix& {
            reference::step(gr::adam{}, ++s.t, s.theta, s.g, s.m, s.v);
            return s.theta;
        });
    });
}

}  // namespace

int main(int argc, char** argv) {
    for (std::size_t n : {32, 64, 128, 256, 512}) product("NN", n, n, n);
    for (std::size_t n : {32, 128}) {  // those of 784-128-128-10
        product("NN", n, 784, 128), product("NN", n, 128, 10);
        if (n != 128) product("NN", n, 128, 128);
        product("TN", 784, n, 128), product("TN", 128, n, 128), product("TN", 128, n, 10);
        product("NT", n, 128, 128), product("NT", n, 10, 128);
    }
    activation(gr::relu{}), activation(gr::sigmoid{}), activation(gr::tanh{}), activation(gr::gelu{});
    activation(gr::softmax{});
    column_sums();
    adam();
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
