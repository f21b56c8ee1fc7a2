// labels: computes products
#include "gradus/kernels/product/blas.hpp"

#include <doctest/doctest.h>

#include <optional>

using gradus::kernels::describe_openblas;

TEST_CASE("blas_info: names what does the products") {
    const auto info = gradus::blas_info();
    INFO(info.text());
    CHECK(info.threads >= 1);
    CHECK(info.text().starts_with(info.library));
    CHECK(info.half_speed == !info.advice.empty());
#if !GRADUS_USE_BLAS
    CHECK(info.library == "built-in");
    CHECK(info.core == xsimd::default_arch::name());
#endif
}

TEST_CASE("blas_info: OpenBLAS with the kernels of a narrower processor") {
    const auto info =
        describe_openblas("OpenBLAS 0.3.21 DYNAMIC_ARCH NO_AFFINITY Haswell MAX_THREADS=64", "Haswell", 2, true);
    CHECK(info.half_speed);
    CHECK(info.text() ==
          "OpenBLAS 0.3.21, core Haswell, 2 threads\n"
          "half of this processor's speed is unused: set OPENBLAS_CORETYPE=SkylakeX before the program starts "
          "(the kernels for Haswell know no AVX-512)");
}

TEST_CASE("blas_info: no advice where there is none to give") {
    for (auto core : {"SkylakeX", "Cooperlake", "Sapphirerapids"})
        CHECK_FALSE(describe_openblas("OpenBLAS 0.3.21 ", core, 1, true).half_speed);
    const auto narrow = describe_openblas("OpenBLAS 0.3.21 Haswell", "Haswell", 1, false);
    CHECK(narrow.register_bits == 256);
    CHECK(describe_openblas("OpenBLAS 0.3.21 Nehalem", "Nehalem", 1, false).register_bits == 128);
    CHECK(narrow.text() == "OpenBLAS 0.3.21, core Haswell, 1 thread");
}

TEST_CASE("single_threaded_blas: one thread inside, as many as before outside") {
    using gradus::kernels::single_threaded_blas;
    const int before = single_threaded_blas::threads();
    {
        const single_threaded_blas guard;
        CHECK(single_threaded_blas::threads() == 1);
    }
    CHECK(single_threaded_blas::threads() == before);
}

TEST_CASE("single_threaded_blas: however two overlap, as many as before after the last") {
    using gradus::kernels::single_threaded_blas;
    const int before = single_threaded_blas::threads();
    for (const bool first_ends_first : {true, false}) {
        std::optional<single_threaded_blas> first(std::in_place), second(std::in_place);
        (first_ends_first ? first : second).reset();
        CHECK(single_threaded_blas::threads() == 1);
        (first_ends_first ? second : first).reset();
        CHECK(single_threaded_blas::threads() == before);
    }
}
