#pragma once
/// \file
/// A subset of the cases in the loops of a test; all of them in `tests/run long`.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gradus/base/random.hpp"

namespace support {

/// In a loop over cases, `if (!some()) continue;` keeps about one case in `many`, drawn with a fixed seed so that they
/// are the same everywhere. With GRADUS_TESTS=long in the environment every case is kept.
class some_of {
public:
    static constexpr std::uint64_t seed = 2017;

    explicit some_of(std::uint64_t many) : many_(is_long() ? 1 : many) {}
    bool operator()() { return gradus::random::bits(seed, next_++) % many_ == 0; }

    [[nodiscard]] static bool is_long() {
        const char* tests = std::getenv("GRADUS_TESTS");
        return tests != nullptr && std::string_view(tests) == "long";
    }

private:
    std::uint64_t many_, next_ = 0;
};

}  // namespace support
