#include "fault/failover.hpp"

#include "fault/deployment.hpp"
#include "fault/first_word.hpp"
#include "fault/scene.hpp"
#include "redis/node_set.hpp"
#include "support/cluster.hpp"
#include "support/sentinels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace holdfast::test {
namespace {

/// From the end of a command to the begin of the next, once the deployment has settled.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr seconds longest_hand_over{5};
#else
constexpr seconds longest_hand_over{1};
#endif

/// What one command has written down.
struct Stay {
    BootTime began{};
    std::optional<BootTime> told{};
    BootTime ended = BootTime::max();
};

class History {
  public:
    History(const Draw& draw, Judgement& judgement) : draw_{draw}, judgement_{judgement} {}

    /// `options` are those of `run`, `ways` those of the probe.
    Process run(const std::string& uri, std::vector<std::string> options, const std::vector<std::string>& ways = {}) {
        const auto ms = [](milliseconds duration) { return fmt::format("{}ms", duration.count()); };
        options.insert(options.end(), {"--ttl", ms(draw_.ttl), "--grace", ms(draw_.grace), "x", "--", HOLDFAST_PROBE,
                                       folder_.path(), "history"});
        options.insert(options.end(), ways.begin(), ways.end());
        return Process{Scene::run_on(uri, std::move(options))};
    }
    void wait_for_command() const {
        if (!eventually([&] { return has(folder_.read("history"), "began"); }))
            throw std::runtime_error{"the command does not start"};
    }
    void end_command() const { folder_.write("end", ""); }

    void ended(const Finished& run, const std::set<int>& promised) {
        ++judgement_.operations[run.status()];
        if (!promised.contains(run.status())) problem(fmt::format("I9 status {}: {}", run.status(), run.err));
    }
    void measure(Measure what, nanoseconds took) {
        auto& longest = judgement_.measured.at(static_cast<size_t>(what));
        longest = std::max(longest.value_or(took), took);
    }
    void stood_still(nanoseconds how_long) { judgement_.standstill = std::max(judgement_.standstill, how_long); }
    void problem(const std::string& text) { judgement_.problems.push_back(text); }

    /// By their begin.
    std::vector<Stay> stays() const {
        std::vector<Stay> all;
        std::map<pid_t, size_t> by_pid;
        std::istringstream lines{folder_.read("history")};
        std::string what;
        pid_t pid = 0;
        for (int64_t ns = 0; lines >> pid >> what >> ns;) {
            const BootTime at{nanoseconds{ns}};
            if (what == "began") {
                by_pid[pid] = all.size();
                all.push_back({at});
            } else if (what == "told") all.at(by_pid.at(pid)).told = at;
            else all.at(by_pid.at(pid)).ended = at;
        }
        std::ranges::sort(all, {}, &Stay::began);
        return all;
    }

    /// A command begins when all before it have ended; where the lock was lost, when they have at least been told.
    void judge_overlaps() {
        const bool may_be_lost = draw_.status() == 79;
        Stay last{.ended = BootTime{}};
        for (const Stay& next : stays()) {
            const auto overlap = std::max(last.ended - next.began, nanoseconds{});
            measure(Measure::overlap, overlap);
            const bool was_told = may_be_lost && last.told && *last.told < next.began;
            if (overlap > nanoseconds{} && !was_told)
                problem(fmt::format("I1 two commands at once for {} ms",
                                    std::chrono::duration_cast<milliseconds>(overlap).count()));
            if (next.ended > last.ended) last = next;
        }
    }

    const Draw& draw() const { return draw_; }

  private:
    const Draw& draw_;
    Judgement& judgement_;
    TempDir folder_;
};

/// Notes at its end whether the Sentinels have lost time: they have done nothing for thirty seconds then.
template <typename Watched>
class LostTime {
  public:
    LostTime(History& history, const Watched& watched) : history_{history}, watched_{watched} {}
    LostTime(const LostTime&) = delete;
    LostTime& operator=(const LostTime&) = delete;
    ~LostTime() {
        if (watched_.lost_time()) history_.stood_still(seconds{30});
    }

