// The lock over all its nodes: acquire, extend, release by quorum. One node is a quorum of one; there is no
// second code path.
//
// A Lock belongs to one thread at a time: the main thread, then the renewal thread, then the main thread again. Nothing
// here throws because of what a node does. The caller resolves names before each attempt (NodeSet::resolve).
#pragma once

#include "base/random.hpp"
#include "lock/ballot.hpp"
#include "lock/fence.hpp"
#include "lock/inspection.hpp"
#include "lock/operations.hpp"
#include "lock/operations/history.hpp"
#include "lock/quorum.hpp"
#include "lock/timing.hpp"
#include "redis/node_set.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

namespace holdfast {

/// How one attempt to take the lock ended.
struct Attempt {
    Outcome outcome = Outcome::too_few;
    Record holder{};           ///< of held, other_nodes and other_limit: the other holder, or one of them
    size_t holders = 0;        ///< held: how many other holders have a quorum; reserved: how many are in our group
    milliseconds expires_in{}; ///< held: until no other holder is in our way, unless renewed; reserved: how long the
                               ///< entry of `first` lives
    Record first{};            ///< reserved: the waiter that has the next turn
    size_t position = 0;       ///< our place in the queue; 0: we are in no queue
    size_t answered = 0;       ///< nodes that granted, or named a holder
    size_t voteless = 0;       ///< nodes that answered and have no vote
    bool lacks_votes = false;  ///< with the nodes that did not vote we would have a quorum
    /// How long until so many restarted nodes have a vote again (lock/restart_guard.hpp) that they and the nodes that
    /// answered are a quorum; nothing if the latter are one already, or if time alone does not help.
    std::optional<milliseconds> votes_in{};
    std::vector<NodeReport> nodes{};
    /// skipped: the success, with what is left of the time for which it counts for us.
    std::optional<Success> success{};
};

enum class Renewal {
    held,  ///< a quorum said yes in this round
    shaky, ///< no quorum said yes in this round: worth another try while the lease lasts
    lost,  ///< a quorum has become impossible (lock/quorum.hpp), or the token was revoked: lost for ever
};

/// Which nodes a round still waits for once a quorum has said yes.
enum class Await {
    all,
    caught_up, ///< nodes that owe no earlier answer: the other nodes were waited for on behalf of another lock
    none,
};

struct LockTerms {
    Timing timing;
    /// For how long a node has no vote after its start (lock/restart_guard.hpp); nothing: a node always has one. All
    /// users of these nodes have to give the same value.
    std::optional<milliseconds> restart_guard{};
    Mode mode = Mode::scripts;
    LockKind kind{};
    /// An attempt is skipped if a command that was started less than this long ago has succeeded; nothing: no attempt
    /// is. Only for an exclusive lock, and only by scripts.
    std::optional<milliseconds> once_in{};
    /// How many entries the nodes keep of the lock's history (lock/operations/history.hpp); nothing: none is written.
    std::optional<size_t> history{};
};

/// The instant at which a run began to wait, by two clocks.
struct WaitBegin {
    milliseconds wall = wall_time_since_epoch();
    BootTime boot = BootClock::now();
};

/// How to make one attempt.
struct Try {
    int interrupt = -1;                ///< the attempt ends when this descriptor becomes readable
    BootTime until = BootTime::max();  ///< the attempt waits for no node after this instant
    std::optional<WaitBegin> wait{};   ///< if set, the attempt enters the queue or refreshes our place there
    std::function<void()> meanwhile{}; ///< called once, while the nodes have not answered yet
};

class Lock {
  public:
    /// The nodes, which other locks may use as well, outlive the Lock. `run` is the id of the run, the same for all its
    /// locks. Calls NodeSet::serve() with the lock's key, so NodeSet::resolve() has to come later.
    Lock(NodeSet& nodes, LockKey key, LockTerms terms, Holder self, std::string run = random_id());
    /// A lock that another process has acquired under `token`, as tenure() found it.
    Lock(NodeSet& nodes, LockKey key, LockTerms terms, Token token, const Tenure& held);

    const LockKey& key() const { return key_; }
    const Token& token() const { return token_; }
    const Timing& timing() const { return terms_.timing; }
    const LockKind& kind() const { return terms_.kind; }
    /// After a win with slots: our slot.
    std::optional<unsigned> slot() const { return self_.slot > 0 ? std::optional{self_.slot} : std::nullopt; }
    /// After a win: our fence number, which is larger than that of every earlier holder; shared holders that follow one
    /// another have the same.
    Fence fence() const { return fence_; }
    NodeSet& nodes() const { return nodes_; }

    /// One attempt, with a token of its own. An attempt that does not win releases what nodes have granted to it, but
    /// stays in the queue if it has entered it.
    Attempt try_once(const Try& how = {});

