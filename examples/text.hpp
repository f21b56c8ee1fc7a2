#pragma once
/// \file
/// Shared by the examples on text: finding the text, and generating text with a network.

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <gradus.hpp>
#include <gradus/base/utf8.hpp>
#include <gradus/data/download.hpp>
#include <gradus/text/sampling.hpp>
#include <gradus/text/vocabulary.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "options.hpp"

namespace example {

namespace gr = gradus;

using symbols = gr::tensor<std::int32_t, 2>;  // (N, T), indices in a vocabulary

struct text {
    std::string content, source;
};

/// text/NAME in --data, else in $GRADUS_DATA, else in the user's cache; else `own`, and a line is printed.
/// \throws gr::data_error if --data names a folder without the file, or if the file is not UTF-8.
inline text find_text(const options& o, const std::string& name, const text& own) {
    for (const std::string& folder : {o.data, gr::data::environment("GRADUS_DATA"), gr::data::cache_folder()}) {
        const std::string path = folder + "/text/" + name;
        if (folder.empty() || (folder != o.data && access(path.c_str(), F_OK) != 0)) continue;
        return {gr::data::read_utf8(path), name + " from " + folder + "/text"};
    }
    std::fprintf(stderr,
                 "gradus: no text/%s here: this is %s instead; --data or GRADUS_DATA names a folder that has it\n",
                 name.c_str(), own.source.c_str());
    return own;
}

/// The text that a network generates after `begin`: each symbol is drawn from the predicted probabilities and is the
/// next input, with the state carried over. Stops after `most` symbols, or before the symbol `last`.
template <class Net>
std::string write_on(const Net& net, const gr::data::vocabulary& letters, std::string_view begin, std::size_t most,
                     const gr::sampling& how, std::uint64_t key, std::string_view last = "") {
    const auto start = letters.encode(begin);
    symbols x = gr::data::with_shape(start, {1, start.size()});
    gr::pass pass(net, x);
    pass.training = false;
    std::string out;
    for (std::size_t t = 0; t < most; ++t) {
        gr::carry_state(net, pass);
        const auto& z = net.forward(x, pass);  // (1, T, V); the last V values are those of the last step
        const std::size_t V = letters.size();
        const std::int32_t next = gr::sample(z.data() + z.size() - V, V, how, key, t);
        if (letters[next] == last) break;
        out += letters[next];
        x = {{next}};
    }
    return out;
}

}  // namespace example
