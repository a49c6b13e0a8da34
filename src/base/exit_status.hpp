// Every exit status of holdfast itself, as EXIT STATUS in the man page lists them. holdfast passes the status of the
// command through, which can be any number, also one of these.
#pragma once

namespace holdfast {

enum class ExitStatus : int {
    ok = 0,
    not_held = 1,         ///< status: the lock is not held; force-release: the lock was free already
    nothing_known = 1,    ///< history: no node remembers such a run
    worrying = 1,         ///< doctor: locks can be had, and something deserves attention
    usage = 64,           ///< the command line cannot be understood, or asks for the impossible
    too_few_nodes = 69,   ///< too few nodes could be reached or would vote
    internal = 70,        ///< a fault of holdfast or of this machine
    not_acquired = 75,    ///< the lock is held by another, contended, or the wait ran out (-E changes it)
    not_a_lock = 76,      ///< a key of that name exists and is not a lock
    denied = 77,          ///< a node refused our credentials or permissions
    configuration = 78,   ///< no nodes, or a setting that cannot be used
    lost = 79,            ///< the lock was lost and the command was stopped
    timed_out = 124,      ///< --max-hold ran out and the command was stopped
    cannot_execute = 126, ///< the command was found and could not be executed
    not_found = 127,      ///< the command was not found
};

} // namespace holdfast
