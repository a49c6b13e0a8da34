#include "redis/sentinels.hpp"

#include "base/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace holdfast {
namespace {

/// How often the Sentinels are asked where the node is: if all of them push messages about a switch of masters, and if
/// not all do.
constexpr milliseconds asks_told{30'000};
constexpr milliseconds asks_untold{1000};
/// A limit above the size of any group; Sentinels that are named beyond it are ignored.
constexpr size_t most_sentinels = 20;

HostPort at(const Reply& map) {
    const int64_t port = map.count("port");
    return {std::string{map.field("ip")}, static_cast<uint16_t>(port > 0 && port <= 65535 ? port : 0)};
}

bool share_an_address(const Place& one, const Place& other) {
    return std::ranges::any_of(one.addresses, [&](const Address& address) {
        return std::ranges::find(other.addresses, address) != other.addresses.end();
    });
}

/// A place that Sentinels name as the master's, and how many name it.
struct Candidate {
    Place place;
    size_t votes = 0;
    size_t quiet = 0;
    milliseconds chosen{};
    int64_t epoch = 0;
};

/// The answers of the Sentinels, counted by the place that they name.
struct Election {
    std::vector<Candidate> candidates{};
    size_t answered = 0;
    int64_t others = 0;
    std::string refused{}; ///< the error of a Sentinel that names no master

    void add(const Reply& reply);
};

void Election::add(const Reply& reply) {
    if (reply.type == Reply::Type::error) refused = reply.text;
    const auto told = naming(reply);
    Found place = told ? resolved(told->master) : tl::unexpected{NodeFailure{}};
    if (!place) return;
    ++answered;
    others = std::max(others, told->others);
    auto same =
        std::ranges::find_if(candidates, [&](const Candidate& one) { return share_an_address(one.place, *place); });
    if (same == candidates.end()) same = candidates.insert(same, {std::move(*place)});
    ++same->votes;
    same->quiet += told->quiet ? 1 : 0;
    same->epoch = std::max(same->epoch, told->epoch);
    same->chosen = std::max(same->chosen, told->chosen);
}

/// How many Sentinels name the same master, as the host and port in their answers, for the master that most of them
/// name.
size_t most_votes(const Answers& answers) {
    std::map<HostPort, size_t> votes;
    size_t most = 0;
    for (const std::optional<Answer>& answer : answers)
        if (answer && answer->replies) most = std::max(most, ++votes[at(answer->replies->front())]);
    return most;
}

/// Why each Sentinel that has failed did so, in one line for a message.
std::string failures(const NodeSet& sentinels, const Answers& answers) {
    std::string text;
    for (size_t i = 0; i < answers.size(); ++i)
        if (answers[i] && !answers[i]->replies)
            text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", sentinels.node(i).display(),
                                answers[i]->replies.error().text);
    return text;
}

} // namespace

std::optional<Naming> naming(const Reply& master) {
    Naming told{at(master), master.field("flags") == "master", master.count("num-other-sentinels"),
                std::min<milliseconds>(milliseconds{master.count("role-reported-time")}, std::chrono::years{1}),
                master.count("config-epoch")};
    if (told.master.host.empty() || told.master.port == 0) return {};
    return told;
}

Sentinels::Sentinels(const Node& node, milliseconds node_timeout)
    : master_{node.sentinel.master}, access_{node.sentinel}, seeds_{guides(node)}, sentinels_{seeds_, node_timeout},
      ids_(seeds_.size()) {}

Found Sentinels::find(const Wish& wish, int interrupt) {
    if (sentinels_.size() >= most_sentinels) forget_named();
    sentinels_.resolve();
    Request request{"SENTINEL", "MASTER", master_};
    request.add({"SENTINEL", "MYID"});
    request.add({"SENTINEL", "SENTINELS", master_});
    // In the first search a majority is enough to find a place, because before a grant there counts all Sentinels are
    // asked again.
    const size_t wanted = std::max(group_, sentinels_.size()) / 2 + 1;
    const auto enough = [&](const Answers& answers) {
        return (!found_before_ || wish.majority) && most_votes(answers) >= wanted;
    };
    const Answers answers = sentinels_.ask_all(request, {.enough = enough, .interrupt = interrupt});
    note_ids(answers);
    Found found = judge(answers);
    for (const std::optional<Answer>& answer : answers)
        if (answer && answer->replies) add_named(answer->replies->back());
    found_before_ = found_before_ || found;
    return found;
}

void Sentinels::forget_named() {
    sentinels_ = NodeSet{seeds_, sentinels_.node_timeout()};
    ids_.assign(seeds_.size(), "");
}

void Sentinels::note_ids(const Answers& answers) {
    for (size_t i = 0; i < answers.size(); ++i)
        if (answers[i] && answers[i]->replies) {
            const Reply& id = (*answers[i]->replies)[1];
            // A Sentinel before 6.2 does not tell its id.
            ids_[i] = id.type == Reply::Type::text ? id.text : sentinels_.node(i).display();
        }
}

