// Eigen's products, with the names of ours.                               apt: libeigen3-dev
// At its best: compiled for this processor (AVX-512 if it has it), aligned maps of our own matrices, no temporary
// (`noalias`), one thread.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // g++ 12 warns about its own AVX-512 intrinsics
#endif
#define EIGEN_DONT_PARALLELIZE
#include <eigen3/Eigen/Core>

#include "jobs.hpp"

namespace {

using rows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

template <class Matrix, class Tensor>
Eigen::Map<Matrix, Eigen::Aligned64> map(Tensor& x) {
    return {x.data(), static_cast<Eigen::Index>(x.shape()[0]), static_cast<Eigen::Index>(x.shape()[1])};
}

struct product : bench::product {
    using bench::product::product;

    const bench::matrix& product_of_maps() {
        const auto a = map<const rows>(A), b = map<const rows>(B);
        auto c = map<rows>(C);
        if (a_is_transposed)
            c.noalias() = a.transpose() * b;
        else if (b_is_transposed)
            c.noalias() = a * b.transpose();
        else
            c.noalias() = a * b;
        return C;
    }
};

}  // namespace

int main(int argc, char** argv) {
    benchmark::AddCustomContext("peer", "Eigen " + std::to_string(EIGEN_WORLD_VERSION) + "." +
                                            std::to_string(EIGEN_MAJOR_VERSION) + "." +
                                            std::to_string(EIGEN_MINOR_VERSION) + ", one thread, " +
                                            Eigen::SimdInstructionSetsInUse() + ", noalias");
    for (const auto& s : bench::all_products()) bench::add<product>(s.name(), s.work(), &product::product_of_maps, s);
    return bench::run(argc, argv);
}
