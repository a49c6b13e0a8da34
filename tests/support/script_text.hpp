// What a request to a server is about, though a script goes out by its digest.
#pragma once

#include "redis/reply.hpp"

#include <string>
#include <vector>

namespace holdfast::test {

/// The text of the script of ours that this command runs, by EVAL or EVALSHA; empty for another command.
std::string script_text(const std::vector<Reply>& words);

} // namespace holdfast::test
