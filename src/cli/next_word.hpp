// What may complete the word of the command line that is being typed, when the user presses TAB. Pure: knows only the
// syntax; cli/commands/completion.cpp looks up names and files.
#pragma once

#include "config/options.hpp"

#include <string>
#include <vector>

namespace holdfast {

struct NextWord {
    enum class Kind {
        known, ///< one of `words`
        profile,
        lock,
        program, ///< a command to run
        file,
    };
    struct Word {
        std::string text;
        std::string help{};
    };
    Kind kind = Kind::known;
    std::vector<Word> words{};
    std::string before{}; ///< the part of the same word before the completion, such as "--profile="
    std::string begun{};  ///< the part of the completion that has been typed; not all of `words` begin with it
    Layer settings{};     ///< from the options typed before, which may name the nodes and the file
};

/// `typed`: the words after "holdfast"; the last one, which may be empty, is being typed.
NextWord next_word(const std::vector<std::string>& typed);

} // namespace holdfast
