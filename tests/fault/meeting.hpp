// Where the harness meets what passes a proxy: from the moment that it waits for, nothing passes there until the
// harness has acted.
#pragma once

#include "fault/proxy.hpp"
#include "support/process.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace holdfast::test {

class Meeting {
  public:
    /// The harness's side: the moment is when that has been seen so many times, from now on.
    void await(Proxy::Seen what, size_t times) {
        const std::scoped_lock lock{mutex_};
        awaited_ = what;
        left_ = times;
    }
    /// Returns when it has come, and false when it does not within patience. Then let_go().
    bool met() {
        std::unique_lock lock{mutex_};
        return changed_.wait_for(lock, patience, [&] { return held_; });
    }
    void let_go() {
        const std::scoped_lock lock{mutex_};
        awaited_.reset();
        held_ = false;
        changed_.notify_all();
    }

    /// A proxy's side.
    void pass(Proxy::Seen what) {
        std::unique_lock lock{mutex_};
        if (awaited_ != what || --left_ > 0) return;
        awaited_.reset();
        held_ = true;
        changed_.notify_all();
        changed_.wait_for(lock, patience, [&] { return !held_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Proxy::Seen> awaited_; ///< guarded by mutex_, like all below
    size_t left_ = 0;
    bool held_ = false;
};

} // namespace holdfast::test
