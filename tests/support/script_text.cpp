#include "support/script_text.hpp"

#include "base/sha1.hpp"
#include "lock/operations.hpp"

#include <map>

namespace holdfast::test {
namespace {

/// Texts, by their digests.
class Texts {
  public:
    Texts() { add<Acquire, Raise, Extend, Restore, Release, Withdraw, Revoke, Forget, Inspect>(); }

    std::string find(const std::string& digest) const {
        const auto found = texts_.find(digest);
        return found == texts_.end() ? "" : found->second;
    }

  private:
    template <typename... Ones>
    void add() {
        (add_forms(Ones{}), ...);
    }
    /// That operation with and without each thing that not every lock has.
    template <typename One>
    void add_forms(const One& plain) {
        for (unsigned form = 0; form < 32; ++form) {
            One one = plain;
            if constexpr (requires { one.seat; })
                if ((form & 1U) != 0) one.seat = Seat{{LockKind::Way::shared}, "run"};
            if constexpr (requires { one.success; })
                if ((form & 2U) != 0) one.success = Success{};
            if constexpr (requires { one.once_in; })
                if ((form & 4U) != 0) one.once_in = milliseconds{1};
            if constexpr (requires { one.history; })
                if ((form & 8U) != 0) one.history = 1;
            if constexpr (requires { one.end; })
                if ((form & 16U) != 0) one.end.emplace();
            std::string text = one.script(LockKey{}).script->text();
            texts_[sha1(text)] = std::move(text);
        }
    }

    std::map<std::string, std::string> texts_;
};

} // namespace

std::string script_text(const std::vector<Reply>& words) {
    static const Texts texts;
    if (words.front().text == "EVAL") return words[1].text;
    return words.front().text == "EVALSHA" ? texts.find(words[1].text) : "";
}

} // namespace holdfast::test
