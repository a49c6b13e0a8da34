// One walk through the keys of a server by SCAN, which comes to an end whatever the server answers. Pure: no I/O.
#pragma once

#include "redis/reply.hpp"
#include "redis/request.hpp"

#include <string>
#include <vector>

namespace holdfast {

class ScanWalk {
  public:
    /// Walks through the keys that match the glob `pattern`; `count` is how many keys the server looks at in one step.
    ScanWalk(std::string pattern, std::string count) : pattern_{std::move(pattern)}, count_{std::move(count)} {}

    /// Adds the next SCAN to the request. Call only while the walk is not over(); take() has to get its answer before
    /// the next call.
    void add_to(Request& request) const { request.add({"SCAN", cursor_, "MATCH", pattern_, "COUNT", count_}); }
    /// Takes the answer to the last SCAN and returns the keys in it, perhaps none. The walk is broken off, without
    /// keys, by an answer that makes no sense, by a cursor that shows that the walk goes in a circle, and after a
    /// million steps.
    std::vector<std::string> take(Reply answer);

    /// Whether the walk has come to its end: complete() if every key was met, broken() if it was broken off.
    bool over() const { return complete_ || broken_; }
    bool complete() const { return complete_; }
    bool broken() const { return broken_; }
    size_t steps() const { return steps_; }

  private:
    std::string pattern_;
    std::string count_;
    std::string cursor_ = "0";
    std::string milestone_; ///< an earlier cursor, replaced ever more seldom, so that a walk in a circle meets it again
    size_t steps_ = 0;
    bool complete_ = false;
    bool broken_ = false;
};

} // namespace holdfast