Found Sentinels::judge(const Answers& answers) {
    Election election;
    // A Sentinel that is asked at two addresses has one vote.
    std::set<std::string> voted;
    for (size_t i = 0; i < answers.size(); ++i)
        if (answers[i] && answers[i]->replies && voted.insert(ids_[i]).second)
            election.add(answers[i]->replies->front());
    const auto most = std::ranges::max_element(election.candidates, {}, &Candidate::votes);
    if (most == election.candidates.end()) return tl::unexpected{why_none(election.refused, answers)};
    const auto group = static_cast<size_t>(election.others + 1);
    const size_t majority = group / 2 + 1;
    group_ = group;
    if (found_before_ && (most->votes < majority || most->epoch < epoch_))
        return tl::unexpected{NodeFailure{
            NodeFailure::Kind::no_vote, fmt::format("{} of its {} Sentinels answer and name one master, {} are needed",
                                                    most->votes, group, majority)}};
    // Trouble counts only if a Sentinel that names this server sees it: if only a Sentinel that names another server
    // does, the failover is almost over. A search that ended with a majority may have missed the Sentinel that sees the
    // trouble, so trouble that an earlier search has found stays.
    const bool cut_short = std::ranges::any_of(answers, [](const auto& answer) { return !answer; });
    leaves_ = most->quiet < most->votes || (leaves_ && cut_short && most->epoch == epoch_);
    epoch_ = most->epoch;
    Place place = std::move(most->place);
    // A Sentinel gives the time since the last failover, or since its own start if it has seen none, so the server
    // became the master at that time or earlier.
    place.chosen = BootClock::now() - most->chosen;
    place.leaves = leaves_;
    if (most->votes < election.answered || place.leaves)
        place.doubt = "its Sentinels see trouble with its master, or a failover; try again when they agree";
    else if (most->votes < majority)
        place.doubt = fmt::format("{} of its {} Sentinels answer, {} are needed", election.answered, group, majority);
    return place;
}

NodeFailure Sentinels::why_none(const std::string& refused, const Answers& answers) const {
    if (refused.starts_with("ERR No such master"))
        return {NodeFailure::Kind::misnamed,
                fmt::format("its Sentinels know no master '{}'; check the name behind the '/'", printable(master_))};
    if (refused.starts_with("ERR unknown command"))
        return {NodeFailure::Kind::misnamed, "its Sentinels are none; write redis:// for a server"};
    if (!refused.empty())
        return {NodeFailure::Kind::no_vote, fmt::format("its Sentinels say: {}", printable(refused, 200))};
    const auto failed = std::ranges::find_if(answers, [](const auto& answer) { return answer && !answer->replies; });
    const auto kind = failed == answers.end() ? NodeFailure::Kind::timeout : (*failed)->replies.error().kind;
    if (kind == NodeFailure::Kind::denied)
        return {kind, "its Sentinels want a login of their own, or another one: write sentinel-password= and perhaps "
                      "sentinel-user= into the node's URI"};
    return {kind, fmt::format("none of its Sentinels tells its master: {}", failures(sentinels_, answers))};
}

bool Sentinels::knows(const std::string& id, const HostPort& at) const {
    for (size_t i = 0; i < sentinels_.size(); ++i)
        if (ids_[i] == id || sentinels_.node(i).at() == at) return true;
    return false;
}

void Sentinels::add_named(const Reply& sentinels) {
    for (const Reply& one : sentinels.items) {
        const std::string id{one.field("runid")};
        const HostPort place = at(one);
        if (place.host.empty() || place.port == 0 || knows(id, place) || sentinels_.size() >= most_sentinels) continue;
        sentinels_.add(guide(place, access_));
        ids_.push_back(id);
    }
}

void Sentinels::wait(bool follow, int interrupt) {
    BootTime until = BootTime::max();
    if (follow) {
        // The Sentinel that leads a failover publishes +try-failover before the promotion, and a second before any
        // +switch-master.
        for (const char* channel : {"+switch-master", "+try-failover"}) sentinels_.listen(channel);
        const bool all_tell = sentinels_.count_listening() == sentinels_.size();
        until = BootClock::now() + (all_tell ? asks_told : asks_untold);
    }
    // What a Sentinel has published before it lets us listen, or after it has closed the connection, only its answer to
    // another question tells.
    const size_t listening = sentinels_.count_listening();
    sentinels_.wait(until, interrupt, [&] { return sentinels_.count_listening() != listening; });
    // One that closes each connection must not be asked without a pause.
    if (sentinels_.count_listening() < listening)
        sentinels_.wait(std::min(until, BootClock::now() + asks_untold), interrupt);
    sentinels_.take_messages();
}

} // namespace holdfast
