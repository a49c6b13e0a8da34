/// The same as wrap.c over one node and TLS, with the checks that holdfast makes: TLS 1.2 or newer, the one authority,
/// the address of the server.
///
///     floor_tls PORT CA_FILE KEY COMMAND [ARGUMENT...]
#include "command.h"
#include "lock.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>

#include <stdlib.h>
#include <unistd.h>

static SSL* connect_to(long port, const char* ca_file) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_file(context, ca_file) != 1) return NULL;
    SSL* tls = SSL_new(context);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), "127.0.0.1");
    SSL_set_fd(tls, fd);
    const bool connected = connect(fd, (const struct sockaddr*)&address, sizeof address) == 0 && SSL_connect(tls) == 1;
    return connected ? tls : NULL;
}

static bool ask(SSL* tls, redisReader* reader, struct request request) {
    if (SSL_write(tls, request.text, (int)request.size) != (int)request.size) return false;
    void* reply = NULL;
    while (reply == NULL) {
        char bytes[512];
        const int size = SSL_read(tls, bytes, sizeof bytes);
        if (size <= 0 || redisReaderFeed(reader, bytes, (size_t)size) != REDIS_OK) return false;
        if (redisReaderGetReply(reader, &reply) != REDIS_OK) return false;
    }
    return is_yes(reply);
}

int main(int argc, char** argv) {
    if (argc < 5) return 64;
    SSL* tls = connect_to(strtol(argv[1], NULL, 10), argv[2]);
    if (tls == NULL) return 69;
    redisReader* reader = redisReaderCreate();
    const struct lock_requests lock = lock_requests_for(argv[3]);
    if (!ask(tls, reader, lock.take)) return 75;
    const int status = run_command(argv + 4);
    if (!ask(tls, reader, lock.release)) return 1;
    SSL_shutdown(tls);
    return status;
}
