#include "gradus/data/csv.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <fstream>
#include <limits>

#include "../io/temporary_folder.hpp"

namespace gr = gradus;
using gr::data::csv_labels;
using gr::data::csv_missing;
using gr::data::csv_options;
using gr::data::csv_texts;
using gr::data::parse_csv;
using namespace std::string_literals;
using table = gr::tensor<double, 2>;
using labels = gr::tensor<std::int32_t, 1>;
using words = std::vector<std::string>;

namespace {

auto parse(std::string_view text, const csv_options& options = {}) { return parse_csv<double>(text, "a.csv", options); }
std::string refusal(std::string_view text, const csv_options& options = {}) {
    return message_of([&] { (void)parse(text, options); });
}
bool is_nan(double v) { return v != v; }

constexpr const char* iris =
    "sepal,petal,species\n"
    "5.1,1.4,setosa\n"
    "7.0,4.7,versicolor\n"
    "6.3,6.0,virginica\n"
    "4.9,1.5,setosa\n";

}  // namespace

TEST_CASE("csv: a header, numbers and classes") {
    const auto t = parse(iris, {.label = "species"});
    CHECK(t.x == table{{5.1, 1.4}, {7.0, 4.7}, {6.3, 6.0}, {4.9, 1.5}});
    CHECK(t.y == labels{0, 1, 2, 0});
    CHECK(t.columns == words{"sepal", "petal"});
    CHECK(t.classes == words{"setosa", "versicolor", "virginica"});
    const auto data = t.classification();
    CHECK(data.size() == 4);
    CHECK(data.y == t.y);
    CHECK(message_of([&] { (void)t.regression(); }) ==
          "a.csv: no targets: .label must name a column and .labels be csv_labels::number");
}

TEST_CASE("csv: the label by its number, from either end") {
    for (const int c : {2, -1}) CHECK(parse(iris, {.label = c}).y == labels{0, 1, 2, 0});
    CHECK(parse("7,1,2\n8,3,4\n", {.label = 0}).x == table{{1, 2}, {3, 4}});
    CHECK(parse("7,1,2\n8,3,4\n", {.label = -3}).classes == words{"7", "8"});
}

TEST_CASE("csv: a header that is there, is not, or has to be guessed") {
    CHECK(parse("1,2\n3,4\n").x == table{{1, 2}, {3, 4}});
    CHECK(parse("1,2\n3,4\n").columns == words{"0", "1"});
    CHECK(parse("a,b\n3,4\n").columns == words{"a", "b"});
    CHECK(parse("2001,2002\n3,4\n", {.header = true}).columns == words{"2001", "2002"});
    CHECK(parse("2001,year\n3,4\n", {.label = "2001"}).x == table{{4}});  // a name that was asked for: a header
    CHECK(parse("a,b\nc,d\n", {.header = false, .texts = csv_texts::one_hot}).x == table{{1, 0, 1, 0}, {0, 1, 0, 1}});
    CHECK(parse("5,red\n6,blue\n", {.label = 1}).classes == words{"blue", "red"});
}

TEST_CASE("csv: no label: features alone") {
    const auto t = parse("a,b\n1,2\n");
    CHECK(t.y.size() == 0);
    CHECK(t.target.size() == 0);
    CHECK(message_of([&] { (void)t.classification(); }) == "a.csv: no classes: .label must name a column of them");
}

TEST_CASE("csv: quotes, separators and lines' ends within them") {
    const auto t = parse("\"a, b\",\"say \"\"c\"\"\",\"two\nlines\"\r\n\"1\", \"2\" ,3\r\n 4,\t5 , 6", {.label = -1});
    CHECK(t.columns == words{"a, b", "say \"c\""});
    CHECK(t.x == table{{1, 2}, {4, 5}});
    CHECK(parse("n,t\n1,\"x\r\ny\"\n2,\"\"\"\"\n3,\"\"\"z\"\"\"\n", {.label = "t"}).classes == words{"\"", "\"z\"", "x\r\ny"});
    CHECK(parse("a;b\n1;2\n", {.separator = ';'}).x == table{{1, 2}});
    CHECK(parse("a\tb\n1\t \n", {.separator = '\t'}).columns == words{"a", "b"});
    CHECK(is_nan(parse("a\tb\n1\t\n", {.separator = '\t'}).x(0, 1)));
}

