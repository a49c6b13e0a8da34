// What looks at a lock or lets go of it works on a server whose memory is full, and however many wait.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace holdfast::test::burdened_test {

using namespace std::chrono_literals;

namespace {

class Burdened {
  public:
    RedisServer server{};

    /// One lock that a run holds, and one that acquire has taken.
    Burdened() {
        held_.wait_for_out("started");
        token_ = call({"acquire", "--ttl", "60s", "kept"}).out;
        REQUIRE(token_.size() > 1);
        token_.pop_back();
    }
    Finished call(std::vector<std::string> words) const {
        words.insert(words.begin() + 1, {"--node", server.uri()});
        return finish(holdfast::test::holdfast(words));
    }
    /// Every command that reads a lock before it does anything.
    void look_and_let_go(const std::vector<std::string>& options = {}) {
        const auto works = [&](std::vector<std::string> words) {
            words.insert(words.end(), options.begin(), options.end());
            const Finished done = call(words);
            CAPTURE(done.err);
            CHECK(done.status() == 0);
            return done.out;
        };
        const auto status = nlohmann::json::parse(works({"status", "--json", "held"}));
        CHECK(status["holder"]["label"] == "sh");
        waiting = status["waiting"];
        works({"verify", "--token", token_, "kept"});
        works({"renew", "--token", token_, "kept"});
        works({"release", "--token", token_, "kept"});
        CHECK(server.text({"EXISTS", "holdfast:kept"}) == "0");
        works({"force-release", "--yes", "held"});
        CHECK(server.text({"EXISTS", "holdfast:held"}) == "0");
        CHECK(held_.wait().status() == 79);
    }
    size_t waiting = 0;

  private:
    Process held_{run_on(server.uri(), {"held", "-c", "echo started; cat"})};
    std::string token_;
};

void stand_in_line(const RedisServer& server, const char* lock) {
    // By TIME in a script, which a server may refuse before a write.
    const std::string key = std::string{"holdfast:"} + lock;
    server.command({"EVAL",
                    "local time = redis.call('TIME')[1] * 1000 for i = 1, 33000 do local entry = string.format("
                    "'%032x {\"v\":1,\"label\":\"job\",\"user\":\"root\",\"host\":\"web\",\"pid\":1,\"since\":1,"
                    "\"ttl_ms\":30000}', i) redis.call('ZADD', KEYS[1], time - 100000 + i, entry) "
                    "redis.call('ZADD', KEYS[2], time + 3600000, entry) end",
                    "2", key + ":{" + key + "}:queue", key + ":{" + key + "}:seen"});
}

} // namespace

TEST_CASE("on a server whose memory is full a lock is looked at, renewed, released and taken away") {
    Burdened burdened;
    burdened.server.command({"CONFIG", "SET", "maxmemory", "1"});
    burdened.look_and_let_go();
}

TEST_CASE("in front of 33,000 waiters a lock is looked at, renewed, released and taken away") {
    for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--no-scripts"}}) {
        CAPTURE(options.size());
        Burdened burdened;
        for (const char* lock : {"held", "kept"}) stand_in_line(burdened.server, lock);
        burdened.look_and_let_go(options);
        CHECK(burdened.waiting == 33000);
    }
}

} // namespace holdfast::test::burdened_test
