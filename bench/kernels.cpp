// Each kernel and its reference implementation, and the BLAS. A kernel that differs from its reference is not timed.
#include <string>
#include <utility>

#include "gradus/reference/activations.hpp"
#include "gradus/reference/optimizers.hpp"
#include "gradus/reference/rows.hpp"
#include "jobs.hpp"

using namespace bench;

namespace {

#if GRADUS_USE_BLAS
struct blas_product : product {
    using product::product;
    const matrix& blas() { return kernels::blas::product<float>(1, a(), b(), 0, kernels::as_matrix(C)), C; }
};
#endif

constexpr std::size_t batch = 128;

template <class F>
struct activation_forward {
    matrix z = drawn<matrix>({batch, F::name == "softmax" ? 10u : 128u}, 1), y = z;

    const matrix& fast() { return activate(F{}, z, y), y; }
    matrix twin() const { return reference::activate(F{}, z); }
};

template <class F>
struct activation_backward {
    matrix kept = activation_forward<F>().z, dy = drawn<matrix>({batch, kept.shape()[1]}, 2), dz = dy;

    const matrix& fast() { return activate_backward(F{}, kept, dy, dz), dz; }
    matrix twin() const { return reference::activate_backward(F{}, kept, dy); }
};

struct column_sums {
    matrix a = drawn<matrix>({batch, 128}, 1);
    vector sums = vector::from_shape({128});

    const vector& fast() { return kernels::column_sums<float>(a, sums.data()), sums; }
    vector twin() const { return reference::column_sums(a); }
};

/// With as many parameters as 784-128-128-10.
struct adam {
    static constexpr std::size_t n = 118282;
    matrix theta = drawn<matrix>({1, n}, 1), g = drawn<matrix>({1, n}, 2), m = matrix({1, n}, 0.0f), v = m;
    std::uint64_t t = 0;

    const matrix& fast() {
        kernels::update(n, gr::adam{}.step<float>(++t), theta.data(), std::as_const(g).data(), m.data(), v.data());
        return theta;
    }
    const matrix& twin() { return reference::step(gr::adam{}, ++t, theta, g, m, v), theta; }
};

/// With the number of operations in the formulas for each element; a function counts as one.
template <class F>
void add_activation(F, double forward, double backward) {
    const auto n = static_cast<double>(activation_forward<F>().z.size());
    add_both<activation_forward<F>>("forward/" + std::string(F::name), {.flops = forward * n, .bytes = 8 * n});
    add_both<activation_backward<F>>("backward/" + std::string(F::name), {.flops = backward * n, .bytes = 12 * n});
}

}  // namespace

int main(int argc, char** argv) {
    for (const product_sizes& s : all_products()) {
        add<product>(s.name(), s.work(), &product::fast, s);
#if GRADUS_USE_BLAS
        add<blas_product>(s.name() + "/blas", s.work(), &blas_product::blas, s);
#endif
        if (s.m == s.n && s.k == s.n && s.n <= 256) add<product>(s.name() + "/reference", s.work(), &product::twin, s);
    }
    add_activation(gr::relu{}, 1, 2);
    add_activation(gr::sigmoid{}, 4, 3);
    add_activation(gr::tanh{}, 1, 3);
    add_activation(gr::gelu{}, 5, 10);
    add_activation(gr::softmax{}, 5, 4);
    add_both<column_sums>("column_sums", {.flops = batch * 128.0, .bytes = sizeof(float) * (batch + 1) * 128.0});
    add_both<adam>("adam", {.flops = 12.0 * adam::n, .bytes = sizeof(float) * 7.0 * adam::n});  // θ, m, v count twice
#if GRADUS_USE_BLAS
    benchmark::AddCustomContext("OpenBLAS", gr::blas_info().text());
#endif
    return run(argc, argv);
}