TEST_CASE("csv: LF, CR LF, CR, empty lines, no end of the last line, a byte order mark") {
    for (const char* text : {"a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "a,b\r1,2\r3,4\r", "\n\na,b\n\n1,2\n\r\n3,4\n\n\n",
                             "\xEF\xBB\xBF" "a,b\n1,2\n3,4\n", "\xEF\xBB\xBF\"a\",b\n1,2\n3,4\n"}) {
        const auto t = parse(text);
        CHECK(t.columns == words{"a", "b"});
        CHECK(t.x == table{{1, 2}, {3, 4}});
    }
}

TEST_CASE("csv: numbers, whatever the locale") {
    const auto t = parse("-1.5,+2,.5,1e3,-.25E-2,007,1.,1e-999\n");
    CHECK(t.x == table{{-1.5, 2, 0.5, 1000, -0.0025, 7, 1, 0}});
    CHECK(parse_csv("16777217\n", "a.csv").x(0, 0) == 16777216.0f);
    if (std::setlocale(LC_NUMERIC, "de_DE.UTF-8") != nullptr) {
        CHECK(parse("1.5\n").x(0, 0) == 1.5);
        std::setlocale(LC_NUMERIC, "C");
    }
    for (const char* none : {"abc", "1.5x", "0x10", "1,5", "inf", "-inf", "infinity", "1e", "--1", "+-1", "-", "1 2"})
        CHECK(refusal("a;b\n1;2\n3;"s + none + "\n", {.separator = ';'}) ==
              "a.csv: line 3, column 1 (b): '"s + none + "' is no number");
}

TEST_CASE("csv: missing values become NaN or an error") {
    const auto t = parse("a,b,c,d,e\n1,,NA,NaN,?\n");
    CHECK(t.x(0, 0) == 1);
    for (std::size_t c = 1; c < 5; ++c) CHECK(is_nan(t.x(0, c)));
    CHECK(is_nan(parse("-999,1\n", {.missing_texts = {"-999"}}).x(0, 0)));
    CHECK(is_nan(parse("a,b\n1,\"\"\n").x(0, 1)));
    CHECK(refusal("a,b\n1,2\n3,?\n", {.missing = csv_missing::refuse}) ==
          "a.csv: line 3, column 1 (b): the value is missing: '?'");
    CHECK(refusal("a,b\n1,x\n3,\n", {.label = "b"}) == "a.csv: line 3, column 1 (b): the label is missing: ''");
    CHECK(refusal("1,2\n3,NA\n", {.missing_texts = {}}) == "a.csv: line 2, column 1: 'NA' is no number");
}

