// One walk through the keys of a server by SCAN, which comes to an end whatever the server says. Pure: no I/O.
#pragma once

#include "redis/reply.hpp"
#include "redis/request.hpp"

#include <string>
#include <vector>

namespace holdfast {

class ScanWalk {
  public:
    /// Keys that match the glob; `count` is how many the server looks at in one step.
    ScanWalk(std::string pattern, std::string count) : pattern_{std::move(pattern)}, count_{std::move(count)} {}

    /// Adds the next step to the request. Call as long as the walk is not over().
    void add_to(Request& request) const { request.add({"SCAN", cursor_, "MATCH", pattern_, "COUNT", count_}); }
    /// The keys in the answer to that step. An answer that makes no sense, or a cursor that came before, breaks the
    /// walk off.
    std::vector<std::string> take(Reply answer);

    /// Whether every key was met or the walk is broken off.
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
