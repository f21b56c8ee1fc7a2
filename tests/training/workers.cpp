// labels: threads
#include "gradus/training/workers.hpp"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <set>
#include <stdexcept>
#include <string>

namespace gr = gradus;

TEST_CASE("workers: every part is done once, each in its own thread, part 0 in the caller's") {
    gr::workers team(4);
    CHECK(team.size() == 4);
    std::vector<std::thread::id> who(4);
    std::vector<int> done(4);
    for (int round = 0; round < 100; ++round)
        team.run([&](std::size_t k) { who[k] = std::this_thread::get_id(), ++done[k]; });
    CHECK(done == std::vector<int>{100, 100, 100, 100});
    CHECK(who[0] == std::this_thread::get_id());
    CHECK(std::set<std::thread::id>(who.begin(), who.end()).size() == 4);
}

TEST_CASE("workers: a team of none or one is the caller alone") {
    for (std::size_t size : {0u, 1u}) {
        gr::workers team(size);
        CHECK(team.size() == 1);
        int done = 0;
        team.run([&](std::size_t k) { done += 1 + static_cast<int>(k); });
        CHECK(done == 1);
    }
}

TEST_CASE("workers: what is thrown in any thread reaches the caller after all have ended, and the team lives on") {
    gr::workers team(3);
    for (std::size_t thrower = 0; thrower < 3; ++thrower) {
        std::atomic<int> ended{0};
        CHECK_THROWS_WITH_AS(team.run([&](std::size_t k) {
            if (k == thrower) throw std::runtime_error("part " + std::to_string(k));
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            ++ended;
        }),
                             ("part " + std::to_string(thrower)).c_str(), std::runtime_error);
        CHECK(ended == 2);
    }
    CHECK_THROWS_AS(team.run([](std::size_t k) { throw k; }), std::size_t);  // all at once
    int sum = 0;
    team.run([&](std::size_t k) { if (k == 0) sum = 1; });
    CHECK(sum == 1);  // and what the others threw is not thrown later
}

TEST_CASE("workers: threads that have gone to sleep wake up for the next job") {
    gr::workers team(2);
    std::atomic<int> done{0};
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(30));
        team.run([&](std::size_t k) {
            if (k == 1) std::this_thread::sleep_for(std::chrono::milliseconds(30));  // the caller sleeps too
            ++done;
        });
    }
    CHECK(done == 6);
}

#ifdef __GLIBC__
namespace {

/// Threads want a GiB of address space each, and there is room for two of them.
class scarcity {
  public:
    scarcity() {
        pthread_attr_t attributes;
        pthread_getattr_default_np(&attributes);
        pthread_attr_getstacksize(&attributes, &stack_);
        set_stack(gib);
        getrlimit(RLIMIT_AS, &limit_);
        std::size_t pages = 0;
        std::FILE* statm = std::fopen("/proc/self/statm", "r");
        REQUIRE(statm != nullptr);
        CHECK(std::fscanf(statm, "%zu", &pages) == 1);
        std::fclose(statm);
        rlimit less = limit_;
        less.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + 5 * gib / 2;
        setrlimit(RLIMIT_AS, &less);
    }
    scarcity(const scarcity&) = delete;
    void operator=(const scarcity&) = delete;
    ~scarcity() {
        setrlimit(RLIMIT_AS, &limit_);
        set_stack(stack_);
    }

  private:
    static constexpr std::size_t gib = std::size_t{1} << 30;
    static void set_stack(std::size_t size) {
        pthread_attr_t attributes;
        pthread_getattr_default_np(&attributes);
        pthread_attr_setstacksize(&attributes, size);
        pthread_setattr_default_np(&attributes);
    }
    std::size_t stack_ = 0;
    rlimit limit_{};
};

}  // namespace

TEST_CASE("workers: where the system gives too few threads, an error says so, and those that began have ended") {
    std::string text;
    {
        const scarcity here;
        try {
            gr::workers team(8);
        } catch (const gr::error& e) {
            text = e.what();
        }
    }
    CHECK(text == "workers: only 3 of 8 threads could be had: Resource temporarily unavailable");
    gr::workers team(3);
    std::atomic<int> done{0};
    team.run([&](std::size_t) { ++done; });
    CHECK(done == 3);
}
#endif
