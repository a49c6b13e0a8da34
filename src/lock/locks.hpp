// The locks that one run holds together: held until the shortest of their leases ends, and lost with the first that is
// lost. One lock is a set of one; there is no second code path.
//
// A round asks the nodes for one lock after the other. A node that leaves the first lock's request without an answer is
// not waited for again in that round, so that a node that hangs costs one node timeout a round, however many the locks.
// A Locks belongs to one thread at a time, as a Lock does.
#pragma once

#include "lock/lock.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace holdfast {

class Locks {
  public:
    Locks(Lock& one) : locks_{&one, 1} {} // NOLINT(google-explicit-constructor): one lock is a set of one
    /// The locks, all with the same timing, outlive this object. If there are none, timing(), newest_answer(),
    /// oldest_answer(), why_lost() and why_shaky() may not be called.
    explicit Locks(std::span<Lock> locks) : locks_{locks} {}

    const Timing& timing() const { return locks_.front().timing(); }
    /// Until when all locks are certainly ours, an instant that may have passed; nothing if one has no quorum.
    std::optional<BootTime> valid_until() const;
    bool valid() const;
    /// The last instant at which enough of every lease is left to start a command; nothing if one lock was not granted
    /// by a quorum.
    std::optional<BootTime> start_until() const;
    bool worth_starting() const;
    /// When we last read an answer in which a node said that one of the locks is ours.
    BootTime newest_answer() const;
    /// The earliest Lock::heard_at() of the locks: of the lock for which we last read such an answer longest ago.
    BootTime oldest_answer() const;
    /// Longer than a run that is not held up takes from a node's answer to the command's start.
    static constexpr milliseconds a_while{10};

    /// From here on each node that can push messages tells us when one of the locks is taken away from us.
    void listen_for_revocation();
    /// As NodeSet::wait(), on the nodes of all locks, and on `others`.
    bool wait(BootTime until, int interrupt, NodeSet* others = nullptr);
    /// As NodeSet::take_messages(), of the nodes of all locks, and of `others`. A message may be for any of the locks.
    std::vector<Message> take_messages(NodeSet* others = nullptr);
    /// Whether one of the messages says that a lock was taken away (Lock::told_of_revocation() for each lock).
    bool told_of_revocation(const std::vector<Message>& messages);

    /// One round of Lock::extend() for each lock; ends with the first lock that is lost. The result is that of the lock
    /// that fared worst, of which why_lost() or why_shaky() tells.
    Renewal extend(const std::function<void()>& moved, int interrupt);
    /// One round of Lock::confirm() for each lock, with a result as that of extend().
    Renewal confirm();
    /// Why the last round has found a lock lost: by whom and why it was taken away, or what the nodes said.
    std::string why_lost() const;
    /// Why the last round was shaky.
    std::string why_shaky() const;

    /// As Lock::note_start(), Lock::succeeded() and Lock::ended(), for each lock.
    void note_start();
    /// Sends the nodes the notes that the kernel still has (NodeSet::push()).
    void push_notes();
    void succeeded(BootTime go);
    void ended(const RunEnd&);
    void prepare_release() const {
        for (const Lock& lock : locks_) lock.prepare_release();
    }
    /// As Lock::release() and Lock::keep(), for each lock; the results are in the order of the locks.
    std::vector<bool> release();
    std::vector<bool> keep(milliseconds rest);

  private:
    Renewal round(const std::function<Renewal(Lock&)>& one);
    /// The name of the lock that fared worst, with ": " behind it; empty if there is only one lock.
    std::string which() const { return locks_.size() == 1 ? "" : worst_->key().name + ": "; }
    /// Which nodes a round waits for: at the first lock all, then those that owe no earlier answer.
    Await await(const Lock& lock) const { return &lock == locks_.data() ? Await::all : Await::caught_up; }
    std::vector<NodeSet*> node_sets(NodeSet* others = nullptr) const;

    std::span<Lock> locks_;
    const Lock* worst_ = locks_.data(); ///< in the last round
};

} // namespace holdfast
