// Sees all that happens, by true time, and says what must not. The invariants have their names from
// holdfast-protocol(7), PROMISES:
//
//  I1  commands of two holders never run at once, unless both share the lock or have different slots of it, or it was
//      taken away by force;
//  I2  a command ends before its lease as its process knows it, and that never exceeds the true end of the key on the
//      q-th node;
//  I4  a lease that is over or lost is never extended again;
//  I5  fence numbers grow in the order in which the locks were won, from each holder to each that must not stand beside
//      it; those of shared holders are odd, and all others even and unique;
//  I6  nothing is left of who has gone: no grant stands that was released before, after an exit that nobody disturbed
//  no
//      key, and no group without members; and no grant comes back by the request of another;
//  I7  nothing is released while the command runs;
//  I8  with a healthy majority who wants the lock gets it within a bound, also from a holder that vanished;
//  order  who came first is first served;
//  loss  a lock that fewer than a quorum of nodes hold, because one has lost its key, starts no command once the holder
//      has asked that node, and its command ends soon after the next renewal. Until then it is as if taken by force.
#pragma once

#include "lock/lock.hpp"
#include "sim/server.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast::sim {

enum class Invariant { i1, i2, i4, i5, i6, i7, i8, order, loss };
const char* name_of(Invariant);

struct Violation {
    Invariant invariant;
    Instant when;
    std::string text;
};

class Oracle {
  public:
    /// `noticed_within`: how long a command may run on under a lock that nodes have lost; nothing: to its lease's end.
    Oracle(World& world, size_t nodes, std::optional<nanoseconds> noticed_within)
        : world_{world}, nodes_{nodes}, noticed_within_{noticed_within} {}

    const std::optional<Violation>& violation() const { return violation_; }
    void violated(Invariant, const std::string& text);

    // What nodes tell.
    void executed(Server&, const Operation&, const NodeReply&, const std::vector<NodeState::Value>& before);
    /// The node was asked by a client that is not holdfast, for the lock with that token.
    void changed(Server& server, const std::vector<NodeState::Value>& before, const std::string& token) {
        note_holders(server, before, token);
    }
    void forgotten(Server&);
    void loses_key(Server&, bool everything);

    // What processes tell. `valid_until` is true time.
    void asked(const Process&, const Task&);
    void claims(const std::string& token, Instant valid_until);
    void lost(const std::string& token) { holding(token).lost = true; }
    /// Of a client that is not holdfast: without a number.
    void command_started(const std::string& token, std::optional<Fence>);
    void command_ended(const std::string& token);
    /// No thread of that run is left.
    void gone(const std::string& run) { gone_.push_back(run); }

    /// Whether that run leaves the queue, or has left it.
    /// Whether a node has granted the lock to an attempt of the run, and the run has not let go there: it may be about
    /// to win.
    bool has_grant(const std::string& run) const;
    bool leaves(const std::string& run) const { return std::ranges::find(leaving_, run) != leaving_.end(); }

    /// The lock stays held until then.
    void kept(const std::string& token, Instant until) { holding(token).kept_until = until; }

    bool command_runs() const { return !running_.empty(); }
    /// When an operator took that lock away.
    std::optional<Instant> forced(const std::string& token) { return holding(token).forced; }
    /// What some node has granted last.
    const std::optional<Record>& last_granted() const { return last_granted_; }
    size_t grants() const { return grants_; }
    /// How many commands began beside another.
    size_t beside() const { return beside_; }
    /// Who was granted a quorum last, and how often that was.
    const std::string& last_winner() const { return last_winner_; }
    size_t quorums() const { return quorums_; }
    /// The nodes that hold that token's key.
    std::vector<size_t> standing(const std::string& token);

  private:
    /// All about one token.
    struct Holding {
        std::string token;
        std::vector<Instant> granted_at;   ///< by node; never: it has not
        std::vector<Instant> stands_until; ///< by node
        std::vector<bool> released;        ///< by node
        std::optional<Instant> claim{};    ///< until when it is believed to be held
        Instant latest_claim{};
        std::optional<Instant> forced{};
        bool forgotten = false; ///< a node has lost its key, which the holder cannot know before it asks that node
        bool denied = false;    ///< a node has told the holder of its loss, after which there was no quorum
        Instant kept_until{};
        bool lost = false;
        bool runs = false;
        LockKind kind{};
        unsigned slot = 0;

        /// Whether the two may hold the lock at once.
        bool stands_beside(const Holding&) const;
    };
    struct Win {
        Instant when; ///< a quorum had granted
        Fence fence;
        std::string token;
        bool taken_before; ///< by force, so that it was won and was not: its number is of before that
        bool shared;
    };

    Holding& holding(const std::string& token);
    /// Taken by force; or it has come to its end sooner than the holder can know, because a node has lost its key.
    bool excused(const Holding&) const;
    /// Notes who holds the lock on that node now, and who does no longer. `own`: the token for which the node was
    /// asked; nothing: what is gone was taken by force.
    void note_holders(Server&, const std::vector<NodeState::Value>& before, const std::optional<std::string>& own);
    void check_fence(const Holding&, Fence);
    void check_claim(const Holding&);
    size_t holding_now(const Holding&) const;
    bool is_past(const Token&) const;

    World& world_;
    size_t nodes_;
    std::unordered_map<std::string, Holding> holdings_;
    std::map<std::string, unsigned> last_attempts_; ///< by run
    std::vector<std::string> gone_;
    std::vector<std::string> leaving_; ///< runs
    std::vector<std::string> running_; ///< tokens of commands
    std::vector<Win> wins_;
    std::optional<Record> last_granted_;
    size_t grants_ = 0;
    size_t beside_ = 0;
    std::string last_winner_;
    size_t quorums_ = 0;
    std::optional<nanoseconds> noticed_within_;
    bool fences_lost_ = false;
    bool forgotten_ = false; ///< a node has restarted and forgotten its number
    std::optional<Violation> violation_;
};

} // namespace holdfast::sim
