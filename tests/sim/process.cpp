#include "sim/process.hpp"

#include <cassert>
#include <utility>

namespace holdfast::sim {

namespace {

Process* running_process = nullptr;

} // namespace

Process::Process(World& world, std::string name, Clock boot, Clock wall)
    : world_{world}, name_{std::move(name)}, boot_{boot}, wall_{wall} {}

Process::~Process() { kill(); }

Process& Process::current() {
    assert(running_process != nullptr);
    return *running_process;
}

int Process::run(std::function<void()> body) {
    if (killed_) throw Killed{};
    const int ended = new_fd();
    Thread& thread = threads_.emplace_back();
    thread.fiber = std::make_unique<Fiber>([this, ended, body = std::move(body)] {
        try {
            if (!killed_) body();
        } catch (const Killed&) {
        }
        if (!killed_) set_readable(ended, true);
    });
    thread.blocked = true;
    world_.at(world_.now(), [this, &thread, wait = thread.wait] { wake(thread, wait); });
    return ended;
}

void Process::stop_until(Instant until) {
    disturbed_ = true;
    if (until > stopped_until_) {
        stopped_until_ = until;
        world_.trace("{} is stopped until {}", name_, text_of(until));
    }
}

void Process::stop_at_point(unsigned n, nanoseconds lasts) { stops_.emplace_back(n, lasts); }

void Process::kill() {
    if (killed_) return;
    killed_ = true;
    disturbed_ = true;
    // Not from within: a process that kills itself would have to wait for the end of its thread.
    assert(running_ == nullptr);
    // What the first thread has on its stack the later ones may use.
    for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread)
        while (!thread->fiber->ended()) resume(*thread);
}

void Process::wake(Thread& thread, uint64_t wait) {
    if (thread.wait != wait || !thread.blocked || thread.fiber->ended()) return;
    if (stopped_until_ > world_.now()) return world_.at(stopped_until_, [this, &thread, wait] { wake(thread, wait); });
    resume(thread);
}

void Process::resume(Thread& thread) {
    thread.blocked = false;
    ++thread.wait;
    Process* const outer = std::exchange(running_process, this);
    Thread* const before = std::exchange(running_, &thread);
    thread.fiber->resume();
    running_ = before;
    running_process = outer;
}

void Process::wait_for_turn(Thread& thread, Instant until) {
    thread.blocked = true;
    world_.at(until, [this, &thread, wait = thread.wait] { wake(thread, wait); });
    Fiber::yield();
}

void Process::point(bool throws) {
    if (running_ == nullptr) return;
    for (auto& [left, lasts] : stops_)
        if (left > 0 && --left == 0) stop_until(world_.now() + lasts);
    if (!killed_ && stopped_until_ > world_.now()) {
        wait_for_turn(*running_, stopped_until_);
        dawdled_until_ = world_.now();
    }
    if (killed_ && throws) throw Killed{};
}

void Process::block(Instant until) {
    if (killed_) throw Killed{};
    wait_for_turn(*running_, until);
    if (killed_) throw Killed{};
}

int Process::new_fd() {
    readable_.push_back(false);
    return static_cast<int>(readable_.size() - 1);
}

void Process::set_readable(int fd, bool value) {
    readable_[static_cast<size_t>(fd)] = value;
    if (!value || killed_) return;
    for (Thread& thread : threads_)
        if (thread.blocked) world_.at(world_.now(), [this, &thread, wait = thread.wait] { wake(thread, wait); });
}

} // namespace holdfast::sim
