#pragma once
/// \file
/// Shared by kernels and their peers. A job is a struct with its data as members, always drawn with the same values;
/// each of its member functions is one way to compute the result, and returns it as a tensor. `twin()` is the reference
/// implementation.

#include <cstddef>
#include <cstdlib>
#include <functional>
#include <gradus.hpp>
#include <string>
#include <vector>

#include "gradus/reference/convolution.hpp"
#include "gradus/reference/matrix_product.hpp"
#include "measure.hpp"

namespace bench {

namespace gr = gradus;
namespace kernels = gradus::kernels;
namespace reference = gradus::reference;

using vector = gr::tensor<float, 1>;
using matrix = gr::tensor<float, 2>;
using images = gr::tensor<float, 4>;

/// Normally distributed numbers, the same in every program.
template <class X>
X drawn(typename X::shape_type shape, std::uint64_t key) {
    X x = X::from_shape(shape);
    for (std::size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(gr::random::normal(key, i));
    return x;
}

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

/// Registers `name`: a way to compute `Job(args...)`, timed only if its result agrees with `twin`. (Each burst of a row
/// is a process of its own: from the second on, the environment says that the result has been checked.)
template <class Job, class Way, class... Args>
void add(const std::string& name, const work& w, Way way, Args... args) {
    benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        Job job(args...);
        if (std::getenv("BENCH_CHECKED") == nullptr) {
            Job textbook(args...);
            if (!agree(std::invoke(way, job), textbook.twin())) return state.SkipWithError("MISMATCH");
        }
        measure(state, w, [&] { benchmark::DoNotOptimize(std::invoke(way, job).data()); });
    });
}

/// `name` is job.fast(), `name/reference` job.twin().
template <class Job, class... Args>
void add_both(const std::string& name, const work& w, Args... args) {
    add<Job>(name, w, &Job::fast, args...);
    add<Job>(name + "/reference", w, &Job::twin, args...);
}

/// `main` of a program of jobs.
inline int run(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

// --- the matrix product ------------------------------------------------------------------------------------------

/// The sizes of a product: C (M, N) = AB with A (M, K) and B (K, N); the form says which of them are stored transposed:
/// "TN" is AᵀB.
struct product_sizes {
    std::string form;
    std::size_t m, k, n;

    std::string name() const {
        return "product/" + form + "/" + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
    }
    bench::work work() const {
        return {.flops = 2.0 * static_cast<double>(m * k * n),
                .bytes = sizeof(float) * static_cast<double>(m * k + k * n + m * n)};
    }
};

/// Square matrices, and the products of 784-128-128-10: forward, dW, dx.
inline std::vector<product_sizes> all_products() {
    std::vector<product_sizes> all;
    for (std::size_t n : {8u, 16u, 32u, 64u, 128u, 256u, 512u, 1024u}) all.push_back({"NN", n, n, n});
    for (std::size_t n : {32u, 128u}) {
        all.insert(all.end(), {{"NN", n, 784, 128}, {"NN", n, 128, 10}, {"TN", 784, n, 128}, {"TN", 128, n, 128},
                               {"TN", 128, n, 10}, {"NT", n, 128, 128}, {"NT", n, 10, 128}});
        if (n != 128) all.push_back({"NN", n, 128, 128});
    }
    return all;
}

struct product {
    bool a_is_transposed, b_is_transposed;
    matrix A, B, C;

    explicit product(const product_sizes& s)
        : a_is_transposed(s.form[0] == 'T'),
          b_is_transposed(s.form[1] == 'T'),
          A(a_is_transposed ? drawn<matrix>({s.k, s.m}, 1) : drawn<matrix>({s.m, s.k}, 1)),
          B(b_is_transposed ? drawn<matrix>({s.n, s.k}, 2) : drawn<matrix>({s.k, s.n}, 2)),
          C(matrix::from_shape({s.m, s.n})) {}

    using view = kernels::matrix<const float>;
    view a() const { return a_is_transposed ? kernels::transpose(A) : view(A); }
    view b() const { return b_is_transposed ? kernels::transpose(B) : view(B); }

    const matrix& fast() { return kernels::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
    const matrix& twin() { return reference::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
};

// --- convolution -------------------------------------------------------------------------------------------------

/// A 3 × 3 convolution without padding: images x (N, OH + 2, OW + 2, I) to z (N, OH, OW, O).
struct convolution_sizes {
    std::size_t height, width, in, out, batch;

    std::string name(const std::string& what) const {
        return "convolution/" + what + "/" + std::to_string(height) + "x" + std::to_string(width) + "x" +
               std::to_string(in) + "x" + std::to_string(out) + "/" + std::to_string(batch);
    }
    bench::work work() const {
        const auto x = (height + 2) * (width + 2) * in, z = height * width * out, W = 9 * in * out;
        return {.flops = 2.0 * static_cast<double>(batch * z * 9 * in),
                .bytes = sizeof(float) * static_cast<double>(batch * (x + z) + W)};
    }
};

/// The two of documents/001.
inline std::vector<convolution_sizes> all_convolutions() {
    return {{26, 26, 1, 32, 32}, {11, 11, 32, 64, 32}, {26, 26, 1, 32, 128}, {11, 11, 32, 64, 128}};
}

/// The data that forward, dW and dx read.
struct convolution {
    gr::window2d window;
    images x, W, dz;
    vector b;

    explicit convolution(const convolution_sizes& s)
        : window(gr::window::place("convolution", {s.height + 2, s.width + 2}, 3, 1, gr::valid)),
          x(drawn<images>({s.batch, s.height + 2, s.width + 2, s.in}, 1)),
          W(drawn<images>({3, 3, s.in, s.out}, 2)),
          dz(drawn<images>({s.batch, s.height, s.width, s.out}, 3)),
          b(drawn<vector>({s.out}, 4)) {}
};

}  // namespace bench