  private:
    History& history_;
    const Watched& watched_;
};

/// Whether that server is the master, and has been asked to renew the lock since it was looked at last.
bool renewed(const RedisServer& server, int64_t& ms_left) {
    try {
        if (!has(server.text({"INFO", "replication"}), "role:master")) return false;
        const int64_t before = std::exchange(ms_left, server.command({"PTTL", locked_key}).integer);
        return ms_left > before + 50;
    } catch (const std::exception&) {
        return false; // Sentinels close the connections to a server whose role they change
    }
}

void strike(Deployment& deployment, Fault fault) {
    switch (fault) {
    case Fault::sentinel_master_killed:
    case Fault::cluster_master_killed: return deployment.master().kill();
    case Fault::sentinel_master_hangs:
    case Fault::cluster_master_hangs: return deployment.master().pause();
    default: return deployment.plan_failover();
    }
}

/// A lock that the replicas have goes along: with its holder, and then with a run that waits for it.
void go_along(History& history) {
    const auto deployment = deploy(history.draw());
    const LostTime lost_time{history, *deployment};
    Process holder = history.run(deployment->uri(), {});
    history.wait_for_command();
    Process waiter = history.run(deployment->uri(), {"--wait", "60s"}, {"briefly"});
    const std::vector<RedisServer*> replicas = deployment->replicas();
    for (const RedisServer* replica : replicas)
        if (!eventually([&] { return replica->text({"DBSIZE"}) != "0"; }))
            throw std::runtime_error{"a replica does not get the lock"};
    std::this_thread::sleep_for(history.draw().after);

    strike(*deployment, history.draw().fault);
    std::vector<int64_t> ms_left(replicas.size(), history.draw().ttl.count());
    const bool went = eventually([&] {
        for (size_t i = 0; i < replicas.size(); ++i)
            if (renewed(*replicas[i], ms_left[i])) return true;
        return !holder.running();
    });
    if (!went) history.problem("I7 the lock is not renewed at the new master");
    deployment->settle();
    history.end_command();
    history.ended(holder.wait(), {0});
    history.ended(waiter.wait(), {0});
    const std::vector<Stay> stays = history.stays();
    if (stays.size() != 2) return history.problem(fmt::format("I8 {} commands were run, not two", stays.size()));
    const nanoseconds hand_over = stays[1].began - stays[0].ended;
    history.measure(Measure::hand_over, hand_over);
    if (hand_over > longest_hand_over) history.problem("I8 the lock is not handed over in time");
}

/// A lock that no replica has is lost with its master: the command is stopped at the Sentinels' first word.
void stay_behind(History& history) {
    Sentinels group{seconds{2}};
    const LostTime lost_time{history, group};
    group.cut_off_replicas();
    Process holder = history.run(group.uri(), {});
    history.wait_for_command();
    Process waiter = history.run(group.uri(), {"--wait", "60s"}, {"briefly"});
    std::this_thread::sleep_for(history.draw().after);
    const FirstWord first_word{group};
    history.draw().detail % 2 == 0 ? group[0].kill() : group[0].pause();
    const BootTime word = first_word.wait();
    history.ended(holder.wait(), {79});
    history.ended(waiter.wait(), {0});
    const std::optional<BootTime> told = history.stays().front().told;
    if (!told) return history.problem("I2 the command had no SIGTERM");
    history.measure(Measure::stop, *told - word);
    if (*told - word > milliseconds{300}) history.problem("I2 the SIGTERM came later than 300 ms after the first word");
}

/// Runs that do not wait, and that the old master and the new one would both let in: the old one does so for ten
/// seconds after the promotion.
void compete(History& history) {
    Sentinels group{seconds{2}};
    const LostTime lost_time{history, group};
    const Draw& draw = history.draw();
    std::array<std::optional<Process>, 3> runs;
    const BootTime begin = BootClock::now();
    bool failed_over = false;
    while (BootClock::now() < begin + draw.after + seconds{4}) {
        if (!failed_over && BootClock::now() > begin + draw.after) {
            group.ask(draw.detail % Sentinels::count, {"SENTINEL", "FAILOVER", Sentinels::master_name});
            failed_over = true;
        }
        for (auto& run : runs) {
            if (run && run->running()) continue;
            if (run) history.ended(run->wait(), {0, 69, 75, 79});
            run.reset();
            run.emplace(history.run(group.uri(), {"--nonblock"}, {"briefly"}));
        }
        std::this_thread::sleep_for(milliseconds{2});
    }
    for (auto& run : runs) history.ended(run->wait(), {0, 69, 75, 79});
    if (eventually([&] { return group.master() != 0; }, seconds{2})) return;
    history.problem("I8 there was no failover");
}

/// Moves all keys of the slot in tens, as redis-cli does. On a busy machine a master takes the others for down at
/// times, and then moves nothing.
void move_slot(RedisServer& source, RedisServer& target, const std::string& slot) {
    const std::string port = fmt::format("{}", target.port());
    NodeSet way{{source.node()}, seconds{5}};
    way.resolve();
    const auto ask = [&](const Request& request) {
        const Answers answers = way.ask_all(request, {.enough = [](const Answers&) { return false; }});
        if (!answers[0]->replies) throw std::runtime_error{answers[0]->replies.error().text};
        return answers[0]->replies->front();
    };
    for (Reply keys = ask({"CLUSTER", "GETKEYSINSLOT", slot, "10"}); !keys.items.empty();
         keys = ask({"CLUSTER", "GETKEYSINSLOT", slot, "10"})) {
        std::vector<std::string_view> words{"MIGRATE", "127.0.0.1", port, "", "0", "5000", "KEYS"};
        for (const Reply& key : keys.items) words.push_back(key.text);
        Request migrate;
        migrate.add(words);
        Reply moved;
        const auto goes_on = [&] { return !has((moved = ask(migrate)).text, "CLUSTERDOWN"); };
        if (!eventually(goes_on) || moved.type == Reply::Type::error)
            throw std::runtime_error{"keys do not move: " + moved.text};
    }
}

/// The lock's slot moves to another master, and with it so many keys that this takes seconds.
void move_along(History& history) {
    Cluster cluster{3};
    const size_t from = cluster.first_owner(std::string{locked_key});
    const size_t to = (from + 1) % cluster.masters();
    constexpr const char* fill = "for i = 1, 100000 do redis.call('SET', KEYS[1] .. i, i) end";
    cluster[from].command({"EVAL", fill, "1", fmt::format("{{{}}}", locked_key)});
    Process holder = history.run(cluster.uri(), {});
    history.wait_for_command();
    std::this_thread::sleep_for(history.draw().after);
    const std::string slot = cluster[from].text({"CLUSTER", "KEYSLOT", locked_key});
    cluster[to].command({"CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.id(from)});
    cluster[from].command({"CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.id(to)});
    move_slot(cluster[from], cluster[to], slot);
    for (const size_t i : {to, from}) cluster[i].command({"CLUSTER", "SETSLOT", slot, "NODE", cluster.id(to)});
    int64_t ms_left = history.draw().ttl.count();
    if (!eventually([&] { return renewed(cluster[to], ms_left) || !holder.running(); }))
        history.problem("I7 the lock is not renewed at the new master");
    history.end_command();
    const Finished done = holder.wait();
    history.ended(done, {0});
    if (!done.err.empty()) history.problem("I7 a renewal was missed: " + done.err);
}

} // namespace

void fail_over(const Draw& draw, Judgement& judgement) {
    judgement.skipped = not_deployable(draw.fault);
    if (!judgement.skipped.empty()) return;
    History history{draw, judgement};
    switch (draw.fault) {
    case Fault::sentinel_unreplicated: stay_behind(history); break;
    case Fault::slot_moves: move_along(history); break;
    case Fault::failover_contention: compete(history); break;
    default: go_along(history);
    }
    history.judge_overlaps();
}

} // namespace holdfast::test
