// A real process of a test: started, spoken to with signals, waited for with a bound, and never left behind.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"

#include <sys/types.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::test {

/// How long any wait of a test lasts at most. Far more than anything takes, also where the scheduler passes a thread
/// over for seconds (fault/standstill.hpp), so that only a hang meets it.
constexpr seconds patience{50};

/// Polls a condition that has no event to wait for; false when patience ended first.
bool eventually(const std::function<bool()>& condition, nanoseconds within = patience);

/// How long the quickest of up to ten attempts took; the first one under `limit` is the last. A machine that stalls
/// spoils some of them, and what is too slow spoils all.
nanoseconds quickest(nanoseconds limit, const std::function<nanoseconds()>& attempt);

inline bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Finished {
    int wait_status = 0;
    std::string out;
    std::string err;

    /// As a shell would show it: the status, or 128 + signal.
    int status() const;
    /// The signal that ended it; 0 when it exited.
    int signal() const;
};

struct ProcessOptions {
    std::map<std::string, std::string> environment{}; ///< set on top of the test's own; "" removes
    std::optional<std::string> input{};               ///< all there is; nothing: an input that stays open and silent
    /// Before exec, when the output is already redirected. It allocates nothing where the test has threads.
    std::function<void()> in_child{};
};

class Process {
  public:
    explicit Process(std::vector<std::string> words, ProcessOptions options = {});
    Process(Process&&) noexcept;
    Process& operator=(Process&&) = delete;
    /// Kills its whole group when it has not been waited for.
    ~Process();

    pid_t pid() const { return pid_; }
    void signal(int number) const;
    bool running();
    /// To its standard input, which stays open.
    void say(const std::string& text) const;
    /// Reads both outputs to their end and the status. Throws when that takes longer than patience.
    Finished wait();
    /// Reads stderr (or stdout) until it holds that text. Throws when patience ends first.
    void wait_for_err(const std::string& text);
    void wait_for_out(const std::string& text);

  private:
    bool pump(BootTime until);
    void wait_for(const std::string& text, const std::string& where);

    pid_t pid_ = -1;
    std::optional<int> wait_status_;
    Fd in_, out_, err_;
    std::string out_text_, err_text_;
};

/// For in_child: threads cannot be started from then on, processes can, also by root.
void leave_threads_no_room();
/// Not under a sanitizer, which wants to know the ends of every stack, nor under a limit that nobody may raise.
bool can_leave_threads_no_room();

/// Starts, waits, returns.
Finished finish(std::vector<std::string> words, ProcessOptions options = {});

} // namespace holdfast::test
