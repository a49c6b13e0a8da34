#include "sim/plain_client.hpp"

#include <algorithm>

namespace holdfast::sim {

void PlainClient::attempt() {
    value_ = fmt::format("plain-{:016x}", world_.rng.next());
    began_ = world_.now();
    granted_ = 0;
    send([this, value = value_](Server& server) {
        if (!server.set_if_free(value, plan_.terms.timing.ttl)) return;
        world_.after(plan_.link.delay(world_.rng), [this, value] { granted_ += value == value_ ? 1 : 0; });
    });
    world_.after(plan_.terms.timing.node_timeout, [this] { decide(); });
}

void PlainClient::decide() {
    const Timing& timing = plan_.terms.timing;
    const nanoseconds lasts = timing.ttl - 2 * timing.drift() - milliseconds{2};
    const Instant until = began_ + lasts;
    if (granted_ <= servers_.size() / 2 || until <= world_.now()) {
        release();
        if (world_.now() < plan_.heals_at)
            world_.after(world_.rng.between(milliseconds{5}, milliseconds{100}), [this] { attempt(); });
        return;
    }
    world_.trace("{} has won", value_);
    won_ = true;
    oracle_.claims(value_, until);
    oracle_.command_started(value_, {});
    world_.at(std::min(until, world_.now() + own_.lasts), [this] {
        oracle_.command_ended(value_);
        release();
    });
}

void PlainClient::release() {
    send([value = value_](Server& server) { server.delete_if(value); });
    value_.clear();
}

void PlainClient::send(const std::function<void(Server&)>& request) {
    for (const auto& server : servers_)
        world_.after(plan_.link.delay(world_.rng), [&server, request] {
            if (server->answers()) request(*server);
        });
}

} // namespace holdfast::sim
