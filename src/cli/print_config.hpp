// What --print-config shows: every setting, as it would be written in the file, and where it came from.
#pragma once

#include "cli/exit.hpp"
#include "config/resolve.hpp"

namespace holdfast {

Exit print_config(const Resolved&);

} // namespace holdfast