TEST_CASE("csv: what labels mean") {
    constexpr const char* text = "1,10\n2,9\n3,10\n4,2\n";
    CHECK(parse(text, {.label = 1}).classes == words{"2", "9", "10"});  // as numbers, not as texts
    CHECK(parse(text, {.label = 1}).y == labels{2, 1, 2, 0});
    CHECK(parse(text, {.label = 1, .labels = csv_labels::first_seen}).classes == words{"10", "9", "2"});
    CHECK(parse(text, {.label = 1, .labels = csv_labels::first_seen}).y == labels{0, 1, 0, 2});
    const auto whole = parse(text, {.label = 1, .labels = csv_labels::whole});
    CHECK(whole.y == labels{10, 9, 10, 2});
    CHECK(whole.classes.empty());
    CHECK(parse("1,3.0\n", {.label = 1, .labels = csv_labels::whole}).y == labels{3});
    const auto target = parse(text, {.label = 1, .labels = csv_labels::number});
    CHECK(target.regression().y == table{{10}, {9}, {10}, {2}});
    CHECK(target.y.size() == 0);

    const auto test = parse("5,versicolor\n", {.label = 1, .classes = parse(iris, {.label = 2}).classes});
    CHECK(test.y == labels{1});  // counted as in the training set
    CHECK(test.classes == words{"setosa", "versicolor", "virginica"});
    CHECK(refusal("5,rose\n", {.label = 1, .classes = {"iris"}}) ==
          "a.csv: line 1, column 1: the label 'rose' is none of the 1 classes");
    for (const char* none : {"1.5", "-1", "2147483648", "x", "1e300"})
        CHECK(refusal("1,0\n1,"s + none, {.label = 1, .labels = csv_labels::whole}) ==
              "a.csv: line 2, column 1: the label '"s + none + "' is no whole number from 0 to 2147483647");
    CHECK(refusal("1,0\n1,x", {.label = 1, .labels = csv_labels::number}) == "a.csv: line 2, column 1: 'x' is no number");
}

TEST_CASE("csv: columns of texts as 0 and 1") {
    const auto t = parse("size,color,y\n1,red,0\n2,blue,1\n3,,0\n4,red,1\n", {.label = "y", .texts = csv_texts::one_hot});
    CHECK(t.columns == words{"size", "color=blue", "color=red"});
    CHECK(t.x(0, 0) == 1);
    CHECK(t.x(0, 1) == 0);
    CHECK(t.x(0, 2) == 1);
    CHECK(t.x(1, 1) == 1);
    CHECK(is_nan(t.x(2, 1)));
    CHECK(is_nan(t.x(2, 2)));
    CHECK(t.x(3, 2) == 1);
    CHECK(parse("a\n1\nx\n2\n1\n", {.texts = csv_texts::one_hot}).columns == words{"a=1", "a=2", "a=x"});
    CHECK(refusal("a\nx\n?\n", {.missing = csv_missing::refuse, .texts = csv_texts::one_hot}) ==
          "a.csv: line 3, column 0 (a): the value is missing: '?'");
}

