// An archive of arrays.
#include "gradus/io/npz.hpp"

#include "input.hpp"
#include "zip_mutator.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read({data, size}, [](const std::string& path) {
        const gradus::io::npz_reader in(path);
        for (const auto& name : in.names()) (void)in[name];
    });
    return 0;
}
