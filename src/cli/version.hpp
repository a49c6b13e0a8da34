// What `holdfast --version` prints.
#pragma once

#include <string>

namespace holdfast {

std::string version_text();

} // namespace holdfast
