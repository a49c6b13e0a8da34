// fmt's own code, compiled here alone. The distribution has it as a shared library, and loading that would cost more
// than we use of it; as a header-only library it would be compiled in each file, two seconds a file. CMakeLists.txt
// asks the compiler to keep here what is inline.
#define FMT_HEADER_ONLY 1 // NOLINT(cppcoreguidelines-macro-usage): the library's own switch
#include <fmt/format.h>
