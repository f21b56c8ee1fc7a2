#include "fixture.hpp"

#include <map>

#include "gradus/io/npz.hpp"

namespace support {

std::string fixture(const std::string& name) { return GRADUS_FIXTURES "/" + name; }

gradus::io::array stored(const std::string& name) {
    static std::map<std::string, gradus::io::npz_reader> files;
    const auto slash = name.find('/');
    const std::string file = name.substr(0, slash);
    const auto at = files.try_emplace(file, fixture("pytorch/" + file + ".npz")).first;
    return at->second[name.substr(slash + 1)];
}

}  // namespace support
