// Refusals of words that are not holdfast's: each says what leads on. They end the program with status 64.
#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"

#include <span>
#include <string>
#include <vector>

namespace holdfast {

/// "holdfast run"; for program_row "holdfast".
std::string full_name(const CommandRow&);

/// For a word that stands where a command should, and is none. `next` is the command that was typed behind the word;
/// empty: none was. The word is shown without a password, if it is a node's address.
Failure unknown_command(const std::string& word, const std::string& next);
/// For an option that the command does not have, or that was typed wrongly. `word` may have a value behind '=', which
/// is not shown, because it may be a password.
Failure unknown_option(const std::string& word, const CommandRow&);
/// Whether the command takes locks: run or acquire.
bool takes_locks(const CommandRow&);
/// Throws Failure for a word that begins with a dash or a quote of a text editor (U+2010 to U+201F, U+2212): the line
/// was copied from a document, and the shell does not know these.
void refuse_typography(const std::string& word);
/// Throws Failure if a setting of a variable stands where a lock's name does: "HOLDFAST_...=...", or any "FOO=..." if
/// the words `behind` have a "--", before which the name stands then.
void refuse_variable(const std::string& name, std::span<const std::string> behind);
/// Throws Failure if -h, which is --help, is followed by a host.
void refuse_host_of_help(std::span<const std::string> words);
/// Throws Failure for options that would mean something else: "-wait" is -w with the value "ait", and "--ttl=" takes
/// the next word.
void refuse_slips(std::span<const std::string> words, const CommandRow&);
/// Throws Failure if a word of a synopsis, "[options]", stands where a lock's name does.
void refuse_synopsis(const std::string& name);
/// What to do if no program has the name of the command's first word: about the order of the words if that looks wrong.
/// `locks` is the word before the command.
std::string next_if_not_found(const std::vector<std::string>& command, const std::string& locks);
/// Throws Failure if a typed setting has a value that is no duration, though one is wanted: then the value is the
/// lock's name, and what stands for the name is the command.
void refuse_swallowed_name(const Arguments&);
/// Throws Failure if --node stands among the words of a command. For when no nodes are configured.
void refuse_nodes_behind(std::span<const std::string> command);
/// For a word behind the command's argument, where the command takes none. `words` are all that were typed.
Failure one_word_too_many(const std::string& word, std::span<const std::string> words, const CommandRow&);

} // namespace holdfast
