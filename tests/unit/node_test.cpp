#include "redis/node.hpp"

#include <doctest/doctest.h>

namespace holdfast::test::node_test {

namespace {

Node parsed(std::string_view uri) {
    const auto node = parse_node(uri);
    REQUIRE(node.has_value());
    return *node;
}

} // namespace

TEST_CASE("a bare host is a node on the usual port") {
    CHECK(parsed("db1").host == "db1");
    CHECK(parsed("db1").port == 6379);
    CHECK(parsed("db1:7000").port == 7000);
    CHECK(parsed("10.0.0.1:1").display() == "redis://10.0.0.1:1");
}

TEST_CASE("a redis URI has user, password, port and database") {
    const Node node = parsed("redis://joe:p%40ss%2Fw:rd@db1:7000/3");
    CHECK(node.host == "db1");
    CHECK(node.port == 7000);
    CHECK(node.db == 3);
    CHECK(node.user == "joe");
    CHECK(node.password.reveal() == "p@ss/w:rd");
    CHECK(parsed("redis://:secret@db1").user.empty());
    CHECK(parsed("redis://:secret@db1").password.reveal() == "secret");
}

TEST_CASE("a node is shown without user and password") {
    CHECK(parsed("redis://joe:secret@db1:7000/3").display() == "redis://db1:7000/3");
    CHECK(parsed("redis://[::1]:7000").display() == "redis://[::1]:7000");
    CHECK(parsed("unix:///run/r.sock?db=2").display() == "unix:///run/r.sock?db=2");
}

TEST_CASE("an IPv6 address stands in brackets") {
    CHECK(parsed("[::1]").host == "::1");
    CHECK(parsed("[::1]:7000").port == 7000);
    CHECK_FALSE(parse_node("::1").has_value());
    CHECK_FALSE(parse_node("[::1").has_value());
}

TEST_CASE("a Unix socket has an absolute path that fits") {
    CHECK(parsed("unix:///run/redis.sock").socket_path == "/run/redis.sock");
    CHECK(parsed("unix:///run/redis.sock?db=5").db == 5);
    CHECK_FALSE(parse_node("unix://run/redis.sock").has_value());
    CHECK_FALSE(parse_node("unix:///" + std::string(107, 'x')).has_value());
}

TEST_CASE("rediss:// is TLS, with files of its own behind '?'") {
    const Node node = parsed("rediss://joe:secret@db1:7000/3?ca=/etc/a%2Cb.pem&cert=/c&key=/k%26");
    REQUIRE(node.tls.has_value());
    CHECK(*node.tls == TlsOptions{.ca = "/etc/a,b.pem", .cert = "/c", .key = "/k&"});
    CHECK(node.host == "db1");
    CHECK(node.port == 7000);
    CHECK(node.db == 3);
    CHECK(parsed("rediss://db1?db=4").db == 4);
    CHECK(parsed("rediss://db1?insecure=yes").tls->insecure);
    CHECK_FALSE(parsed("rediss://db1").tls->insecure);
    CHECK_FALSE(parsed("redis://db1").tls.has_value());
    CHECK(parsed("redis://db1?db=4").db == 4);
}

TEST_CASE("what a node is shown as names it, and its URI is enough to connect as we do, but for the password") {
    const Node node = parsed("rediss://joe:secret@[::1]/3?ca=/etc/a%2Cb%20c%40d.pem&insecure=yes&key=/k&cert=/c");
    CHECK(node.display() == "rediss://[::1]:6379/3");
    CHECK(node.uri() == "rediss://[::1]:6379/3?ca=/etc/a%2Cb%20c%40d.pem&cert=/c&key=/k&insecure=yes");
    for (const char* uri : {"redis://db1:6379/2", "unix:///run/a%20b%2C%25.sock?db=2", "rediss://db1:1?cert=/c%3F",
                            "rediss://[fe80::1%eth0]:1", "rediss://db1:1?insecure=yes"}) {
        CAPTURE(uri);
        CHECK(parsed(uri).uri() == uri);
    }
    CHECK(parsed("rediss://db1?ca=ca.pem").uri().starts_with("rediss://db1:6379?ca=/"));
}

TEST_CASE("what a node leaves open is as for all nodes, and a certificate never goes with a key of another") {
    const TlsOptions all{.ca = "A", .cert = "C", .key = "K", .insecure = true};
    const auto completed = [&](TlsOptions options) {
        options.complete_from(all);
        return options;
    };
    CHECK(completed({}) == all);
    CHECK(completed({.ca = "a"}) == TlsOptions{.ca = "a", .cert = "C", .key = "K", .insecure = true});
    CHECK(completed({.cert = "c"}) == TlsOptions{.ca = "A", .cert = "c", .insecure = true});
    TlsOptions insecure{.insecure = true};
    insecure.complete_from({});
    CHECK(insecure.insecure);
}

TEST_CASE("Sentinels name a node's master: their hosts, the master's name, and what they ask of us themselves") {
    const Node node = parsed("sentinel://joe:a+b@h1+[::1]:7000+h3:7001/my-master_1.x/3?sentinel-user=s%40&"
                             "sentinel-password=p%26&replicas=2");
    CHECK(node.locator == Node::Locator::sentinel);
    CHECK(node.seeds == std::vector<HostPort>{{"h1", 26379}, {"::1", 7000}, {"h3", 7001}});
    CHECK(node.host.empty());
    CHECK(node.sentinel.master == "my-master_1.x");
    CHECK(node.db == 3);
    CHECK(node.user == "joe");
    CHECK(node.password.reveal() == "a+b");
    CHECK(node.sentinel.user == "s@");
    CHECK(node.sentinel.password.reveal() == "p&");
    CHECK(node.replicas == 2);
    CHECK_FALSE(node.tls.has_value());
    CHECK_FALSE(node.sentinel.tls.has_value());
    CHECK(node.display() == "sentinel://h1:26379+[::1]:7000+h3:7001/my-master_1.x/3");
    CHECK(node.uri() == "sentinel://h1:26379+[::1]:7000+h3:7001/my-master_1.x/3?replicas=2");
}

TEST_CASE("master and Sentinels have TLS together or one of them alone, with the same options") {
    const TlsOptions options{.ca = "/a", .server_name = "db1"};
    const std::string query = "ca=/a&servername=db1";
    const Node both = parsed("sentinels://h/m?" + query);
    CHECK(both.tls == options);
    CHECK(both.sentinel.tls == options);
    CHECK(both.uri() == "sentinels://h:26379/m?" + query);
    const Node master = parsed("sentinels://h/m?sentinel-tls=no&" + query);
    CHECK(master.tls == options);
    CHECK_FALSE(master.sentinel.tls.has_value());
    CHECK(master.uri() == "sentinels://h:26379/m?sentinel-tls=no&" + query);
    const Node sentinels = parsed("sentinel://h/m?" + query + "&sentinel-tls=yes");
    CHECK_FALSE(sentinels.tls.has_value());
    CHECK(sentinels.sentinel.tls == options);
    CHECK(sentinels.uri() == "sentinel://h:26379/m?sentinel-tls=yes&" + query);
}

TEST_CASE("nodes of a cluster find a node's master, in database 0") {
    const Node node = parsed("clusters://joe:geheim@h1+h2:7000?insecure=yes");
    CHECK(node.locator == Node::Locator::cluster);
    CHECK(node.seeds == std::vector<HostPort>{{"h1", 6379}, {"h2", 7000}});
    CHECK(node.tls->insecure);
    CHECK(node.password.reveal() == "geheim");
    CHECK(node.uri() == "clusters://h1:6379+h2:7000?insecure=yes");
    CHECK(parsed("cluster://h").display() == "cluster://h:6379");
}

TEST_CASE("a node's URI names the file of the Sentinels' password, and their user only with it") {
    CHECK(parsed("sentinel://h/m?sentinel-user=u&sentinel-password-file=/a%2Cb").uri() ==
          "sentinel://h:26379/m?sentinel-user=u&sentinel-password-file=/a%2Cb");
    CHECK(parsed("sentinel://h/m?sentinel-user=u").uri() == "sentinel://h:26379/m?sentinel-user=u");
    CHECK(parsed("sentinel://h/m?sentinel-user=u&sentinel-password=p").uri() == "sentinel://h:26379/m");
}

TEST_CASE("an address as other programs write it is refused with the right way to write it") {
    const std::pair<const char*, const char*> cases[] = {
        {"redis-sentinel://h1:1", "'redis-sentinel://' is not a kind of address; write sentinel://HOST+HOST/MASTER"},
        {"redis+sentinel://h1", "'redis+sentinel://' is not a kind of address; write sentinel://HOST+HOST/MASTER"},
        {"redis-cluster://h1", "'redis-cluster://' is not a kind of address; write cluster://HOST+HOST"},
        {"redis-socket:///s", "'redis-socket://' is not a kind of address; write unix:///PATH"},
        {"redis+unix:///s", "'redis+unix://' is not a kind of address; write unix:///PATH"},
        {"valkey://h", "'valkey://' is not a kind of address; write redis://HOST"},
        {"valkeys://h", "'valkeys://' is not a kind of address; write rediss://HOST"},
        {"tcp://h", "'tcp://' is not a kind of address; write redis://HOST"},
        {"http://h", "'http://' is not a kind of address; write redis://HOST"},
        {"https://h", "'https://' is not a kind of address; write rediss://HOST"},
        {"REDIS://h", "'REDIS://' is not a kind of address; write redis://HOST"},
        {"redis:h", "the '//' behind the kind of address is missing; write redis://HOST"},
        {"redis:/h", "the '//' behind the kind of address is missing; write redis://HOST"},
        {"unix:/s", "the '//' behind the kind of address is missing; write unix:///PATH"},
        {"/run/redis.sock", "a path alone is no address; write unix:///PATH"},
    };
    for (const auto& [uri, sentence] : cases) {
        CAPTURE(uri);
        const auto node = parse_node(uri);
        REQUIRE_FALSE(node.has_value());
        CHECK(node.error() == sentence);
    }
    CHECK(parsed("redis:7000").display() == "redis://redis:7000");
}

TEST_CASE("a URI that makes no sense is refused: the reason points at the place, and never shows user or password") {
    const std::string no_master =
        "the name that the Sentinels have for the master (letters, digits and .-_) stands "
        "behind them, as in sentinel://10.0.0.1+10.0.0.2/mymaster; a comma stands between nodes";
    const std::string not_durable = "'durable=yes' is not for Sentinels and clusters: a replica that takes the "
                                    "master's place may have missed what that one granted last";
    const std::string no_database = "'x' is not the number of a database, as in redis://10.0.0.1:6379/3; a name before "
                                    "those of the locks is --key-prefix";
    const std::string unknown = "is not an option of such a node, or not with that value; known are db=, durable=yes "
                                "and replicas= (0 to 9), with TLS ca=, cert=, key=, servername= and insecure=yes, and "
                                "with sentinel:// sentinel-user=, sentinel-password=, sentinel-password-file= and "
                                "sentinel-tls=yes or no";
    const std::pair<const char*, std::string> cases[] = {
        {"", "the host is missing, as in redis://10.0.0.1:6379; a socket is unix:///PATH"},
        {"redis://", "the host is missing, as in redis://10.0.0.1:6379; a socket is unix:///PATH"},
        {"redis://jockel:geheim@", "the host is missing, as in redis://10.0.0.1:6379; a socket is unix:///PATH"},
        {"h o", "a node's address has no spaces or control characters, as in redis://10.0.0.1:6379; a comma stands "
                "between nodes"},
        {"'redis://h'", "it begins with a quote or a bracket; leave quotes and brackets out"},
        {"[\"redis://h\"]", "it begins with a quote or a bracket; leave quotes and brackets out"},
        {"$REDIS", "'$REDIS' cannot be the name of a host; the shell has not put the variable's value in its place"},
        {"redis//:geheim@h", "the ':' behind the kind of address is missing; write redis://HOST"},
        {"redis//h", "the ':' behind the kind of address is missing; write redis://HOST"},
        {"local", "a node on this machine is written local: with its colon"},
        {"ftp://h", "'ftp://' is not a kind of address; known are redis://, sentinel:// and cluster://, rediss://, "
                    "sentinels:// and clusters:// for TLS, unix:// and local:"},
        {"jockel:ge://heim@h:x", "what stands behind the host 'h' is not a port (1 to 65535)"},
        {"redis://h:port", "what stands behind the host 'h' is not a port (1 to 65535)"},
        {"redis://h:",
         "what stands behind the host 'h' is not a port (1 to 65535); is a variable of the shell not set?"},
        {"redis://h:tcp://10.0.0.1:6379", "what stands behind the host 'h' is not a port (1 to 65535); in a container "
                                          "HOST_SERVICE_PORT has the port, not HOST_PORT"},
        {"redis://h:0", "what stands behind the host 'h' is not a port (1 to 65535)"},
        {"redis://h:65536", "what stands behind the host 'h' is not a port (1 to 65535)"},
        {"redis://h:geheim/geheim?geheim", "what stands behind the host 'h' is not a port (1 to 65535)"},
        {"redis://fe80::1:2", "an IPv6 address stands in brackets, as in redis://[::1]:6379"},
        {"redis://h:1:2", "what stands behind the host 'h' is not a port (1 to 65535)"},
        {"redis://[::1", "the bracket of the IPv6 address is not closed"},
        {"redis://[db1]", "'[db1]' is not an IPv6 address"},
        {"redis://[::1]6379", "what stands behind the host '::1' is not a port (1 to 65535)"},
        {"redis://jockel:geheim%zz@h", "in user and password '%' starts two hex digits; write %25 for '%'"},
        {"redis://jockel:gehe?im@h", "it has a '?' before an '@'; write %3F in user and password, %40 in an option"},
        {"rediss://h?ca=/geheim@x", "it has a '?' before an '@'; write %3F in user and password, %40 in an option"},
        {"redis://jockel:geheim@h/x", no_database},
        {"redis://jockel:geheim@h?db=x", no_database},
        {"redis://jockel:geheim@h?db", "'db=' has no value that makes sense"},
        {"rediss://jockel:geheim@h?ca=", "'ca=' has no value that makes sense"},
        {"rediss://h?ca=/a&", "'=' has no value that makes sense"},
        {"rediss://h?ca=%zz", "'ca=' has no value that makes sense"},
        {"rediss://h?x=geheim", "'x=' " + unknown},
        {"redis://h?password=geheim",
         "'password=' is no option: write redis://USER:PASSWORD@HOST, or redis://:PASSWORD@HOST"},
        {"rediss://h?insecure=perhaps", "'insecure=' " + unknown},
        {"redis://h?replicas=10", "'replicas=' " + unknown},
        {"redis://h?sentinel-user=jockel", "'sentinel-user=' " + unknown},
        {"cluster://h?sentinel-tls=yes", "'sentinel-tls=' " + unknown},
        {"sentinel://h/m?sentinel-tls=perhaps", "'sentinel-tls=' " + unknown},
        {"redis://jockel:geheim@h?ca=/x", "'ca=' is for TLS; write rediss://"},
        {"unix:///s?key=/x", "'key=' is for TLS; write rediss://"},
        {"sentinel://h/m?ca=/x", "'ca=' is for TLS; write sentinels://"},
        {"cluster://h?servername=x", "'servername=' is for TLS; write clusters://"},
        {"sentinel://jockel:geheim@h1+/m", "the host is missing, as in sentinel://10.0.0.1:26379"},
        {"sentinel://jockel:geheim@h1+h2:x/m", "what stands behind the host 'h2' is not a port (1 to 65535)"},
        {"cluster://h+::1", "an IPv6 address stands in brackets, as in cluster://[::1]:6379"},
        {"sentinel://h1", no_master},
        {"sentinel://h1+h2/", no_master},
        {"sentinel://jockel:geheim@h1/ge%20heim", no_master},
        {"sentinel://h1/m/x", no_database},
        {"sentinel://h1/m?durable=yes", not_durable},
        {"cluster://h1?durable=yes", not_durable},
        {"cluster://h1/2", "a cluster has database 0 alone; leave the database out"},
        {"cluster://h1?db=2", "a cluster has database 0 alone; leave the database out"},
        {"sentinel://h/m?sentinel-password=geheim&sentinel-password-file=/f",
         "'sentinel-password=' and 'sentinel-password-file=' contradict each other; give one of them"},
        {"sentinel://h/m?sentinel-password=ge&heim",
         "what stands behind 'sentinel-password=' is no option; write %26 for '&' in it"},
        {"sentinel://h/m?sentinel-password=ge@heim",
         "it has a '?' before an '@'; write %3F in user and password, %40 in an option"},
        {"unix://run/s", "the path of a Unix socket is absolute, as in unix:///run/redis/redis.sock"},
        {"unix:///run/%s", "in the path of a Unix socket '%' starts two hex digits; write %25 for '%'"},
    };
    for (const auto& [uri, sentence] : cases) {
        CAPTURE(uri);
        const auto node = parse_node(uri);
        REQUIRE_FALSE(node.has_value());
        CHECK(node.error() == sentence);
        for (const char* secret : {"geheim", "heim", "jockel"}) CHECK(node.error().find(secret) == std::string::npos);
    }
}

TEST_CASE("a port that is none is told by its host, because a password may stand in its place") {
    CHECK(parse_node("redis://db1:63799x").error() == "what stands behind the host 'db1' is not a port (1 to 65535)");
    CHECK(parse_node("redis://joe:geheim").error() == "what stands behind the host 'joe' is not a port (1 to 65535)");
}

} // namespace holdfast::test::node_test
