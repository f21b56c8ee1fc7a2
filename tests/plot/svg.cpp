#include "gradus/plot/svg.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "gradus/plot/picture.hpp"
#include "xml.hpp"

namespace plot = gradus::plot;

TEST_CASE("svg: numbers are short") {
    CHECK(plot::px(12) == "12");
    CHECK(plot::px(3.14159) == "3.1");
    CHECK(plot::px(0.25) == ".2");
    CHECK(plot::px(-0.5) == "-.5");
    CHECK(plot::px(-0.01) == "0");
    std::string d;
    plot::draw(d, 'M', {12, -3.5});
    plot::draw(d, 'l', {0.5, 1});
    CHECK(d == "M12-3.5l.5 1");
}

TEST_CASE("svg: text is what XML can hold, whatever bytes it comes from") {
    CHECK(plot::escaped("a < b & \"c\" > 'd'") == "a &lt; b &amp; &quot;c&quot; &gt; &#39;d&#39;");
    CHECK(plot::escaped("tab\there, null, del\x7f") == "tab here, null, del ");
    CHECK(plot::escaped("x₁ ∇J 汽车 😀") == "x₁ ∇J 汽车 😀");
    CHECK(plot::escaped("caf\xe9!") == "caf�!");         // Latin-1
    CHECK(plot::escaped("\xc3") == "�");                 // cut off
    CHECK(plot::escaped("\xc0\xaf") == "��");            // overlong
    CHECK(plot::escaped("\xed\xa0\x80") == "���");       // a surrogate
    CHECK(plot::escaped("\xef\xbf\xbf") == "���");       // U+FFFF, which XML does not have
    CHECK(plot::escaped("\xf4\x90\x80\x80") == "����");  // beyond Unicode
    CHECK(plot::escaped(std::string("a\0b", 3)) == "a b");
}

TEST_CASE("svg: a text that is too long is cut at a character, or broken at a space") {
    CHECK(plot::text_width("abcd") == plot::text_width("∇x₁²"));
    CHECK(plot::text_width("汽车") > plot::text_width("abc"));
    CHECK(plot::shortened("short", 100) == "short");
    CHECK(plot::shortened("ααααααααααα", 60) == "αααααα…");
    CHECK(plot::shortened("abc", 1) == "…");
    using lines = std::vector<std::string>;
    CHECK(plot::wrapped("one two three", 60, 13) == lines{"one two", "three"});
    CHECK(plot::wrapped("onetwothree", 60, 13) == lines{"onetwoth", "ree"});
    CHECK(plot::wrapped("汽车飞机", 30, 13) == lines{"汽车", "飞机"});
    CHECK(plot::wrapped("x", 1, 13) == lines{"x"});
    CHECK(plot::wrapped("", 60, 13).empty());
}

TEST_CASE("svg: the style sheet has the colours that are used, for light and dark ground") {
    const std::string svg = plot::picture("t", 10, 20, plot::rectangle("cell s2", 1, 2, 3, 4)).svg();
    CHECK(xml::well_formed(svg));
    CHECK(xml::count(svg, ".gradus-plot .s2{color:#009e73}") == 1);
    CHECK(xml::count(svg, ".gradus-plot .s2{color:#2fc39a}") == 1);
    CHECK(xml::count(svg, "{color:") == 2);
    CHECK(svg.find("prefers-color-scheme:dark") < svg.find("#2fc39a"));
    CHECK(xml::count(svg, "width=\"10\" height=\"20\" viewBox=\"0 0 10 20\"") == 1);
}

TEST_CASE("svg: the tests' own judge of XML sees what is wrong") {
    CHECK(xml::well_formed("<a b=\"1\"><c/>text &amp; more</a>\n"));
    for (const char* bad : {"<a>", "<a></b>\n", "<a b=1></a>\n", "<a b=\"1\" b=\"2\"></a>\n", "<a>&</a>\n",
                            "<a>\x01</a>\n", "<a></a><b></b>\n", "<a b=\"<\"></a>\n", ""})
        CHECK_MESSAGE(!xml::well_formed(bad), bad);
}
