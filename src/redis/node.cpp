// What a node is called, and the guides to it; redis/parse_node.cpp reads its URI.
#include "redis/node.hpp"

#include "base/uri.hpp"
#include "redis/scheme.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace holdfast {

void TlsOptions::complete_from(const TlsOptions& defaults) {
    if (ca.empty()) ca = defaults.ca;
    if (cert.empty() && key.empty()) {
        cert = defaults.cert;
        key = defaults.key;
    }
    insecure = insecure || defaults.insecure;
}

std::string Node::display() const {
    if (is_unix())
        return fmt::format("unix://{}{}", percent_encoded(socket_path), db == 0 ? "" : fmt::format("?db={}", db));
    std::string text;
    for (const HostPort& one : locator == Locator::address ? std::vector{at()} : seeds) {
        const bool v6 = one.host.find(':') != std::string::npos;
        text += fmt::format("{}{}{}{}:{}", text.empty() ? "" : "+", v6 ? "[" : "", one.host, v6 ? "]" : "", one.port);
    }
    if (locator == Locator::sentinel) text += "/" + sentinel.master;
    const auto* const scheme = std::ranges::find_if(
        schemes, [&](const Scheme& one) { return one.locator == locator && one.tls == tls.has_value(); });
    return fmt::format("{}{}{}", scheme->text, text, db == 0 ? "" : fmt::format("/{}", db));
}

std::string Node::uri() const {
    std::string text = display();
    char separator = text.find('?') == std::string::npos ? '?' : '&';
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) text += fmt::format("{}{}={}", std::exchange(separator, '&'), name, percent_encoded(value));
    };
    const auto add_file = [&](const char* name, const std::string& file) {
        // The path becomes absolute, because the command may change its folder.
        add(name, file.empty() ? file : std::filesystem::absolute(file).string());
    };
    add("durable", durable ? "yes" : "");
    add("replicas", replicas.value_or(0) == 0 ? "" : fmt::format("{}", *replicas));
    if (sentinel.tls.has_value() != (tls.has_value() && locator == Locator::sentinel))
        add("sentinel-tls", sentinel.tls ? "yes" : "no");
    // The URI leaves out a password that has no file, and without the password the Sentinels' user is of no use.
    if (sentinel.password.empty() || !sentinel.password_file.empty()) add("sentinel-user", sentinel.user);
    add_file("sentinel-password-file", sentinel.password_file);
    const auto& with_tls = tls ? tls : sentinel.tls;
    if (!with_tls) return text;
    add_file("ca", with_tls->ca);
    add_file("cert", with_tls->cert);
    add_file("key", with_tls->key);
    add("servername", with_tls->server_name);
    add("insecure", with_tls->insecure ? "yes" : "");
    return text;
}

Node guide(const HostPort& at, const Access& access) {
    Node node;
    static_cast<Access&>(node) = access;
    node.guide = true;
    node.host = at.host;
    node.port = at.port;
    return node;
}

std::vector<Node> guides(const Node& node) {
    std::vector<Node> all;
    for (const HostPort& at : node.seeds)
        all.push_back(
            guide(at, node.locator == Node::Locator::sentinel ? static_cast<const Access&>(node.sentinel) : node));
    return all;
}

} // namespace holdfast
