#include "config/hide_passwords.hpp"

#include "config/node_list.hpp"

#include <cstring>
#include <string_view>

namespace holdfast {
namespace {

void overwrite(char* text, size_t size) { std::memset(text, '*', size); }

/// From behind the scheme to the '@'; where that was forgotten, to the end.
void hide_login(char* word, const std::string& uri) {
    const size_t scheme = uri.find("://");
    const size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
    const size_t end = std::min(uri.rfind('@'), uri.size());
    for (char* found = std::strstr(word, uri.c_str()); found != nullptr; found = std::strstr(found + 1, uri.c_str()))
        overwrite(found + begin, end - begin);
}

} // namespace

void hide_passwords(const Settings& settings, char** words, char** environment) {
    for (const Secret& uri : settings.nodes)
        for (char** word = words; has_password(uri) && *word != nullptr; ++word) hide_login(*word, uri.reveal());
    for (char** entry = environment; *entry != nullptr; ++entry)
        for (const std::string_view name : {"HOLDFAST_NODES=", "HOLDFAST_PASSWORD="})
            if (std::string_view{*entry}.starts_with(name))
                overwrite(*entry + name.size(), std::strlen(*entry + name.size()));
}

} // namespace holdfast
