// The parameters of a network: all of them are read, or none is touched.
#include "gradus/io/save.hpp"
#include "input.hpp"
#include "network.hpp"
#include "zip_mutator.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto before = fuzz::network();
    auto net = before;
    fuzz::read({data, size}, [&](const std::string& path) { gradus::load(path, net); });
    if (!fuzz::refusal.empty() && !fuzz::same(net, before)) fuzz::finding("half a network was loaded: ", fuzz::refusal);
    return 0;
}
