#pragma once
/// \file
/// Mutations of a zip archive that keep its checksums right: without, no change of a stored array gets past them.

#include <algorithm>
#include <cstring>

#include "gradus/io/zip.hpp"
#include "input.hpp"

namespace fuzz {

/// Writes the checksum of each stored member to its own header and to the directory, wherever these can still be found.
inline void repair_checksums(std::span<std::uint8_t> zip) {
    const auto number = [&](std::size_t at, std::size_t width) {
        std::size_t value = 0;
        for (std::size_t i = width; i-- > 0;) value = value << 8 | zip[at + i];
        return value;
    };
    for (std::size_t at = 0; at + 46 <= zip.size(); ++at) {
        if (number(at, 4) != gradus::io::zip::directory_record) continue;
        const std::size_t header = number(at + 42, 4), packed = number(at + 20, 4);
        if (header + 30 > zip.size() || number(header, 4) != gradus::io::zip::local_record) continue;
        const std::size_t data = header + 30 + number(header + 26, 2) + number(header + 28, 2);
        if (data > zip.size() || packed > zip.size() - data) continue;
        const std::uint32_t crc = gradus::io::crc32(std::as_bytes(zip.subspan(data, packed)));
        for (const std::size_t place : {at + 16, header + 14})
            for (std::size_t i = 0; i < 4; ++i) zip[place + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    }
}

}  // namespace fuzz

/// Called by libFuzzer. Three of four inputs are repaired.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    size = LLVMFuzzerMutate(data, size, most);
    if (seed % 4 != 0) fuzz::repair_checksums({data, size});
    return size;
}
