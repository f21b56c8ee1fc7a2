// Each kernel beside its textbook twin, and the product beside the BLAS. What differs from its twin is not timed.
#include <algorithm>
#include <cmath>
#include <gradus.hpp>
#include <string>
#include <utility>

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

matrix drawn(std::size_t rows, std::size_t cols, std::uint64_t key) {
    matrix x = matrix::from_shape({rows, cols});
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(gr::random::normal(key, i));
    return x;
}

// --- jobs: fast() and twin() return what they have computed ------------------------------------------------------

/// C = AB with A (M, K) and B (K, N); the form says which of them are stored transposed: "TN" is AᵀB.
struct product {
    bool a_is_transposed, b_is_transposed;
    matrix A, B, C;

    product(const std::string& form, std::size_t m, std::size_t k, std::size_t n)
        : a_is_transposed(form[0] == 'T'),
          b_is_transposed(form[1] == 'T'),
          A(a_is_transposed ? drawn(k, m, 1) : drawn(m, k, 1)),
          B(b_is_transposed ? drawn(n, k, 2) : drawn(k, n, 2)),
          C(matrix::from_shape({m, n})) {}

    using view = kernels::matrix<const float>;
    view a() const { return a_is_transposed ? kernels::transpose(A) : view(A); }
    view b() const { return b_is_transposed ? kernels::transpose(B) : view(B); }

    const matrix& fast() { return kernels::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
    const matrix& twin() { return reference::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
};

#if GRADUS_USE_BLAS
struct blas_product : product {
    using product::product;
    const matrix& fast() { return kernels::blas::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
};
#endif

constexpr std::size_t batch = 128;

template <class F>
struct activation_forward {
    matrix z = drawn(batch, F::name == "softmax" ? 10 : 128, 1), y = z;

    const matrix& fast() { return activate(F{}, z, y), y; }
    matrix twin() const { return reference::activate(F{}, z); }
};

template <class F>
struct activation_backward {
    matrix kept = activation_forward<F>().z, dy = drawn(batch, kept.shape()[1], 2), dz = dy;

    const matrix& fast() { return activate_backward(F{}, kept, dy, dz), dz; }
    matrix twin() const { return reference::activate_backward(F{}, kept, dy); }
};

struct column_sums {
    matrix a = drawn(batch, 128, 1);
    vector sums = vector::from_shape({128});

    const vector& fast() { return kernels::column_sums<float>(a, sums.data()), sums; }
    vector twin() const { return reference::column_sums(a); }
};

/// On as many parameters as 784-128-128-10 has.
struct adam {
    static constexpr std::size_t n = 118282;
    struct parameters {
        matrix theta = drawn(1, n, 1), g = drawn(1, n, 2), m = matrix::from_shape({1, n}), v = m;
        std::uint64_t t = 0;
        parameters() { m.fill(0), v.fill(0); }
    } ours, theirs;

    const matrix& fast() {
        auto& [theta, g, m, v, t] = ours;
        kernels::update(n, gr::adam{}.step<float>(++t), theta.data(), std::as_const(g).data(), m.data(), v.data());
        return theta;
    }
    const matrix& twin() {
        auto& [theta, g, m, v, t] = theirs;
        reference::step(gr::adam{}, ++t, theta, g, m, v);
        return theta;
    }
};

// --- what is done with them --------------------------------------------------------------------------------------

/// ‖a − b‖ ≤ 1e-4 ‖b‖.
template <class A, class B>
bool agree(const A& a, const B& b) {
    double difference = 0, norm = 0;
    for (std::size_t i = 0; i < b.size(); ++i) {
        const double u = static_cast<double>(a.data()[i]), v = static_cast<double>(b.data()[i]);
        difference += (u - v) * (u - v);
        norm += v * v;
    }
    return a.size() == b.size() && difference <= 1e-8 * norm;
}

/// Registers `name` and `name/reference`.
template <class Job, class... Args>
void add(const std::string& name, const bench::work& w, Args... args) {
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        Job job(args...);
        const auto expected = job.twin();
        if (!agree(job.fast(), expected)) return state.SkipWithError("MISMATCH");
        bench::measure(state, w, [&] { benchmark::DoNotOptimize(job.fast().data()); });
    });
    benchmark::RegisterBenchmark((name + "/reference").c_str(), [=](benchmark::State& state) {
        Job job(args...);
        bench::measure(state, w, [&] { benchmark::DoNotOptimize(job.twin().data()); });
    });
}

void add_product(const std::string& form, std::size_t m, std::size_t k, std::size_t n) {
    const std::string sizes = std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
    const bench::work w{.flops = 2.0 * static_cast<double>(m * k * n)};
    add<product>("product/" + form + "/" + sizes, w, form, m, k, n);
#if GRADUS_USE_BLAS
    add<blas_product>("product/" + form + "/" + sizes + "/blas", w, form, m, k, n);
#endif
}

template <class F>
void add_activation(F) {
    const auto bytes = static_cast<double>(sizeof(float) * activation_forward<F>().z.size());
    add<activation_forward<F>>("forward/" + std::string(F::name), {.bytes = 2 * bytes});
    add<activation_backward<F>>("backward/" + std::string(F::name), {.bytes = 3 * bytes});
}

}  // namespace

int main(int argc, char** argv) {
    for (std::size_t n : {32u, 64u, 128u, 256u, 512u}) add_product("NN", n, n, n);
    for (std::size_t n : {32u, 128u}) {  // of the network 784-128-128-10: forward, dW, dx
        add_product("NN", n, 784, 128), add_product("NN", n, 128, 10);
        if (n != 128) add_product("NN", n, 128, 128);
        add_product("TN", 784, n, 128), add_product("TN", 128, n, 128), add_product("TN", 128, n, 10);
        add_product("NT", n, 128, 128), add_product("NT", n, 10, 128);
    }
    add_activation(gr::relu{}), add_activation(gr::sigmoid{}), add_activation(gr::tanh{}), add_activation(gr::gelu{});
    add_activation(gr::softmax{});
    add<column_sums>("column_sums", {.bytes = sizeof(float) * (batch + 1) * 128.0});
    add<adam>("adam", {.bytes = sizeof(float) * 7.0 * adam::n});  // θ, m, v are read and written, g is read
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
}