    /// From here on each node that can push messages tells us when it is our turn.
    void listen_for_turn();
    /// Looks in the messages for the slot that the next attempt asks for: with slots, a message that it is our turn
    /// names a free one. Ignores all other messages.
    void hear_turn(const std::vector<Message>& messages);
    /// Leaves the queue on every node, and deletes the lock's key where an attempt of this run has left it.
    void withdraw();
    /// From here on each node that can push messages tells us when the lock is taken away from us.
    void listen_for_revocation() { nodes_.listen(key_.revoked_channel()); }
    /// Whether one of the messages says that the lock was taken away. If the message says by whom and why, taken_away()
    /// has that from now on.
    bool told_of_revocation(const std::vector<Message>& messages);
    /// By whom and why the lock was taken away, if a node has said so in a message or in its answer to a renewal.
    const std::optional<std::string>& taken_away() const { return taken_away_; }

    /// Until when the lock is certainly ours, an instant that may have passed; nothing if no quorum has granted the
    /// lock.
    std::optional<BootTime> valid_until() const { return lease_.until(); }
    /// Whether the lock is certainly ours now.
    bool valid() const;
    /// When we last read an answer in which a node said that the lock is ours.
    BootTime heard_at() const { return heard_at_; }
    /// The last instant at which enough of the lease is left to start a command, which may have passed; nothing if no
    /// quorum has granted the lock.
    std::optional<BootTime> start_until() const;
    bool worth_starting() const;

    /// One round of renewal. A node that has forgotten the lock gets it back after a quorum has confirmed the lock in
    /// the same round. Calls `moved` after each answer that may have changed valid_until(). Ends early when the
    /// descriptor `interrupt` becomes readable.
    Renewal extend(const std::function<void()>& moved, int interrupt = -1, Await = Await::all);
    /// One round of renewal that waits for no other node once a quorum has said yes. All Sentinels of a node have to
    /// confirm its yes, as for a grant. A node that has forgotten the lock gets the lock back from the next extend().
    Renewal confirm();
    /// What the nodes said in the last extend(), confirm(), release() or keep().
    const std::vector<NodeReport>& last_reports() const { return reports_; }

    /// Notes that the command, which was started at `go`, has succeeded. If the lock has once_in, the release() or
    /// keep() that follows also writes the mark of this success on every node, for what is left of once_in.
    void succeeded(BootTime go) { succeeded_ = go; }
    /// Whether a quorum has written the mark in the last release() or keep(); true as well if there was none to write.
    bool marked() const { return marked_; }
    /// Tells the nodes of the win, for the history; waits for no answer. Call when all locks of the run are won, before
    /// its command is started. The release() or keep() that follows then tells of the end: of that given to ended(), or
    /// that the command was not started.
    void note_start();
    /// How the hold has ended, for the history. If the lock is lost because it was taken away, the history says taken
    /// away.
    void ended(RunEnd end);
    /// Makes ready what release() needs: a script's text and digest are put together once a thread. Call while there is
    /// time, in the thread that will call release().
    void prepare_release() const;
    /// Lets go on every node, also on nodes that timed out or refused. A node that does not answer is told once more
    /// over a new connection, and a node that refuses is told again and again, for two seconds at most. A node that has
    /// not answered since the lock was won is waited for about a second at most, and not at all once a quorum has
    /// confirmed. First waits for failovers that are under way, for two seconds at most. False if so few nodes
    /// confirmed that the lock may stay held until its TTL ends.
    bool release(Await = Await::all);
    /// Instead of release(): the lock stays held for `rest` and no longer. False if too few nodes confirmed that.
    bool keep(milliseconds rest, Await = Await::all);

  private:
    class LettingGo;
    class EndNotes;
    /// In unanswered_on_, stands for a connection of the process that acquired the lock: a request of that process may
    /// still be under way there.
    static constexpr uint64_t of_another_process = 0;

