// What the lock's code asks of the operating system and of the nodes' protocol, answered by the simulated process in
// which it runs.
#include "base/canary.hpp"
#include "base/live_deadline.hpp"
#include "base/poller.hpp"
#include "base/random.hpp"
#include "lock/operations.hpp"
#include "lock/operations/history.hpp"
#include "lock/renewal.hpp"
#include "lock/renewer.hpp"
#include "sim/history.hpp"
#include "sim/left_out.hpp"
#include "sim/process.hpp"
#include "sim/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast {

using sim::Process;

namespace sim {

std::optional<Rule> left_out;

} // namespace sim

bool enforced(Rule rule) noexcept { return sim::left_out != rule; }

// ---- base

BootTime BootClock::now() noexcept {
    const BootTime now = Process::current().boot_now();
    Process::current().point(false);
    return now;
}

milliseconds wall_time_since_epoch() noexcept { return Process::current().wall_now(); }

std::string random_id() {
    sim::Rng& rng = Process::current().world().rng;
    return fmt::format("{:016x}{:016x}", rng.next(), rng.next());
}

nanoseconds random_up_to(nanoseconds longest) {
    return Process::current().world().rng.between(nanoseconds{0}, longest);
}

void Poller::wait(std::vector<pollfd>& fds, std::optional<BootTime> deadline) {
    Process& process = Process::current();
    process.point(true);
    while (true) {
        bool any = false;
        for (pollfd& fd : fds) {
            fd.revents = fd.fd >= 0 && process.readable(fd.fd) ? fd.events : short{0};
            any = any || fd.revents != 0;
        }
        // A timer fires a little late; here time would stand still otherwise.
        if (any || (deadline && process.boot_now() > *deadline)) return;
        const sim::Instant until = deadline ? process.boot().when(deadline->time_since_epoch()) : sim::never;
        process.block(until == sim::never ? until : until + std::chrono::microseconds{1});
    }
}

LiveDeadline::LiveDeadline(Watch watch) : watch_{std::move(watch)}, event_{Process::current().new_fd()} {}

void LiveDeadline::move(BootTime at) {
    const auto before = std::exchange(at_, at);
    watch_.moved(before, at);
    if (before && *before > at) Process::current().set_readable(event_, true);
}

void LiveDeadline::lose(std::string reason) {
    explain(std::move(reason));
    lost_ = true;
    watch_.lost();
    Process::current().set_readable(event_, true);
}

void LiveDeadline::clear_event() const { Process::current().set_readable(event_, false); }

// ---- lock/renewer

Renewer::Renewer(Locks locks, LiveDeadline& deadline) : stop_event_{Process::current().new_fd()} {
    ended_ = Process::current().run([this, locks, &deadline] {
        keep_renewing(locks, deadline, poller_, stop_event_);
        std::vector<pollfd> stop{{stop_event_, POLLIN, 0}};
        poller_.wait(stop, {});
        if (last_) last_();
    });
}

void Renewer::stop(const std::function<void()>& last) {
    last_ = last;
    Process::current().set_readable(stop_event_, true);
    Poller poller;
    std::vector<pollfd> fds{{ended_, POLLIN, 0}};
    poller.wait(fds, {});
}

// ---- redis/request, lock/operations

Request::Request(std::initializer_list<std::string_view>)
    : task{std::make_shared<const sim::Task>(sim::Task{sim::Note{}})} {}

Request start_note(const LockKey&, const Record&, Fence, milliseconds, size_t) { return {"XADD"}; }

Request end_note(const LockKey&, std::string_view, const EndEntry&, size_t, bool) { return {"XADD"}; }

struct LockOperation::Parts {
    std::shared_ptr<const sim::Task> task;
};

LockOperation::LockOperation(LockKey, Operation operation)
    : parts_{std::make_shared<Parts>(Parts{std::make_shared<const sim::Task>(sim::Task{std::move(operation)})})} {}

Exchange LockOperation::on(Mode&, bool) const { return {{parts_->task}}; }

bool has_granted(const Answer& answer) {
    const auto vote = node_reply(answer);
    return vote && vote->verdict == Verdict::granted;
}

tl::expected<NodeReply, NodeFailure> node_reply(const Answer& answer) {
    if (!answer.replies) return tl::unexpected{answer.replies.error()};
    const auto& reply = answer.replies->front().reply;
    if (!reply) return tl::unexpected{NodeFailure{NodeFailure::Kind::no_vote, "it is full"}};
    return *reply;
}

tl::expected<NodeReply, NodeFailure> node_reply(const std::optional<Answer>& answer) {
    if (!answer) return tl::unexpected{NodeFailure{NodeFailure::Kind::timeout, "it comes to no end in time"}};
    return node_reply(*answer);
}

} // namespace holdfast
