#include "fault/contention.hpp"

#include "fault/injection.hpp"
#include "fault/scene.hpp"
#include "lock/history.hpp"
#include "lock/quorum.hpp"
#include "lock/stats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <thread>

namespace holdfast::test {
namespace {

/// How many run at once; of all kinds more, so that some stand beside others.
constexpr size_t of_one_kind = 3;
constexpr size_t of_all_kinds = 6;
constexpr seconds lasts{6};

class Contention {
  public:
    Contention(const Draw& draw, Judgement& judgement)
        : draw_{draw}, judgement_{judgement}, scene_{draw}, random_{draw.seed},
          kinds_{draw.fault == Fault::contention_of_kinds}, contenders_{kinds_ ? of_all_kinds : of_one_kind},
          ways_(contenders_), runs_(contenders_), stopped_(contenders_), hung_(draw.nodes) {
        for (auto& ways : ways_)
            for (size_t i = 0; i < draw.nodes; ++i) ways.push_back(std::make_unique<Proxy>(scene_.servers()[i].node()));
    }

    void run() {
        // So many that nothing of what happens here is forgotten.
        ::setenv("HOLDFAST_HISTORY", "30000", 1);
        const BootTime end = BootClock::now() + lasts;
        BootTime next = BootClock::now();
        while (BootClock::now() < end) {
            if (BootClock::now() >= next) {
                happen();
                next = BootClock::now() + milliseconds{50 + random_() % 400};
            }
            for (size_t i = 0; i < contenders_; ++i)
                if (!runs_[i] || !runs_[i]->running()) again(i);
            std::this_thread::sleep_for(milliseconds{2});
        }
        heal();
        for (size_t i = 0; i < contenders_; ++i) ended(i);
        judge();
    }

  private:
    void again(size_t i) {
        if (runs_[i]) ended(i);
        const auto ms = [](milliseconds duration) { return fmt::format("{}ms", duration.count()); };
        stopped_[i] = false;
        std::string uris;
        for (const auto& way : ways_[i]) uris += (uris.empty() ? "" : ",") + way->uri();
        std::vector<std::string> words{"--ttl", ms(draw_.ttl), "--grace", ms(draw_.grace), "--wait", "3s"};
        const Way way = kinds_ ? some_way() : Way{{}, {"work"}};
        words.insert(words.end(), way.options.begin(), way.options.end());
        words.insert(words.end(), {"x", "--", HOLDFAST_PROBE, scene_.folder().path(), "stubborn"});
        words.insert(words.end(), way.probe.begin(), way.probe.end());
        runs_[i].emplace(scene_.run_on(uris, words));
    }

    /// How one run takes the lock, and what its command does there.
    struct Way {
        std::vector<std::string> options;
        std::vector<std::string> probe;
    };

    /// Mostly of one kind, in turn with the seeds, because holders of different kinds only meet to wait.
    Way some_way() {
        const bool other = random_() % 6 == 0;
        if (other && random_() % 2 == 0) return {{}, {"beside"}};
        const bool shares = draw_.detail % 2 == 0;
        return shares != other ? Way{{"--shared"}, {"beside", "share"}} : Way{{"--slots", "3"}, {"beside"}};
    }

    void ended(size_t i) {
        if (!runs_[i]) return;
        const int status = runs_[i]->wait().status();
        runs_[i].reset();
        ++judgement_.operations[status];
        static const std::set<int> promised{0, 69, 75, 79, 137};
        if (status == 99) fault("I1 two holders at once: the kernel lock was taken");
        else if (status == 97) fault("I5 a holder's fence number was refused");
        else if (!promised.contains(status)) fault(fmt::format("I9 status {}", status));
    }

    void happen() {
        const size_t who = random_() % contenders_;
        const size_t node = random_() % draw_.nodes;
        const auto what = random_() % 10;
        if (what >= 1 && what <= 6) disturbed_.push_back(BootClock::now());
        switch (what) {
        case 0: return heal();
        case 1: return ring();
        case 2:
        case 3:
            return ways_[who][node]->meddle(some_meddling(static_cast<unsigned>(random_() % 8), draw_.node_timeout));
        case 4:
            for (const auto& way : ways_[who]) way->meddle({.drop_requests = true, .drop_replies = true});
            return;
        case 5:
            if (hung_[node]) scene_.servers()[node].resume();
            else scene_.servers()[node].pause();
            hung_[node] = !hung_[node];
            return;
        case 6:
            if (hung_[node]) return;
            scene_.servers()[node].command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
            return;
        case 7:
            if (runs_[who]) runs_[who]->signal(SIGKILL);
            return;
        default:
            if (runs_[who]) runs_[who]->signal(stopped_[who] ? SIGCONT : SIGSTOP);
            stopped_[who] = !stopped_[who];
        }
    }