    /// Sends `operation_for(may_come_late(node))` to the nodes in `asked`. Waits for the answers of the nodes in
    /// `awaited` and of those that owe no earlier answer, and for `at_least` answers in all. Waits for the answers of
    /// the other nodes until the time `others_get` is over, because a server that still owes us an earlier answer when
    /// we exit does not read the operation; then only until the requests are written. All this takes about a node
    /// timeout at most, and never more than 1.1 s. A script goes out by its digest only with `digests`, and
    /// only to nodes that owe no answer: a node that stalls, and does not know the script, never executes it.
    /// `last_call` is called with the answers once, if the round still waits for some of them shortly before its end:
    /// the connections are not closed then.
    template <typename OperationFor>
    Answers tell(const std::vector<bool>& asked, const std::vector<bool>& awaited, milliseconds others_get,
                 size_t at_least, OperationFor operation_for, bool digests = false,
                 const std::function<void(const Answers&)>& last_call = {});
    /// Begins an attempt: gives it a token and a record of its own and an empty lease, and a waiting run an entry for
    /// the queue.
    void begin_attempt(const std::optional<WaitBegin>& wait);
    /// Whether a node has been told a script's text in this round, which began with these `modes`, and another node
    /// still owes its answer: that node may not know the script either, and grants nothing before it is told the text.
    bool awaits_texts(const std::vector<Mode>& modes, const Answers&) const;
    /// How an attempt with these votes has ended so far. `Attempt::nodes` has two nodes that are one server, if any.
    Attempt judge(const Ballot&) const;
    /// Chooses the slot for which the next attempt asks, at random among those that are likely free; nothing to choose
    /// if the lock has no slots.
    void choose_slot(const Ballot&);
    /// The operation that an attempt sends to every node.
    Acquire request(const Try&) const;
    /// Notes from the node's answer to the acquire whether the acquire may still come late, and whether the node may
    /// hold the lock.
    void heed(size_t node, const Answer&);
    /// Sends the operation that ends our hold to every node, and again if that can help and it is not later than
    /// `no_later`, and tells of the end. `confirms` says which verdicts confirm the end. Returns whether a quorum has
    /// confirmed.
    template <typename OperationFor>
    bool let_go(Await, BootTime no_later, milliseconds kept, OperationFor operation_for,
                const std::function<bool(Verdict)>& confirms);
    /// The release of this hold. `late`: an earlier request may come late (may_come_late()).
    Release release_of(bool late) const;
    /// Whether the operations that end our hold go out by their scripts' digests.
    bool lets_go_by_digest() const;
    /// The success to mark; nothing if no command has succeeded, or if its success would not count any more.
    std::optional<Success> success() const;
    void undo(const Answers& acquire_answers);
    /// For how long the lock has been held.
    milliseconds held() const;
    /// Notes until when the node keeps the key after its answer `yes`.
    void granted(size_t node, const Answer& yes);
    std::vector<NodeReport> same_servers() const;
    /// A node that is listed before this one and is the same server: together they have one vote.
    std::optional<size_t> same_server_before(size_t node) const;
    /// Whether a node says that our token is void; if so, and the node has words by whom and why, taken_away_ keeps
    /// them.
    bool is_revoked(const Ballot::Vote& vote);
    /// Whether a node names this very attempt as the holder, because an earlier copy of its request was granted there.
    bool is_own(const Ballot::Vote&) const;
    /// Our place in the group of our kind, in this attempt; nothing for an exclusive lock.
    std::optional<Seat> seat() const { return seat_of(token_.run, self_); }
    bool shares() const { return terms_.kind.way == LockKind::Way::shared; }
    bool agree_on_fence(FenceAgreement, BootTime deadline);
    /// One round, which marks in `missing` each node that has forgotten the lock. A node's Sentinels confirm its yes: a
    /// majority of them, or all if the yes is to be `confirmed` as a grant is.
    Renewal extend(Await, std::vector<bool>& missing, const std::function<void()>& moved, int interrupt,
                   bool confirmed);
    Renewal restore(const std::vector<bool>& missing, const std::function<void()>& moved, int interrupt);
    /// A line for each node. Of a node that has not answered this attempt yet it says why an earlier one failed there.
    std::vector<NodeReport> reports(const Ballot&, const Answers&, bool won);
    /// Whether an earlier request that sets our key may reach the node after a request that is sent now, because it
    /// went out on another connection.
    bool may_come_late(size_t node) const;

    NodeSet& nodes_;
    LockKey key_;
    LockTerms terms_;
    Holder self_;
    Token token_;
    Record record_;
    Record entry_; ///< our entry in the queue; empty as long as we have never waited
    Fence fence_;
    Lease lease_;
    BootTime heard_at_{};
    std::optional<BootTime> began_; ///< when the last attempt began; nothing: another process has acquired the lock
    std::optional<RunEnd> end_;     ///< for the history, not told yet; nothing: there is no end to tell of
    milliseconds waited_{};         ///< before the last attempt
    std::vector<Mode> modes_;       ///< by node
    std::vector<std::optional<uint64_t>>
        unanswered_on_;          ///< by node: the connection on which an acquire or restore went out that has no answer
    std::vector<bool> answered_; ///< by node: whether the node answered when it was last waited for
    std::vector<std::optional<std::string>> trouble_; ///< by node: why it had no vote when it was last heard of
    std::vector<NodeReport> reports_;
    std::optional<std::string> taken_away_;
    std::optional<BootTime> succeeded_;
    bool marked_ = true;
    std::optional<unsigned> next_slot_; ///< the slot for which the next attempt asks; nothing: the run's id gives it
};

} // namespace holdfast
