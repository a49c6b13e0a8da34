// fmt's own code, compiled here alone. The distribution has fmt as a shared library, which would take longer to load
// than all our use of it takes; as a header-only library it would be compiled in each file, two seconds a file.
// CMakeLists.txt asks the compiler to keep the inline functions here.
#define FMT_HEADER_ONLY 1 // NOLINT(cppcoreguidelines-macro-usage): the library's own switch
#include <fmt/format.h>