    /// Each reaches another majority.
    void ring() {
        for (size_t who = 0; who < contenders_; ++who)
            for (size_t i = 0; i < draw_.nodes; ++i) {
                const bool reached = (i + draw_.nodes - who % draw_.nodes) % draw_.nodes < quorum(draw_.nodes);
                ways_[who][i]->meddle({.drop_requests = !reached, .drop_replies = !reached});
            }
    }

    void heal() {
        for (size_t who = 0; who < contenders_; ++who) {
            for (const auto& way : ways_[who]) way->meddle({});
            if (runs_[who]) runs_[who]->signal(SIGCONT);
            stopped_[who] = false;
        }
        for (size_t i = 0; i < draw_.nodes; ++i) scene_.servers()[i].resume();
        hung_.assign(draw_.nodes, false);
    }

    void judge() {
        Process last = scene_.rival();
        const int status = last.wait().status();
        if (status != 0) fault(fmt::format("I8 in the end another who waited ended with {}", status));
        const std::set<std::string> elements = words("set");
        for (const std::string& element : words("added"))
            if (!elements.contains(element)) fault(fmt::format("I1 what holder {} wrote is lost", element));
        int64_t before = 0;
        std::istringstream accepted{scene_.folder().read("accepted")};
        for (int64_t number = 0; accepted >> number; before = number)
            if (number <= before) fault("I5 the resource accepted an older fence number");
        for (size_t i = 0; i < draw_.nodes; ++i)
            for (const Reply& one : scene_.servers()[i].command({"KEYS", "*"}).items)
                if (scene_.servers()[i].command({"PTTL", one.text}).integer == -1)
                    fault(fmt::format("I6 {} would stay for ever", one.text));
        judge_history();
        // The key of a group changes with each of its members.
        if (!kinds_)
            for (const std::string& problem : scene_.foreign_changes()) fault(problem);
    }

    /// The nodes' histories tell of each run that started a command, unless the network lost what it told them then,
    /// and the sums of each node are those of its entries.
    void judge_history() {
        std::vector<std::vector<LogEntry>> logs(draw_.nodes);
        for (size_t i = 0; i < draw_.nodes; ++i) {
            const LockKey key{"x", "holdfast:"};
            milliseconds held{};
            for (const Reply& item : scene_.servers()[i].command({"XREVRANGE", key.log(), "+", "-"}).items)
                if (auto entry = LogEntry::parse(item)) {
                    if (!entry->holder && item.items[1].find("uncounted") == nullptr) held += entry->held;
                    logs[i].push_back(*std::move(entry));
                } else fault("history: an entry makes no sense");
            judge_sums(logs[i], held, Stats::parse(scene_.servers()[i].command(Stats::request(key.stats()))));
        }
        const Inspection seen = tally(std::vector<NodeView>(draw_.nodes, {"node", NodeReply{Verdict::free}}));
        std::multiset<std::string> told;
        for (const Run& run : runs_of("x", logs, seen, wall_time_since_epoch())) told.insert(run.token);
        std::istringstream started{scene_.folder().read("started")};
        std::string token;
        for (int64_t ns = 0; started >> token >> ns;)
            if (told.count(token) != 1 && !was_disturbed(BootTime{nanoseconds{ns}}))
                fault(fmt::format("history: the nodes know {} runs of {}, which has started its command",
                                  told.count(token), token));
    }

    /// `held`: of the entries that are to be in the sums.
    void judge_sums(const std::vector<LogEntry>& log, milliseconds held, const Stats& stats) {
        const auto wins = std::ranges::count_if(log, [](const LogEntry& entry) { return entry.holder.has_value(); });
        if (stats.acquired != wins)
            fault(fmt::format("history: {} were acquired, and {} are entries", stats.acquired, wins));
        if (stats.held_ms != held.count())
            fault(fmt::format("history: held for {}ms, and {}ms are entries", stats.held_ms, held.count()));
    }

    /// Whether something happened to the network or to a node a moment before that.
    bool was_disturbed(BootTime start) const {
        return std::ranges::any_of(disturbed_,
                                   [&](BootTime at) { return at < start && start - at < milliseconds{200}; });
    }

    std::set<std::string> words(const std::string& file) const {
        std::istringstream text{scene_.folder().read(file)};
        return {std::istream_iterator<std::string>{text}, {}};
    }

    void fault(const std::string& problem) { judgement_.problems.push_back(problem); }

    const Draw& draw_;
    Judgement& judgement_;
    Scene scene_;
    std::mt19937_64 random_;
    bool kinds_;
    size_t contenders_;
    std::vector<std::vector<std::unique_ptr<Proxy>>> ways_; ///< by contender and node
    std::vector<std::optional<Process>> runs_;
    std::vector<bool> stopped_;
    std::vector<bool> hung_;
    std::vector<BootTime> disturbed_; ///< when something happened to the network or to a node
};

} // namespace

void contend(const Draw& draw, Judgement& judgement) { Contention{draw, judgement}.run(); }

} // namespace holdfast::test
