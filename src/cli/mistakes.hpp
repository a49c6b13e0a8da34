// Words that stand where they mean something else than was meant: what is told of them, which leads on. A refusal ends
// the program with status 64.
#pragma once

#include "base/error.hpp"
#include "cli/command.hpp"

#include <span>
#include <string>
#include <vector>

namespace holdfast {

/// Throws Failure for a word that begins with a dash or a quote of a text editor, or has a space in it that does not
/// break: the line was copied from a document, and the shell does not know these.
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
/// Whether the word has the form of a node's address, also one of other programs; a web page's may name a lock.
bool is_address(const std::string& word);
/// Throws Failure if a node's address, an option without its dashes ("wait=10m") or a whole line stands where a lock's
/// name does.
void refuse_other_words(const std::string& name, const CommandRow&);
/// Throws Failure if the command to run is an option, and no program: it would be found out only when the lock is won.
void refuse_option_as_command(const std::string& word);
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
