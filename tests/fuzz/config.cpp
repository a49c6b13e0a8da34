#include "base/error.hpp"
#include "config/file.hpp"
#include "fuzz/targets.hpp"

void holdfast::fuzz::config(std::string_view input) {
    try {
        parse_config("file", {std::string{input}, false});
    } catch (const Failure& failure) {
        require_printable(failure.what());
    }
}
