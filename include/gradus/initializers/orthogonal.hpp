#pragma once
/// \file
/// A random orthogonal matrix: it preserves the length of its input and, in backward, of the gradient.

#include "gradus/base/compiled.hpp"
#include "gradus/initializers/distributions.hpp"

namespace gradus {

/// W = gain Q, QᵀQ = I (QQᵀ = I if W has fewer rows than columns).                             [initializer.orthogonal]
///
/// Q of the QR decomposition of a matrix of standard normals, with a positive diagonal of R: uniformly distributed.
/// By the modified Gram-Schmidt process, applied twice to every vector, which is sufficient (Giraud et al., 2005). All
/// axes of W but the last are rows. Complexity: 4nm² operations for an n x m matrix, m ≤ n.
/// Source: Saxe, McClelland, Ganguli (2014). Keras's `Orthogonal`, PyTorch's `orthogonal_`.
struct orthogonal {
    double gain = 1;

    void operator()(kernels::matrix<double> W, std::uint64_t key) const {
        const bool wide = W.rows < W.cols;
        const std::size_t m = wide ? W.rows : W.cols, n = wide ? W.cols : W.rows;
        std::vector<double> Q(m * n);  // q₀, q₁, ... contiguous
        for (std::size_t i = 0; i < Q.size(); ++i) Q[i] = random::normal(key, i);
        for (std::size_t k = 0; k < m; ++k) {
            double* q = &Q[k * n];
            for (int time = 0; time < 2; ++time)
                for (const double* p = Q.data(); p != q; p += n) add(-dot(p, q, n), p, q, n);  // q ← q − (pᵀq) p
            const double length = random::sqrt(dot(q, q, n));
            for (std::size_t i = 0; i < n; ++i) q[i] /= length;                              // q ← q / |q|
        }
        for (std::size_t k = 0; k < m; ++k)
            for (std::size_t i = 0; i < n; ++i) W.data[wide ? k * W.stride + i : i * W.stride + k] = gain * Q[k * n + i];
    }

    /// \throws error if the gain is not finite.
    void check() const {
        initializing::need(std::isfinite(gain), {"orthogonal: needs a finite gain, got ", number_text(gain)});
    }

  private:
    // Sums in a fixed order and rounded products, so that all builds give the same result.
    static double dot(const double* a, const double* b, std::size_t n) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += random::product(a[i], b[i]);
        return sum;
    }
    static void add(double s, const double* p, double* q, std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) q[i] += random::product(s, p[i]);
    }
};

GRADUS_INITIALIZER(orthogonal)

}  // namespace gradus
