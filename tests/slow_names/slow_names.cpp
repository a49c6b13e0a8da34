// For LD_PRELOAD: a host whose name server never answers for "silent.invalid", and has two addresses for "two.invalid":
// 127.0.0.2, and then 127.0.0.1. Other names are as they are.
#include <cstring>
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* service,
                                                                  const addrinfo* hints, addrinfo** result) {
    if (name != nullptr && std::strcmp(name, "silent.invalid") == 0 && (hints->ai_flags & AI_NUMERICHOST) == 0)
        while (true) ::pause();
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    if (name == nullptr || std::strcmp(name, "two.invalid") != 0) return real(name, service, hints, result);
    const int error = real("127.0.0.2", service, hints, result);
    return error != 0 ? error : real("127.0.0.1", service, hints, &(*result)->ai_next);
}
