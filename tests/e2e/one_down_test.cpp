// What each command says, to people and to machines, while one of three nodes is down.
#include "support/holdfast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>
#include <sstream>

namespace holdfast::test::one_down_test {
using nlohmann::json;

namespace {

/// Three nodes that forget nothing, so that doctor finds them well; the third is down.
class OneDown {
  public:
    OneDown() { servers_[2].kill(); }

    Finished call(std::vector<std::string> words) const {
        return finish(holdfast::test::holdfast(std::move(words)),
                      {.environment = {{"HOLDFAST_NODES", servers_.uris()}}});
    }

    /// The token of a lock that a "job" has from now on.
    std::string acquired() const {
        const Finished done = call({"acquire", "--label", "job", "x"});
        REQUIRE(done.status() == 0);
        REQUIRE(done.err == "");
        return done.out.substr(0, done.out.size() - 1);
    }

    /// With A, B and C for the nodes, WHO, TIME, N and T for what is another each time, and columns two spaces apart.
    std::string plain(std::string text) const {
        const std::vector<Node> nodes = servers_.nodes();
        for (size_t i = 0; i < nodes.size(); ++i)
            for (const std::string uri = nodes[i].display(); text.find(uri) != std::string::npos;)
                text.replace(text.find(uri), uri.size(), 1, static_cast<char>('A' + i));
        for (const auto& [what, name] : {std::pair{R"(\(\S+@\S+, pid \d+\))", "(WHO)"},
                                         {R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+Z| [+-]\d{4})?)", "TIME"},
                                         {R"(\b[0-9a-f]{32}\.\d\b)", "TOKEN"},
                                         {R"(\b\d{13}\b)", "N"},
                                         {R"(\b\d+(\.\d+)? ?m?s\b)", "T"},
                                         {R"(  +)", "  "}})
            text = std::regex_replace(text, std::regex{what}, name);
        return text;
    }

  private:
    RedisServers servers_{3, RedisServer::Listens::unix_socket, {"--appendonly", "yes", "--appendfsync", "always"}};
};

/// What status and force-release show.
const std::string held_by_job = "x is held by job (WHO) for T; it expires in T unless renewed\n"
                                "  since TIME, fence N\n"
                                "  NODE  EXPIRES IN  STATE\n"
                                "  A  T  held by job (WHO)\n"
                                "  B  T  held by job (WHO)\n"
                                "  C  -  connection refused\n";

/// Takes numbers out that are others each time.
void has_number(json& object, const char* field) {
    CHECK(object.at(field).is_number_integer());
    object.erase(field);
}

} // namespace

TEST_CASE("one node down: run") {
    const OneDown nodes;
    const Finished quiet = nodes.call({"run", "x", "echo", "done"});
    CHECK(quiet.status() == 0);
    CHECK(quiet.out == "done\n");
    CHECK(quiet.err == "");
    CHECK(nodes.call({"run", "x", "sh", "-c", "exit 7"}).status() == 7);

    const Finished verbose = nodes.call({"run", "-v", "x", "true"});
    CHECK(nodes.plain(verbose.err) == "holdfast: x acquired, fence N\n"
                                      "  A  granted in T\n"
                                      "  B  granted in T\n"
                                      "  C  connection refused\n"
                                      "holdfast: x released after T\n");
}

TEST_CASE("one node down: run for machines") {
    const OneDown nodes;
    const Finished told = nodes.call({"run", "--log-format", "json", "--status-fd", "1", "x", "true"});
    CHECK(told.status() == 0);
    json report = json::parse(told.out);
    REQUIRE(report["locks"].size() == 1);
    CHECK(report["locks"][0] == json{{"name", "x"}, {"fence", report["fence"]}});
    report.erase("locks");
    for (const char* field : {"fence", "waited_ms", "held_ms"}) has_number(report, field);
    for (const char* field : {"time", "started_at", "ended_at", "user", "host"}) {
        CHECK(report.at(field).is_string());
        report.erase(field);
    }
    has_number(report, "pid");
    CHECK(report == json{{"lock", "x"}, {"label", "true"}, {"result", "ended"}, {"status", 0}, {"command_status", 0}});

    std::istringstream lines{told.err};
    std::string line;
    REQUIRE(std::getline(lines, line));
    json acquired = json::parse(line);
    for (const char* field : {"fence", "waited_ms"}) has_number(acquired, field);
    CHECK(nodes.plain(acquired["message"]) == "x acquired, fence N\n"
                                              "  A  granted in T\n"
                                              "  B  granted in T\n"
                                              "  C  connection refused");
    CHECK(acquired["event"] == "acquired");
    REQUIRE(std::getline(lines, line));
    CHECK(json::parse(line)["event"] == "released");
    CHECK_FALSE(std::getline(lines, line));
}