TEST_CASE("csv: each thing that can be wrong has its message") {
    CHECK(refusal("") == "a.csv: it is empty");
    CHECK(refusal("\n\r\n") == "a.csv: it is empty");
    CHECK(refusal("\xEF\xBB\xBF") == "a.csv: it is empty");
    CHECK(refusal("a,b\n") == "a.csv: no line follows the header");
    CHECK(refusal("a\n1\n", {.label = "a"}) == "a.csv: no column is left beside the label");
    CHECK(refusal("a,b\n1,2\n3\n") == "a.csv: line 3 has 1 fields, line 1 has 2");
    CHECK(refusal("\n1,2\n\"\n\n\",4\n3,4,\n") == "a.csv: line 6 has 3 fields, line 2 has 2");
    CHECK(refusal("a,b\n1,\"2\n3,4\n") == "a.csv: line 2: the quote before '2?3,4?' is never closed");
    CHECK(refusal("a,b\n1,\"\"\"\n") == "a.csv: line 2: the quote before '\"\"?' is never closed");
    CHECK(refusal("a,b\n1,\"2\"x\n") == "a.csv: line 2: 'x' follows the quote that closes '2'");
    CHECK(refusal("a,b\n1,5'10\"\n") == "a.csv: line 2: a quote within the field '5'10\"', which does not begin with one");
    CHECK(refusal("a,b\n1,2\n3,"s + '\0') == "a.csv: line 3: a NUL byte, so it is no text");
    CHECK(refusal("\xFF\xFE" "a\0,\0"s) == "a.csv: a text in UTF-16; save it as UTF-8");
    CHECK(refusal("a,b\n1,1e999\n") == "a.csv: line 2, column 1 (b): '1e999' is beyond double");
    CHECK(message_of([] { (void)parse_csv("1e39\n", "a.csv"); }) == "a.csv: line 1, column 0: '1e39' is beyond float");
    const std::string long_text = "no number at all; however far you";
    CHECK(refusal("a,b\n1," + long_text) == "a.csv: line 2, column 1 (b): 'no number at all; however far yo...' is no number");
    CHECK(refusal("a,b\n1,\x1b[2J\n") == "a.csv: line 2, column 1 (b): '?[2J' is no number");
    CHECK(gr::data::shown("no number at all; however far yäh") == "'no number at all; however far y...'");  // no half letters

    CHECK(refusal("a,b\n1,2\n", {.label = "c"}) == "a.csv: no column 'c', it has 'a', 'b'");
    CHECK(refusal("1,2,3,4,5,6,7,8,9\n1,2,3,4,5,6,7,8,9\n", {.label = "c"}) ==
          "a.csv: no column 'c', it has '1', '2', '3', '4', '5', '6', '7', '8', ...");
    CHECK(refusal("a,a,b\n1,2,3\n", {.label = "a"}) == "a.csv: two columns are called 'a'");
    CHECK(refusal("1,2\n", {.header = false, .label = "a"}) == "a.csv: without a header there is no column 'a'");
    for (const int c : {2, -3})
        CHECK(refusal("1,2\n", {.label = c}) ==
              "a.csv: no column " + std::to_string(c) + ": it has 2, counted from 0, or from -1 backwards");
    for (const char separator : {'"', '\n', '\r', '\0'})
        CHECK(refusal("1", {.separator = separator}) == "a.csv: a quote, a line's end or NUL cannot be a separator");
    CHECK(refusal("1,2\n3,4\n", {.limit = 31}) == "a.csv: x of (2, 2) is more than the limit of 31 bytes");
    std::string names = "a\n";
    for (int i = 0; i < 1000; ++i) names += gr::message({"name", i, "\n"});
    CHECK(refusal(names, {.texts = csv_texts::one_hot, .limit = 1000000}) ==
          "a.csv: x of (1000, 1000) is more than the limit of 1000000 bytes");
}

TEST_CASE("csv: a text cut anywhere, or with any byte changed, is a table or an error") {
    const std::string whole = "a,\"b \"\"q\"\"\",c\r\n1,\"x\ny\",?\n\"2\",z,3\n";
    const csv_options options{.label = 1, .texts = csv_texts::one_hot};
    for (std::size_t n = 0; n <= whole.size(); ++n) (void)refusal(whole.substr(0, n), options);
    for (std::size_t i = 0; i < whole.size(); ++i)
        for (int value = 0; value < 256; ++value) {
            auto changed = whole;
            changed[i] = static_cast<char>(value);
            (void)refusal(changed, options);
        }
    CHECK(refusal(whole, options) == "no error");
}

TEST_CASE("csv: from a file, plain and gzipped") {
    const temporary_folder here;
    const std::string path = here / "iris.csv";
    std::ofstream(path, std::ios::binary) << iris;
    CHECK(gr::data::csv(path, {.label = "species"}).classification().size() == 4);
    CHECK(message_of([&] { (void)gr::data::csv(path); }) == path + ": line 2, column 2 (species): 'setosa' is no number");
    CHECK(message_of([&] { (void)gr::data::csv(path, {.limit = 20}); }) ==
          path + ": its 87 bytes are more than the limit of 20");
    CHECK(message_of([&] { (void)gr::data::csv(here / "none.csv"); }) ==
          "cannot open " + here / "none.csv" + ": No such file or directory");
    CHECK(message_of([&] { (void)gr::data::csv(here.path); }) == "cannot read " + here.path + ": Is a directory");
    std::ofstream(here / "empty.csv").flush();
    CHECK(message_of([&] { (void)gr::data::csv(here / "empty.csv"); }) == here / "empty.csv" + ": it is empty");
#if GRADUS_HAS_ZLIB
    std::string rows = "a,b\n";
    for (int i = 0; i < 400000; ++i) rows += "1,2\n";
    const std::string packed = here / "rows.csv.gz";
    const gzFile out = gzopen(packed.c_str(), "wb");
    gzwrite(out, rows.data(), static_cast<unsigned>(rows.size()));
    gzclose(out);
    CHECK(gr::data::csv(packed).x.shape() == std::array<std::size_t, 2>{400000, 2});
    CHECK(message_of([&] { (void)gr::data::csv(packed, {.limit = 1000000}); }) ==
          packed + ": its text is more than the limit of 1000000 bytes");
#endif
}

