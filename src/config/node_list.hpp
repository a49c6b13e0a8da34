// A list of node URIs as one text, as command line, environment and file have it. What a URI means is redis/node.hpp's.
#pragma once

#include "base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// Split at commas, without the blanks around them; empty ones are left out.
std::vector<Secret> node_list(std::string_view text);

/// "redis://user:***@host" for a URI with a password, or with what may be a part of one; any other as it is.
std::string masked(const Secret& uri);

bool has_password(const Secret& uri);

} // namespace holdfast
