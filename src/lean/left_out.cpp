// Stand-ins in the lean program for what it cannot do: TLS, and the look-up of a node's place. Where there would be
// work to do they throw Failure; that should not happen, because lean.cpp has executed the whole program for such
// nodes.
#include "base/error.hpp"
#include "redis/locator.hpp"
#include "redis/tls.hpp"

namespace holdfast {
namespace {

Failure not_here() { return {ExitStatus::internal, "TLS is not in this program"}; }

} // namespace

TlsContext::TlsContext(const TlsOptions&) { throw not_here(); }
void TlsContext::Free::operator()(ssl_ctx_st*) const {}
std::shared_ptr<const TlsContext> as_in_files(std::shared_ptr<const TlsContext> context) { return context; }

// NOLINTNEXTLINE(performance-unnecessary-value-param): as it is declared
Tls::Tls(std::shared_ptr<const TlsContext>, const std::string&) { throw not_here(); }
Tls::~Tls() = default;
void Tls::Free::operator()(ssl_st*) const {}
bool Tls::established() const { return false; }
std::string Tls::decrypt(std::string_view) { return {}; }
void Tls::encrypt(std::string_view) {}
std::string Tls::outgoing() { return {}; }

std::unique_ptr<Locator> make_locator(const Node&, milliseconds) {
    throw Failure{ExitStatus::internal, "a node's place is not looked up by this program"};
}

std::vector<Node> servers_of(const std::vector<Node>& nodes, milliseconds) { return nodes; }

} // namespace holdfast
