// A list of node URIs as one text, as command line, environment and file give it. redis/node.hpp reads each URI.
#pragma once

#include "base/secret.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// The text split at commas, without the spaces around each URI; empty URIs are left out.
std::vector<Secret> node_list(std::string_view text);

/// "redis://user:***@host" for a URI with a password, or with what may be a part of one; any other as it is.
std::string masked(const Secret& uri);

/// Whether masked() hides something of the URI.
bool has_password(const Secret& uri);

} // namespace holdfast
