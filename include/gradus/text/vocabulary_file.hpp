#pragma once
/// \file
/// Files of vocabularies, stored next to the network trained with them: a line with number and kind, then the tokens.
///
///   gradus vocabulary: 3 characters
///   \u{A}
///   a
///   词
///
/// Invisible characters, and \ itself, are written as \u{...}, the code point in hexadecimal.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/base/compiled.hpp"
#include "gradus/base/error.hpp"
#include "gradus/base/file.hpp"
#include "gradus/text/vocabulary.hpp"

namespace gradus::data {

/// Writes a vocabulary. An existing file is replaced only after all of it is written.
/// \throws data_error with the path and the system's reason.
GRADUS_ONCE void save(const std::string& path, const vocabulary& v);

/// Reads what `save` wrote.
/// \throws data_error naming the file, the line or the token: not a vocabulary, not UTF-8, more than 64 MiB, more or
/// fewer tokens than promised, a \ that does not begin \u{...}, a duplicate token, or one that no text contains.
GRADUS_ONCE [[nodiscard]] vocabulary load_vocabulary(const std::string& path);

#if GRADUS_BODIES_OF(text)

GRADUS_BODY void save(const std::string& path, const vocabulary& v) {
    std::string text = message({"gradus vocabulary: ", v.size(), v.cut().by == unit::word ? " words" : " characters",
                                v.cut().lower_case ? ", lower case\n" : "\n"});
    for (const std::string& token : v.tokens()) {
        for (const char32_t c : decode_utf8(token)) {
            const bool seen = c != U'\\' && !unicode::is_blank(c) && !unicode::is_control(c);
            if (seen)
                append_utf8(text, c);
            else
                text += message({"\\u{", std::string_view(code_point_text(c)).substr(2), "}"});
        }
        text += '\n';
    }
    io::replacement_file file(path);
    file.write(std::as_bytes(std::span(text)));
    file.commit();
}

GRADUS_BODY vocabulary load_vocabulary(const std::string& path) {
    const std::string text = read_utf8(path, std::uint64_t{1} << 26);
    std::string_view rest = text;
    std::size_t line = 0;
    const auto refuse = [&](std::initializer_list<piece> why) { throw data_error(message({path, ": ", message(why)})); };
    const auto next_line = [&] {
        const std::size_t end = rest.find('\n');
        if (end == std::string_view::npos) refuse({"line ", line + 1, " is cut off"});
        std::string_view out = rest.substr(0, end);
        if (out.ends_with('\r')) out.remove_suffix(1);
        rest.remove_prefix(end + 1);
        ++line;
        return out;
    };

    constexpr std::string_view title = "gradus vocabulary: ";
    if (!rest.starts_with(title)) refuse({"no vocabulary, which begins with '", title, "'"});
    const std::string_view head = next_line().substr(title.size());
    std::size_t size = 0;
    const char* const end = head.data() + head.size();
    std::string_view what(std::from_chars(head.data(), end, size).ptr, end);
    tokenize_options cut{.by = what.starts_with(" words") ? unit::word : unit::character,
                         .lower_case = what.ends_with(", lower case")};
    if (cut.lower_case) what.remove_suffix(std::string_view(", lower case").size());
    if (size == 0 || (what != " words" && what != " characters"))
        refuse({"line 1: ", shown(head), " is neither a number of characters nor of words"});
    const std::size_t room = rest.size() / 2;  // a token has at least one byte, then a line end
    if (size > room) refuse({"line 1 promises ", size, " tokens, the file has room for ", room});

    std::vector<std::string> tokens;
    while (!rest.empty()) {
        if (tokens.size() == size) refuse({"line 1 promises ", size, " tokens, there are more"});
        std::string_view from = next_line();
        std::string token;
        for (std::size_t slash = 0; (slash = from.find('\\')) != std::string_view::npos;) {
            token += from.substr(0, slash);
            from.remove_prefix(slash);
            std::uint32_t c = 0x110000;  // not a code point, unless digits are read
            const char* digits = from.starts_with("\\u{") ? from.data() + 3 : nullptr;
            const char* stop = digits == nullptr ? nullptr : std::from_chars(digits, from.data() + from.size(), c, 16).ptr;
            if (stop == digits || stop == from.data() + from.size() || *stop != '}' || !is_scalar_value(c))
                refuse({"line ", line, ": ", shown(from), " begins with no \\u{...} of a character"});
            append_utf8(token, c);
            from.remove_prefix(static_cast<std::size_t>(stop + 1 - from.data()));
        }
        tokens.push_back(token += from);
    }
    if (tokens.size() != size) refuse({"line 1 promises ", size, " tokens, there are ", tokens.size()});
    return vocabulary(std::move(tokens), cut, path);
}

#endif

}  // namespace gradus::data
