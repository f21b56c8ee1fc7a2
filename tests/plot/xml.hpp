#pragma once
/// \file
/// What the tests ask of an SVG.

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace xml {

/// How often `part` stands in `text`.
[[nodiscard]] inline std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
    return n;
}

/// Does text between tags, or the value of an attribute, hold nothing but characters and the five entities?
[[nodiscard]] inline bool is_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '<' || (static_cast<unsigned char>(text[i]) < 0x20 && text[i] != '\n')) return false;
        if (text[i] != '&') continue;
        bool known = false;
        for (std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
            known = known || text.substr(i).starts_with(entity);
        if (!known) return false;
    }
    return true;
}

/// One element with everything in it: tags that close in order, attributes in quotes and none twice, text that is escaped.
[[nodiscard]] inline bool well_formed(std::string_view xml) {
    std::vector<std::string> open;
    while (!xml.empty()) {
        const std::size_t begin = xml.find('<'), end = xml.find('>', begin);
        if (!is_text(xml.substr(0, begin))) return false;
        if (begin == xml.npos) break;
        if (end == xml.npos) return false;
        std::string_view tag = xml.substr(begin + 1, end - begin - 1);
        xml.remove_prefix(end + 1);
        if (tag.starts_with('/')) {
            if (open.empty() || open.back() != tag.substr(1)) return false;
            open.pop_back();
            if (open.empty()) return xml == "\n";
            continue;
        }
        const bool closed = tag.ends_with('/');
        if (closed) tag.remove_suffix(1);
        const std::string name(tag.substr(0, tag.find(' ')));
        tag.remove_prefix(name.size());
        std::vector<std::string> seen;
        while (!tag.empty()) {  // ` key="value"`
            const std::size_t equal = tag.find("=\""), quote = tag.find('"', equal + 2);
            if (tag[0] != ' ' || equal == tag.npos || quote == tag.npos) return false;
            const std::string key(tag.substr(1, equal - 1));
            for (const std::string& s : seen)
                if (s == key) return false;
            seen.push_back(key);
            if (!is_text(tag.substr(equal + 2, quote - equal - 2))) return false;
            tag.remove_prefix(quote + 1);
        }
        if (!closed) open.push_back(name);
        if (closed && open.empty()) return false;
    }
    return false;
}

/// The texts of an SVG from `<text` to `</text>`, one behind the other: "0 | 10 | epoch".
[[nodiscard]] inline std::string texts(const std::string& svg) {
    std::string out;
    for (std::size_t at = svg.find("<text"); at != std::string::npos; at = svg.find("<text", at)) {
        at = svg.find('>', at) + 1;
        (out += out.empty() ? "" : " | ") += svg.substr(at, svg.find('<', at) - at);
    }
    return out;
}

}  // namespace xml
