#pragma once
/// \file
/// The sizes that kernels are measured at, ours and the peers' by the same names, and whether two results agree.

#include <cstddef>
#include <string>
#include <vector>

namespace bench {

/// C = AB with A (M, K) and B (K, N); the form says which of them are stored transposed: "TN" is AᵀB.
struct product_shape {
    const char* form;
    std::size_t m, k, n;

    [[nodiscard]] std::string name() const {
        return std::string("product/") + form + "/" + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
    }
    [[nodiscard]] double flops() const { return 2.0 * static_cast<double>(m * k * n); }
    [[nodiscard]] double bytes() const { return sizeof(float) * static_cast<double>(m * k + k * n + m * n); }
    [[nodiscard]] bool a_is_transposed() const { return form[0] == 'T'; }
    [[nodiscard]] bool b_is_transposed() const { return form[1] == 'T'; }
};

/// Squares, and what 784-128-128-10 multiplies: forward, dW, dx.
inline const std::vector<product_shape> products = [] {
    std::vector<product_shape> all;
    for (std::size_t n : {8u, 16u, 32u, 64u, 128u, 256u, 512u, 1024u}) all.push_back({"NN", n, n, n});
    for (std::size_t n : {32u, 128u}) {
        all.insert(all.end(), {{"NN", n, 784, 128}, {"NN", n, 128, 10}, {"TN", 784, n, 128}, {"TN", 128, n, 128},
                               {"TN", 128, n, 10}, {"NT", n, 128, 128}, {"NT", n, 10, 128}});
        if (n != 128) all.push_back({"NN", n, 128, 128});
    }
    return all;
}();

/// A convolution of the documents' CNN: 3×3, stride 1, no padding, square images, `in` channels to `out`.
struct convolution_shape {
    const char* layer;
    std::size_t size, in, out, batch;

    [[nodiscard]] std::size_t size_out() const { return size - 2; }
    /// part: forward, dW or dx.
    [[nodiscard]] std::string name(const std::string& part) const {
        return std::string("convolution/") + layer + "/" + part + "/" + std::to_string(batch);
    }
    [[nodiscard]] std::size_t x_size() const { return batch * size * size * in; }
    [[nodiscard]] std::size_t z_size() const { return batch * size_out() * size_out() * out; }
    /// Of any part.
    [[nodiscard]] double flops() const { return 2.0 * static_cast<double>(z_size() * 9 * in); }
    [[nodiscard]] double bytes() const { return sizeof(float) * static_cast<double>(x_size() + z_size() + 9 * in * out); }
};

/// Those of documents/001.
inline const std::vector<convolution_shape> convolutions{
    {"conv1", 28, 1, 32, 32}, {"conv2", 13, 32, 64, 32}, {"conv1", 28, 1, 32, 128}, {"conv2", 13, 32, 64, 128}};

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

}  // namespace bench
