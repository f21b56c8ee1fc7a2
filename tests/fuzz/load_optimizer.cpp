// A network with the state of its optimizer: all of both is read, or nothing is touched.
#include "gradus/io/save.hpp"
#include "gradus/optimizers/adam.hpp"
#include "input.hpp"
#include "network.hpp"
#include "zip_mutator.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto before = fuzz::network();
    static const gradus::optimizer fresh(before, gradus::adam{});
    auto net = before;
    auto descend = fresh;
    fuzz::read({data, size}, [&](const std::string& path) { gradus::load(path, net, descend); });
    const bool untouched = fuzz::same(net, before) && descend.t == 0 && descend.epoch == 0 && descend.seed == fresh.seed &&
                           descend.kept(0) == fresh.kept(0) && descend.kept(1) == fresh.kept(1);
    if (!fuzz::refusal.empty() && !untouched) fuzz::finding("half a state was loaded: ", fuzz::refusal);
    return 0;
}
