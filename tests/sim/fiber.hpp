// A thread of a simulated process: its own stack, run by whoever resumes it, until it yields. One thread of the test
// program runs them all, so nothing here is guarded.
#pragma once

#include <functional>

namespace holdfast::sim {

class Fiber {
  public:
    /// Stacks are kept for the next fibers.
    explicit Fiber(std::function<void()> body);
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    /// It has ended.
    ~Fiber();

    /// Runs it until it yields or ends. Not from within a fiber.
    void resume();
    /// Back to whoever resumed the fiber that runs. Not while an exception is being handled.
    static void yield();

    bool ended() const { return ended_; }

  private:
    friend struct Stack;
    std::function<void()> body_;
    struct Stack* stack_;
    bool ended_ = false;
};

} // namespace holdfast::sim
