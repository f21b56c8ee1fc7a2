// Gray pictures, packed or not.
#include "gradus/images/pgm.hpp"

#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read({data, size}, [](const std::string& path) { (void)gradus::data::read_pgm(path); });
    return 0;
}
