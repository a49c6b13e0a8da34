// Asks the nodes all that doctor wants to know. doctor/judgement.hpp decides what the answers mean.
//
// On each node, doctor really takes, extends and releases a lock of that node's own, as run would do it and by
// transaction; it removes the lock's keys again, and keys that remain expire. A node that is down, hangs or talks
// nonsense costs the time that a connection and one answer may take. A node that has answered once is asked for two
// node timeouts and a second more; a trial for which there is no time left stays `untried`. Main thread.
#pragma once

#include "lock/lock.hpp"
#include "redis/explain.hpp"

#include <optional>
#include <string>
#include <vector>

namespace holdfast {

struct Trial {
    enum class Outcome { untried, failed, worked } outcome = Outcome::untried;
    Refusal why{}; ///< if failed: what could not be done, and why
};

struct Clock {
    nanoseconds ahead;  ///< how far the node's clock is ahead of this host's wall clock
    nanoseconds within; ///< the measurement is wrong by this much at most: half the round trip
};

/// Keys without an expiry under the prefix of locks, which should all expire.
struct Leftovers {
    std::optional<Refusal> failed{}; ///< why the search was broken off
    bool complete = false;           ///< all keys were looked at
    size_t count = 0;
    std::vector<std::string> first{}; ///< a few of these keys
};

/// What the Sentinels of a node would do if its master failed.
struct SentinelFacts {
    size_t answered = 0;       ///< how many of the Sentinels in the node's URI have answered
    size_t known = 0;          ///< how many Sentinels watch the master, as far as these know
    size_t quorum = 0;         ///< how many have to find the master dead for a failover
    milliseconds down_after{}; ///< how long the master has to be silent to be found dead
};

/// What one node said.
struct Facts {
    std::string node;                        ///< as displayed
    Node::Locator locator{};                 ///< what finds the node's server
    int replicas = 0;                        ///< so many replicas have to have a grant (Node::replicas)
    bool remembers = false;                  ///< the node is known to forget nothing (Node::remembers)
    bool durable = false;                    ///< our user says that the node forgets nothing (Node::durable)
    std::optional<SentinelFacts> sentinel{}; ///< nothing: the node has no Sentinels, or none of them answers
    std::optional<NodeFailure> failure{};    ///< why the node cannot be asked; then only `info` may be known below,
                                             ///< because INFO goes out with the greeting
    Reply info{};                            ///< the reply to INFO
    Reply config{};                          ///< the replies to CONFIG GET in one list, or the first refusal
    Reply cluster{};                         ///< of a server in a cluster: the reply to CLUSTER NODES
    std::vector<nanoseconds> latencies{};    ///< of some small requests; never empty
    std::optional<Clock> clock{};            ///< nothing: the node does not tell the time
    std::optional<Refusal> no_clock{};       ///< why the node does not tell the time, if it says so
    std::optional<std::string> no_vote{};    ///< why the node has no vote yet, as run would say
    Trial as_run{};                          ///< of the operations as run would send them
    bool by_transaction = false;             ///< as_run was by transaction, by choice or because scripts are refused
    Trial transaction{};                     ///< by transaction, if as_run was by script
    std::vector<Reply> rights{};             ///< the replies to the probe of doctor/rights.hpp; empty: untried
    bool told = false;                       ///< messages from the node reach us
    std::optional<Leftovers> leftovers{};    ///< nothing: untried, or without a prefix
};

/// `probe` is the name of a lock that no run takes. The caller has called NodeSet::resolve(). Reads the files that TLS
/// of Sentinels needs; throws Failure if one cannot be used.
std::vector<Facts> examine(NodeSet&, const LockKey& probe, const LockTerms&);

} // namespace holdfast
