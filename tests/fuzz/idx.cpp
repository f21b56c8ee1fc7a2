// Images and labels, packed or not.
#include "gradus/data/idx.hpp"

#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read({data, size}, [](const std::string& path) { (void)gradus::data::read_labels(path, 10); });
    fuzz::read({data, size}, [](const std::string& path) { (void)gradus::data::read_images(path); });
    return 0;
}

#if GRADUS_HAS_ZLIB
/// Called by libFuzzer. Half of the packed inputs are mutated as they are, half before they are packed again.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b || seed % 2 == 0) return LLVMFuzzerMutate(data, size, most);
    std::uint8_t plain[4096];
    z_stream z{};
    z.next_in = data, z.avail_in = static_cast<unsigned>(size);
    z.next_out = plain, z.avail_out = sizeof plain;
    inflateInit2(&z, 16 + MAX_WBITS);
    inflate(&z, Z_FINISH);
    const std::size_t unpacked = LLVMFuzzerMutate(plain, z.total_out, sizeof plain);
    inflateEnd(&z);
    z = {};
    z.next_in = plain, z.avail_in = static_cast<unsigned>(unpacked);
    z.next_out = data, z.avail_out = static_cast<unsigned>(most);
    deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    const std::size_t packed = z.total_out;
    deflateEnd(&z);
    return packed;
}
#endif
