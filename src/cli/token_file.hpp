// The token of a lock that acquire took, on its way to renew, release and verify. Any process that has it can release
// the lock, so only its owner may read a file with it. Throws Failure.
#pragma once

#include "lock/record.hpp"

#include <string>

namespace holdfast {

/// Replaces the file by a new one that only our user may read. Refuses to replace a file of another user, a symbolic
/// link, or anything that is no ordinary file.
void write_token(const std::string& path, const Token&);

/// Throws Failure if write_token() would refuse that file, or the name is one of standard output.
void refuse_token_file(const std::string& path);

Token read_token(const std::string& path);

/// `where` says where the text comes from, as in "--token".
Token parse_token(const std::string& text, const std::string& where);

} // namespace holdfast
