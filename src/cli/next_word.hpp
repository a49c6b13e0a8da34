// What may stand where a word of the command line is being typed: what a press of TAB asks for. Pure: it knows the
// syntax, and leaves it to cli/commands/completion.cpp to look up names and files.
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
    std::string before{}; ///< of the same word, as in "--profile=": whatever fits stands behind it
    std::string begun{};  ///< the rest of what has been typed; `words` do not all begin with it
    Layer settings{};     ///< from the options in front: they say which nodes and which file
};

/// The words behind "holdfast"; the last one, which may be empty, is being typed.
NextWord next_word(const std::vector<std::string>& typed);

} // namespace holdfast
