#include "lock/node_listing.hpp"

#include "lock/operations/common.hpp"

#include <algorithm>
#include <utility>

namespace holdfast {
namespace {

/// About how many elements one request asks for, because redis/reply.cpp takes few more in one answer.
constexpr size_t most_elements = 50'000;
/// About how many elements one entry of a log has in an answer.
constexpr size_t elements_of_entry = 20;
/// How many pages of one log are read at most.
constexpr int most_log_pages = 50;
/// How many entries a page has. The first is small, because the first pages of many logs are read in one request.
constexpr size_t log_page(int number) { return number == 1 ? 250 : 1000; }
constexpr size_t most_entries = 500'000;
constexpr const char* senseless = "its answer makes no sense here";

} // namespace

NodeListing::NodeListing(std::string prefix, const std::string& glob, Beside beside)
    : prefix_{std::move(prefix)}, beside_{beside} {
    const std::string locks = glob_escaped(prefix_) + glob;
    walks_.emplace_back(locks, "2000");
    // The glob "*" matches the locks' other keys as well, so it needs no second walk.
    if (beside != Beside::nothing && glob != "*") walks_.emplace_back(key_beside({locks, ""}), "2000");
}

Exchange NodeListing::exchange() {
    ask_for_keys();
    return next();
}

Exchange NodeListing::next() {
    Request request{"TIME"};
    size_t elements = 0;
    while (!questions_.empty() && request.has_room() && elements < most_elements) {
        elements += questions_.front().elements;
        request.append(questions_.front().request);
        asked_.push_back(std::move(questions_.front()));
        questions_.pop_front();
    }
    return {std::move(request), [this](std::vector<Reply>&& replies) -> Step {
                take(replies);
                if (is_over()) return Reply{};
                return next();
            }};
}

bool NodeListing::is_over() {
    if (failure_) return true;
    // Each step of a walk asks for the next one, unless the answer to the step made no sense.
    if (questions_.empty() && !walks_.empty()) fail({NodeFailure::Kind::no_vote, senseless});
    if (questions_.empty() && beside_ == Beside::stats && !std::exchange(asked_of_free_, true))
        for (Found& lock : found_)
            if (lock.second.reply.verdict == Verdict::free) ask_of_free(lock);
    return questions_.empty();
}

void NodeListing::take(Replies replies) {
    now_ = time_of(replies.front());
    replies = replies.subspan(1);
    for (const Question& question : std::exchange(asked_, {})) {
        const Replies answer = replies.first(question.request.commands());
        replies = replies.subspan(answer.size());
        if (usable(answer)) question.take(answer);
    }
}

void NodeListing::ask_for_keys() {
    Request request;
    walks_.front().add_to(request);
    ask(std::move(request), [this](Replies replies) { take_keys(replies.front()); });
}

void NodeListing::take_keys(const Reply& answer) {
    ScanWalk& walk = walks_.front();
    for (const std::string& key : walk.take(answer))
        if (key.starts_with(prefix_)) take_key(key);
    if (walk.broken()) fail({NodeFailure::Kind::no_vote, senseless});
    if (walk.over()) walks_.pop_front();
    if (!walks_.empty()) ask_for_keys();
}

void NodeListing::take_key(const std::string& key) {
    const size_t brace = key.find('{', prefix_.size());
    // A key with braces is one of a lock's other keys, such as its queue, and no lock.
    if (brace == std::string::npos) ask_ttl(key.substr(prefix_.size()));
    // Only the last walk takes these keys: the walk for locks may match one of a lock whose name does not match.
    else if (beside_ != Beside::nothing && walks_.size() == 1)
        take_key_beside(key, key.substr(prefix_.size(), brace - prefix_.size() - 1));
}

void NodeListing::take_key_beside(const std::string& key, const std::string& name) {
    // This check is the cheapest, and sorts out most keys.
    if (!key.ends_with(beside_ == Beside::stats ? ":stats" : ":log")) return;
    if (key != key_beside({name, prefix_}) || not_a_lock_name(name)) return;
    Found& lock = *found_.try_emplace(name).first;
    // SCAN may name a key twice.
    if (std::exchange(lock.second.asked_beside, true)) return;
    if (beside_ == Beside::stats) ask_stats(lock);
    else ask_log(lock, "+", 1);
}

void NodeListing::ask_ttl(const std::string& name) {
    if (not_a_lock_name(name)) return;
    ask({"PTTL", prefix_ + name}, [this, name](Replies replies) {
        if (replies.front().integer >= 0) ask_all(name);
    });
}

void NodeListing::ask_all(const std::string& name) {
    const LockKey key{name, prefix_};
    Request request{"PTTL", key.key()};
    // A longer value is no record of ours, so only its beginning is read.
    request.add({"GETRANGE", key.key(), "0", argument(int64_t{longest_record})});
    request.add({"GET", key.fence()});
    request.add({"ZCOUNT", key.seen(), "(" + argument(now_), "+inf"});
    ask(std::move(request), [this, name](Replies replies) {
        if (replies[0].integer >= 0) take_all(*found_.try_emplace(name).first, replies);
    });
}

void NodeListing::take_all(Found& lock, Replies replies) {
    NodeReply& told = lock.second.reply;
    // SCAN may name a key twice.
    if (told.verdict == Verdict::held) return;
    told = {Verdict::held, replies[1].text, duration_of(replies[0].integer)};
    told.fence = Fence{replies[2].number()};
    told.waiting = static_cast<size_t>(std::max<int64_t>(replies[3].integer, 0));
    if (is_group(told.value)) ask_group(lock);
}

void NodeListing::ask_group(Found& lock) {
    ask(
        {"ZRANGE", LockKey{lock.first, prefix_}.members(), argument(-int64_t{members_shown}), "-1", "WITHSCORES"},
        [this, &lock](Replies replies) {
            for_each_score(replies.front(), [&](const std::string& member, int64_t ends) {
                if (const milliseconds left = milliseconds{ends} - now_; left > milliseconds{0})
                    ask_member(lock, member, duration_of(left.count()));
            });
        },
        members_shown * 3);
}

void NodeListing::ask_member(Found& lock, const std::string& member, milliseconds left) {
    ask({"HGET", LockKey{lock.first, prefix_}.records(), member}, [&lock, left](Replies replies) {
        if (replies.front().type != Reply::Type::nil)
            lock.second.reply.members.push_back({Record::parse(replies.front().text), left});
    });
}

void NodeListing::ask_stats(Found& lock) {
    Request request;
    request.add(Stats::request(LockKey{lock.first, prefix_}.stats()));
    ask(
        std::move(request), [&lock](Replies replies) { lock.second.stats = Stats::parse(replies.front()); },
        Stats::fields.size() + 1);
}

void NodeListing::ask_of_free(Found& lock) {
    const LockKey key{lock.first, prefix_};
    Request request{"GET", key.fence()};
    request.add({"ZCOUNT", key.seen(), "(" + argument(now_), "+inf"});
    ask(std::move(request), [&lock](Replies replies) {
        lock.second.reply.fence = Fence{replies[0].number()};
        lock.second.reply.waiting = static_cast<size_t>(std::max<int64_t>(replies[1].integer, 0));
    });
}

void NodeListing::ask_log(Found& lock, const std::string& before, int page) {
    ask(
        {"XREVRANGE", LockKey{lock.first, prefix_}.log(), before, "-", "COUNT",
         argument(static_cast<int64_t>(log_page(page)))},
        [this, &lock, before, page](Replies replies) { take_log(lock, before, page, replies.front().items); },
        log_page(page) * elements_of_entry);
}

void NodeListing::take_log(Found& lock, const std::string& before, int page, const std::vector<Reply>& entries) {
    for (const Reply& item : entries)
        // A page begins with the last entry of the page before.
        if (auto entry = LogEntry::parse(item); entry && item.items[0].text != before)
            lock.second.log.push_back(*std::move(entry));
    entries_ += entries.size();
    if (entries_ > most_entries)
        fail({NodeFailure::Kind::no_vote, "it has more history than can be read at once; ask for fewer locks"});
    const bool more = entries.size() >= log_page(page) && page < most_log_pages && !entries.back().items.empty();
    if (more) ask_log(lock, entries.back().items[0].text, page + 1);
}

/// Whether no reply is an error. If the first error is not WRONGTYPE (the key is no lock), the whole node fails.
bool NodeListing::usable(Replies replies) {
    const auto error = std::ranges::find(replies, Reply::Type::error, &Reply::type);
    if (error == replies.end()) return true;
    if (const auto told = refused(*error); !told) fail(told.error());
    return false;
}

} // namespace holdfast
