// Vocabularies: what is read can be written, and read again.
#include "gradus/text/vocabulary_file.hpp"

#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::read({data, size}, [](const std::string& path) {
        const auto v = gradus::data::load_vocabulary(path);
        for (const std::string& token : v.tokens())
            if (token != v.padding_token && token != v.unknown_token && v.decode(v.encode(token)) != token)
                fuzz::finding("not there and back: ", token);
    });
    return 0;
}
