#include "support/temp_dir.hpp"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::test {

TempDir::TempDir() : path_{"/tmp/holdfast-test-XXXXXX"} {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error{"mkdtemp failed"};
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& text, int mode) const {
    std::ofstream{file(name)} << text;
    ::chmod(file(name).c_str(), static_cast<mode_t>(mode));
    return file(name);
}

std::string TempDir::read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream{file(name)}.rdbuf();
    return out.str();
}

} // namespace holdfast::test
