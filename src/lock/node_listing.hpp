// Reads the locks of one server, for lock/listing.hpp.
#pragma once

#include "lock/history.hpp"
#include "lock/operations/node_reply.hpp"
#include "lock/stats.hpp"
#include "redis/node_set.hpp"
#include "redis/scan.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast {

/// What is read of each lock beside what stands in its key. With stats or logs, a free lock that has them is found too.
enum class Beside { nothing, stats, logs };

/// What one server says of a lock.
struct FoundLock {
    NodeReply reply{Verdict::free};
    std::optional<Stats> stats{};
    std::vector<LogEntry> log{}; ///< the newest first
    bool asked_beside = false;   ///< whether its stats or log are asked for
};

/// SCAN gives all keys, PTTL tells which of them expire, and of those the rest is read; of a group then its members,
/// and of each member its record. Stats and logs are read where SCAN meets their keys. Each answer may raise further
/// questions. Questions stand in a queue, and one request takes as many of them as fit into a socket's buffer and an
/// answer.
class NodeListing {
  public:
    NodeListing(std::string prefix, const std::string& glob, Beside);

    /// The exchange that reads everything from the server, in as many steps as that takes. Call once. The NodeListing
    /// must not move until the exchange ends, because each step points to the NodeListing.
    Exchange exchange();
    void fail(NodeFailure failure) { failure_ = std::move(failure); }

    const std::optional<NodeFailure>& failure() const { return failure_; }
    /// The locks of this server, by name.
    std::unordered_map<std::string, FoundLock>& found() { return found_; }
    /// The time by the server's clock at its last answer; 0 before the first.
    milliseconds now() const { return now_; }

  private:
    using Replies = std::span<const Reply>;
    /// A lock that is found, with its name; its address never changes.
    using Found = std::unordered_map<std::string, FoundLock>::value_type;

    struct Question {
        Request request;
        size_t elements = 0; ///< how many elements the answer has at most, roughly; 0: a few
        std::function<void(Replies)> take;
    };

    void ask(Request request, std::function<void(Replies)> take, size_t elements = 0) {
        questions_.push_back({std::move(request), elements, std::move(take)});
    }
    Exchange next();
    void take(Replies replies);
    bool is_over();

    void ask_for_keys();
    void take_keys(const Reply& answer);
    void take_key(const std::string& key);
    void take_key_beside(const std::string& key, const std::string& name);
    void ask_ttl(const std::string& name);
    void ask_all(const std::string& name);
    void take_all(Found& lock, Replies replies);
    void ask_group(Found& lock);
    void ask_member(Found& lock, const std::string& member, milliseconds left);
    void ask_stats(Found& lock);
    void ask_of_free(Found& lock);
    void ask_log(Found& lock, const std::string& before, int page);
    void take_log(Found& lock, const std::string& before, int page, const std::vector<Reply>& entries);

    std::string key_beside(const LockKey& key) const { return beside_ == Beside::stats ? key.stats() : key.log(); }
    bool usable(Replies replies);

    std::string prefix_;
    Beside beside_;
    std::deque<ScanWalk> walks_; ///< the first one is under way
    std::deque<Question> questions_;
    std::vector<Question> asked_; ///< the questions of the request that is under way
    size_t entries_ = 0;          ///< how many entries of all logs have been read
    milliseconds now_{};
    std::unordered_map<std::string, FoundLock> found_;
    bool asked_of_free_ = false;
    std::optional<NodeFailure> failure_;
};

} // namespace holdfast
