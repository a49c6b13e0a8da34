// TLS between the bytes of a socket and the text that a connection sends and reads. This code knows no socket: reading
// and writing, and all rules about time and order, stay with the connection (redis/connection.hpp).
//
// TLS 1.2 or newer, no renegotiation. The server's certificate has to lead to an authority that we trust, to be valid
// now, and to be for the very host (name or address) of the node's URI, or for TlsOptions::server_name; with
// TlsOptions::insecure none of this is checked. We send no request before the check, so a server that fails it gets no
// password.
//
// Each object belongs to one thread at a time, by ownership. If no node has TLS, no OpenSSL function is called.
#pragma once

#include "base/small_file.hpp"
#include "redis/node.hpp"
#include "redis/node_failure.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace holdfast {

/// What all connections with the same options share: the authorities and our own certificate, as they were in their
/// files when the TlsContext was made.
class TlsContext {
  public:
    /// Throws Failure with status 78 that names the file. Main thread, before a lock is held.
    explicit TlsContext(const TlsOptions&);

    const TlsOptions& options() const { return options_; }
    /// Whether one of the files has been changed or replaced since the TlsContext was made.
    bool is_outdated() const;
    ssl_ctx_st* get() const { return context_.get(); }

  private:
    struct Free {
        void operator()(ssl_ctx_st*) const;
    };
    std::vector<FileStamp> stamps() const;

    TlsOptions options_;
    std::vector<FileStamp> stamps_;
    std::unique_ptr<ssl_ctx_st, Free> context_;
};

/// The given context, or a new one if its files were changed and can all be used. While a certificate and its key are
/// being replaced, one file after the other, they cannot; then the given context stays in use. Throws no Failure.
std::shared_ptr<const TlsContext> as_in_files(std::shared_ptr<const TlsContext>);

/// TLS of one connection. After each call of another function, call outgoing() and send what it returns, also after a
/// failure, because these bytes tell the server of the failure.
class Tls {
  public:
    /// Begins the handshake. The server's certificate has to be for `host`, a name or an address;
    /// TlsOptions::server_name, if set, takes its place.
    Tls(std::shared_ptr<const TlsContext> context, const std::string& host);
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
    ~Tls();

    /// Whether the handshake is over, with a certificate that is trusted (if it is checked), and TLS has not failed
    /// since.
    bool established() const;
    /// Takes bytes that came from the socket, goes on with the handshake, and returns the text that they complete,
    /// which may be empty.
    std::string decrypt(std::string_view bytes);
    /// Encrypts the text into outgoing(). Call only when established.
    void encrypt(std::string_view text);
    /// Returns the bytes that have to be sent, each once.
    std::string outgoing();
    /// Why TLS has failed, for good; nothing while all is well.
    const std::optional<NodeFailure>& failure() const { return failure_; }

  private:
    struct Free {
        void operator()(ssl_st*) const;
    };

    void shake_hands();
    /// Sets failure_ if an OpenSSL call that returned `result` has failed.
    void judge(int result);
    NodeFailure why_it_failed() const;

    std::shared_ptr<const TlsContext> context_;
    std::string host_;
    std::unique_ptr<ssl_st, Free> ssl_;
    bool anything_came_ = false;
    size_t without_text_ = 0; ///< bytes that came since the last text
    bool asked_for_certificate_ = false;
    std::string distrust_; ///< what is wrong with the server's certificate
    std::optional<NodeFailure> failure_;
};

} // namespace holdfast