TEST_CASE("one node down: acquire, verify, renew and release") {
    const OneDown nodes;
    const std::string token = nodes.acquired();
    CHECK(nodes.plain(token) == "TOKEN");
    for (const char* command : {"verify", "renew", "release"}) {
        const Finished done = nodes.call({command, "--token", token, "x"});
        CHECK(done.status() == 0);
        CHECK(done.out + done.err == "");
    }
    const Finished ended = nodes.call({"verify", "--token", token, "x"});
    CHECK(ended.status() == 79);
    CHECK(nodes.plain(ended.err) == "holdfast: x is not held with this token: it has ended, was taken away, or the "
                                    "token is another lock's; holdfast history x tells more\n"
                                    "  A  not ours\n"
                                    "  B  not ours\n"
                                    "  C  connection refused\n");
}

TEST_CASE("one node down: acquire and verify for machines") {
    const OneDown nodes;
    const Finished done = nodes.call({"acquire", "--json", "x"});
    CHECK(done.status() == 0);
    CHECK(done.err == "");
    json object = json::parse(done.out);
    has_number(object, "fence");
    const std::string token = object["token"];
    CHECK(nodes.plain(object.dump()) ==
          R"({"expires_at":"TIME","key":"holdfast:x","lock":"x","token":"TOKEN","ttl_ms":30000})");

    const Finished verified = nodes.call({"verify", "--log-format", "json", "--token", token, "x"});
    CHECK(verified.status() == 0);
    json event = json::parse(verified.err);
    CHECK(event["event"] == "verified");
    CHECK(nodes.plain(event["message"]) == "x is ours; it expires in T unless renewed\n"
                                           "  A  ours for T\n"
                                           "  B  ours for T\n"
                                           "  C  connection refused");
}

TEST_CASE("one node down: status") {
    const OneDown nodes;
    const Finished free = nodes.call({"status", "x"});
    CHECK(free.status() == 1);
    CHECK(nodes.plain(free.out) == "x is free\n"
                                   "  NODE  EXPIRES IN  STATE\n"
                                   "  A  -  free\n"
                                   "  B  -  free\n"
                                   "  C  -  connection refused\n"
                                   "  no run of holdfast:x is known\n");
    nodes.acquired();
    const Finished held = nodes.call({"status", "x"});
    CHECK(held.status() == 0);
    CHECK(held.err == "");
    CHECK(nodes.plain(held.out) == held_by_job);
}

