#include "config/hide_passwords.hpp"

#include "base/uri.hpp"

#include <cstring>
#include <string_view>

namespace holdfast {
namespace {

void overwrite(char* text, size_t size) { std::memset(text, '*', size); }

/// Overwrites the login wherever that URI stands in the word: from the end of the scheme, so that the user is hidden
/// too, to the end of the last password. Nothing is overwritten if the URI has no password.
void hide_login(char* word, const std::string& uri) {
    const auto secrets = secrets_in(uri);
    if (secrets.empty()) return;
    const size_t begin = parts_of(uri).scheme.size();
    const size_t end = static_cast<size_t>(secrets.back().data() - uri.data()) + secrets.back().size();
    for (char* found = std::strstr(word, uri.c_str()); found != nullptr; found = std::strstr(found + 1, uri.c_str()))
        overwrite(found + begin, end - begin);
}

} // namespace

void hide_passwords(const Settings& settings, char** words, char** environment) {
    for (const Secret& uri : settings.nodes)
        for (char** word = words; *word != nullptr; ++word) hide_login(*word, uri.reveal());
    for (char** entry = environment; *entry != nullptr; ++entry)
        for (const std::string_view name : {"HOLDFAST_NODES=", "HOLDFAST_PASSWORD="})
            if (std::string_view{*entry}.starts_with(name))
                overwrite(*entry + name.size(), std::strlen(*entry + name.size()));
}

} // namespace holdfast
