// For LD_PRELOAD: a host whose name server never answers for "silent.invalid", and has two addresses for "two.invalid":
// 127.0.0.2, and then 127.0.0.1. The address of "moved.invalid" stands in the file that MOVED_TO names. Other names are
// as they are.
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <netdb.h>
#include <string>
#include <string_view>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* service,
                                                                  const addrinfo* hints, addrinfo** result) {
    const std::string_view asked = name == nullptr || (hints->ai_flags & AI_NUMERICHOST) != 0 ? "" : name;
    while (asked == "silent.invalid") ::pause();
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (asked == "moved.invalid") {
        std::string address;
        std::ifstream{std::getenv("MOVED_TO")} >> address;
        return real(address.c_str(), service, hints, result);
    }
    if (asked != "two.invalid") return real(name, service, hints, result);
    const int error = real("127.0.0.2", service, hints, result);
    return error != 0 ? error : real("127.0.0.1", service, hints, &(*result)->ai_next);
}
