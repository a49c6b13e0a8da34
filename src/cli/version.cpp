#include "cli/version.hpp"

#include <CLI/Version.hpp>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <nlohmann/json.hpp>
#include <openssl/opensslv.h>
#include <toml++/toml.h>

namespace holdfast {

std::string version_text() {
    return fmt::format(
        "holdfast {}\nwith hiredis {}.{}.{}, fmt {}.{}.{}, CLI11 {}, toml++ {}.{}.{}, json {}.{}.{}, OpenSSL {}\n",
        HOLDFAST_VERSION, HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH, FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
        FMT_VERSION % 100, CLI11_VERSION, TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH, NLOHMANN_JSON_VERSION_MAJOR,
        NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH, OPENSSL_VERSION_STR);
}

} // namespace holdfast