TEST_CASE("one node down: status and list for machines") {
    const OneDown nodes;
    nodes.acquired();
    const Finished shown = nodes.call({"status", "--json", "x"});
    CHECK(shown.status() == 0);
    CHECK(shown.err == "");
    const Finished listed = nodes.call({"list", "--json"});
    CHECK(listed.status() == 0);
    CHECK(nodes.plain(listed.err) == "holdfast: 2 of 3 nodes answered\n"
                                     "  A  listed\n"
                                     "  B  listed\n"
                                     "  C  connection refused\n");

    json lock = json::parse(shown.out);
    json list = json::parse(listed.out);
    const json holder = lock["holder"];
    CHECK(holder["label"] == "job");
    const json down{{"node", lock["nodes"][2]["node"]},
                    {"state", "unreachable"},
                    {"holder", nullptr},
                    {"expires_in_ms", nullptr},
                    {"error", "connection refused"}};
    CHECK(lock["nodes"][2] == down);
    for (json* up : {&lock["nodes"][0], &lock["nodes"][1]}) {
        has_number(*up, "expires_in_ms");
        up->erase("node");
        CHECK(*up == json{{"state", "held"}, {"holder", holder}, {"error", nullptr}});
    }
    CHECK(lock["nodes"].size() == 3);
    lock.erase("nodes");
    CHECK(lock["waiters"] == json::array());
    lock.erase("waiters");
    CHECK(lock["last_success"].is_null());
    lock.erase("last_success");
    CHECK(lock["last"].is_null());
    lock.erase("last");
    for (json* one : {&lock, &list["locks"][0]}) {
        for (const char* field : {"fence", "expires_in_ms", "held_for_ms"}) has_number(*one, field);
        has_number((*one)["holders"][0], "expires_in_ms");
    }
    json in_list = holder;
    in_list.update({{"slot", nullptr}, {"run", lock["holders"][0]["run"]}, {"nodes_holding", 2}});
    CHECK(lock == json{{"lock", "x"},
                       {"key", "holdfast:x"},
                       {"state", "held"},
                       {"kind", "exclusive"},
                       {"slots", nullptr},
                       {"holder", holder},
                       {"holders", json::array({in_list})},
                       {"kept", false},
                       {"waiting", 0},
                       {"nodes_holding", 2}});
    CHECK(list["locks"] == json::array({lock}));
    CHECK(nodes.plain(list["nodes"].dump()) == R"([{"error":null,"node":"A","state":"listed"},)"
                                               R"({"error":null,"node":"B","state":"listed"},)"
                                               R"({"error":"connection refused","node":"C","state":"unreachable"}])");
}

TEST_CASE("one node down: list and force-release") {
    const OneDown nodes;
    nodes.acquired();
    const Finished listed = nodes.call({"list"});
    CHECK(listed.status() == 0);
    CHECK(nodes.plain(listed.out) == "LOCK  HELD FOR  EXPIRES IN  WAITING  NODES  HOLDER\n"
                                     "x  T  T  0  2/3  job (WHO)\n");
    CHECK(nodes.plain(listed.err) == "holdfast: 2 of 3 nodes answered\n"
                                     "  A  listed\n"
                                     "  B  listed\n"
                                     "  C  connection refused\n");
    const Finished taken = nodes.call({"force-release", "--yes", "x"});
    CHECK(taken.status() == 0);
    CHECK(taken.err == "");
    CHECK(nodes.plain(taken.out) == held_by_job +
                                        "taken away from job (WHO)\n"
                                        "  acquire took it for a script, which is not told and goes on until it asks "
                                        "(verify, renew); it may run beside the next holder\n"
                                        "  nobody waits for x\n");
    const Finished again = nodes.call({"force-release", "--yes", "x"});
    CHECK(again.status() == 1);
    CHECK(again.out == "x is free, nothing to take away\n");
}

TEST_CASE("one node down: doctor") {
    const OneDown nodes;
    // The machine may stall, and slow answers would be told.
    const Finished done = nodes.call({"doctor", "--node-timeout", "3s"});
    CHECK(done.status() == 1);
    CHECK(done.err == "");
    std::string told = "\n" + nodes.plain(done.out);
    // What is well is pinned where all is well.
    told = std::regex_replace(told, std::regex{R"(\nOK  (all|A|B)  [^\n]*)"}, "");
    CHECK(told == "\n  NODE  CHECK  FOUND\n"
                  "FAIL  C  reachable  connection refused\n"
                  "  -> start it, or see to its address and the network in between\n"
                  "\nlocks can be had: 2 of 3 nodes usable, 2 needed; FAIL 1, WARN 0\n");

    json report = json::parse(nodes.plain(nodes.call({"doctor", "--json", "--node-timeout", "3s"}).out));
    std::erase_if(report["findings"].get_ref<json::array_t&>(),
                  [](const json& finding) { return finding["verdict"] == "ok"; });
    CHECK(report == json{{"verdict", "fail"},
                         {"works", true},
                         {"nodes", 3},
                         {"usable", 2},
                         {"needed", 2},
                         {"findings",
                          {{{"check", "reachable"},
                            {"node", "C"},
                            {"verdict", "fail"},
                            {"accepted", false},
                            {"text", "connection refused"},
                            {"advice", "start it, or see to its address and the network in between"}}}}});
}

} // namespace holdfast::test::one_down_test
