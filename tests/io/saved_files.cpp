// Files that an older gradus wrote are loaded, and their training goes on. fixtures/saved/make.cpp made them.
#include "gradus/io/save.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <span>

#include "../fixtures/saved/training.hpp"
#include "../support/fixture.hpp"
#include "../support/close.hpp"
#include "temporary_folder.hpp"

namespace gr = gradus;

namespace {

/// As support::difference of tensors; infinite where type or shape differ.
template <class T>
double difference(const gr::io::array& a, const gr::io::array& b) {
    if (a.type != b.type || a.shape != b.shape) return std::numeric_limits<double>::infinity();
    const auto flat = [](std::span<const T> values) {
        gr::tensor<T, 1> x;
        gr::reshape(x, std::array{values.size()});
        std::ranges::copy(values, x.data());
        return x;
    };
    return support::difference(flat(a.as<T>()), flat(b.as<T>()));
}

/// Both files hold the same arrays in the same order: integers and names equal, numbers as close as `tolerant` says.
void check_alike(const std::string& file, const std::string& expected, bool tolerant) {
    const gr::io::npz_reader a(file), b(expected);
    CHECK(a.names() == b.names());
    for (const auto& name : b.names()) {
        CAPTURE(name);
        const auto p = a[name], q = b[name];
        if (tolerant && q.type == gr::io::dtype_of<float>)
            CHECK(difference<float>(p, q) < support::tolerance<float>(20));  // sums over the 20 samples
        else if (tolerant && q.type == gr::io::dtype_of<double>)
            CHECK(difference<double>(p, q) < support::tolerance<double>());
        else
            CHECK((p.type == q.type && p.shape == q.shape && p.bytes == q.bytes));
    }
}

}  // namespace

TEST_CASE("load: files of an older gradus, for each optimizer; saved again they are the same, and training goes on") {
    const temporary_folder folder;
    saved::each_file([&](const std::string& file, auto make, auto options, auto train) {
        CAPTURE(file);
        const std::string written = support::fixture("saved/" + file);
        gr::seed(99);  // another program's: the file has that of its run
        auto net = make();
        gr::optimizer descend(net, options);
        gr::load(written + ".npz", net, descend);
        const bool by_fit = file == "nested";
        CHECK(descend.t == (by_fit ? 6 : 5));
        CHECK(descend.epoch == (by_fit ? 2 : 0));
        CHECK(descend.seed == 7);
        gr::save(folder / "again.npz", net, descend);
        check_alike(folder / "again.npz", written + ".npz", false);

        train(net, descend);
        gr::save(folder / "later.npz", net, descend);
        check_alike(folder / "later.npz", written + "_later.npz", true);

        auto alone = make();
        gr::load(written + "_later.npz", alone);
        gr::save(folder / "alone.npz", alone);
        const gr::io::npz_reader in(folder / "alone.npz"), all(written + "_later.npz");
        for (const auto& name : in.names()) CHECK(in[name].bytes == all[name].bytes);
    });
}