TEST_CASE("csv: a second file has the columns of the first, texts included") {
    const auto train = parse("color,size\nred,1\nblue,2\n", {.texts = csv_texts::one_hot});
    CHECK(train.columns == words{"color=blue", "color=red", "size"});
    const auto test = parse("color,size\nred,3\n?,4\n", {.columns = train.columns});
    CHECK(test.columns == train.columns);
    CHECK(test.x(0, 0) == 0);
    CHECK(test.x(0, 1) == 1);
    CHECK(test.x(0, 2) == 3);
    CHECK(is_nan(test.x(1, 0)));
    CHECK(refusal("color,size\nred,3\ngreen,4\n", {.columns = train.columns}) ==
          "a.csv: line 3, column 0 (color): 'green' is none of the 2 texts that .columns has of it");
    CHECK(refusal("color,size\nred,big\n", {.columns = train.columns}) ==
          "a.csv: line 2, column 1 (size): 'big' is no number");
    CHECK(refusal("size,color\n3,red\n", {.columns = train.columns}) ==
          "a.csv: column 0 is 'size', .columns has 'color=blue'");
    CHECK(refusal("color,size,age\nred,3,4\n", {.columns = train.columns}) ==
          "a.csv: column 2 is 'age', .columns has no more");
    CHECK(refusal("color\nred\n", {.columns = train.columns}) == "a.csv: lacks the column 'size' of .columns");
    const auto unnamed = parse("a,1\nb,2\n", {.header = false, .texts = csv_texts::one_hot});
    CHECK(parse("b,7\n", {.header = false, .columns = unnamed.columns}).x == table{{0, 1, 7}});
    CHECK(parse("label,color,size\n0,red,3\n", {.label = 0, .columns = train.columns}).x == table{{0, 1, 3}});
}

TEST_CASE("csv: numbers below and beyond a double, however they are written") {
    const std::string zeros(330, '0');
    for (const std::string& tiny : {"0." + zeros + "1", "-." + zeros + "1", "1e-999"s, "0." + zeros + "1e+5",
                                    "1e-99999999999999999999"s, "1" + zeros + "e-700", "0e999"s}) {
        CAPTURE(tiny);
        CHECK(gr::data::csv_number(tiny) == 0);
    }
    for (const std::string& huge : {"1" + zeros, "1e999"s, "0.0001e+999"s, "1e99999999999999999999"s,
                                    "0." + zeros + "1e999", "1" + zeros + "e-5"}) {
        CAPTURE(huge);
        CHECK(gr::data::csv_number(huge) == std::numeric_limits<double>::infinity());
    }
    CHECK(parse("0." + zeros + "1,1\n").x == table{{0, 1}});
}

TEST_CASE("csv: a header with a number among its names has to be announced") {
    CHECK(refusal("a,2020\n1,2\n") ==
          "a.csv: line 1, column 0: 'a' is no number; if this line is a header, set .header = true");
    CHECK(parse("a,2020\n1,2\n", {.header = true}).columns == words{"a", "2020"});
    CHECK(refusal("a,2020\n1,2\n", {.header = false}) == "a.csv: line 1, column 0: 'a' is no number");
    CHECK(refusal("1,2\n1,b\n") == "a.csv: line 2, column 1: 'b' is no number");
}
