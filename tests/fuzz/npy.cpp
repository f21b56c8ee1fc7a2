// One array.
#include "gradus/io/npy.hpp"

#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read({data, size}, [](const std::string& path) {
        const auto a = gradus::io::read_npy(path);
        if (a.type == gradus::io::dtype_of<float> && a.shape.size() == 2) (void)a.to<gradus::tensor<float, 2>>();
    });
    return 0;
}
