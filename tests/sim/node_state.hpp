// What one Redis keeps of one lock, and what each operation of lock/operations.hpp does to it: a second telling of the
// scripts and transactions, against which tests/integration/node_state_test.cpp holds the real ones. Pure: time is the
// node's own, and is given.
#pragma once

#include "lock/operations.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sim {

/// channel, text
using Published = std::pair<std::string, std::string>;

class NodeState {
  public:
    /// `now` is what the node's TIME would say.
    NodeReply apply(const LockKey& key, const Operation&, milliseconds now, std::vector<Published>& published);
    NodeReply look(milliseconds now);

    struct Value {
        std::string text;
        milliseconds until; ///< the last millisecond of its life
    };
    /// The records that hold the lock here at that time: what stands in the key, or the living members of its group.
    std::vector<Value> holders(milliseconds now) const;
    /// Whether the key has a group and stays longer than all members.
    bool group_outlives_members() const;
    /// SET NX PX, as a client does that knows nothing of holdfast; whether it was set.
    bool set_if_free(const std::string& value, milliseconds lasts, milliseconds now);
    /// What such a client does to release the key.
    void delete_if(const std::string& value) {
        if (has(value)) key_.reset();
    }
    /// DEL, by hand.
    void remove_key() { key_.reset(); }
    /// Whether a server without memory refuses it: what makes something new.
    static bool needs_memory(const Operation&);

  private:
    struct Apply;
    void expire(milliseconds now);
    void leave(const std::string& entry);
    const std::string* first(milliseconds now);
    void tell_first(const LockKey&, milliseconds now, std::vector<Published>&, const std::string& words = "");
    static bool waits_to_share(const std::string& entry);
    bool has(std::string_view value) const { return key_ && key_->text == value; }
    bool has_group() const { return key_ && is_group(key_->text); }
    /// Makes the key end with the last member, or deletes it if none lives; of the ended ones the first twenty go.
    void settle(milliseconds now);
    void clear_group() {
        members_.clear();
        limit_ = 0;
    }
    /// The members that live, in the order of their ends, at most a hundred.
    std::vector<Member> members(milliseconds now) const;
    /// The token is worth nothing here: by whom, or empty.
    std::optional<std::string> words_on(const std::string& token) const {
        const auto found = void_.find(token);
        return found == void_.end() ? std::nullopt : std::optional{found->second.text};
    }
    int64_t last_fence() const { return fence_ ? fence_->first : 0; }
    /// The last success, with its age and what is left of its mark.
    std::optional<Success> success(milliseconds now) const;
    /// Whether the mark was written.
    bool mark(const Success&, milliseconds now);
    void set_fence(int64_t number, milliseconds now) { fence_ = {number, now + fence_lasts}; }

    std::optional<Value> key_;
    std::map<std::string, Value> members_; ///< of a group, by seat; they may outlive a key that was deleted by hand
    unsigned limit_ = 0;                   ///< of a group with slots
    milliseconds members_until_{};
    std::optional<std::pair<int64_t, milliseconds>> fence_;
    std::vector<std::pair<int64_t, std::string>> queue_; ///< sorted: ticket, entry
    std::map<std::string, milliseconds> seen_;           ///< entry: when it becomes stale
    milliseconds queue_until_{};
    milliseconds seen_until_{};
    std::map<std::string, Value> void_;
    struct Mark {
        std::string record;
        milliseconds lasts;
        milliseconds until;
    };
    std::optional<Mark> mark_;
};

} // namespace holdfast::sim
