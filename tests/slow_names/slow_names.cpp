// For LD_PRELOAD: a host whose name server never answers for "silent.invalid". Other names are as they are.
#include <cstring>
#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* service,
                                                                  const addrinfo* hints, addrinfo** result) {
    if (name != nullptr && std::strcmp(name, "silent.invalid") == 0 && (hints->ai_flags & AI_NUMERICHOST) == 0)
        while (true) ::pause();
    using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "getaddrinfo"))(name, service, hints, result);
}
