// A folder of the test's own, removed with all that is in it.
#pragma once

#include <string>

namespace holdfast::test {

class TempDir {
  public:
    TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir();

    const std::string& path() const { return path_; }
    std::string file(const std::string& name) const { return path_ + "/" + name; }
    /// Writes a file with that text and gives its path.
    std::string write(const std::string& name, const std::string& text, int mode = 0644) const;
    /// The text of a file; empty when there is none.
    std::string read(const std::string& name) const;

  private:
    std::string path_;
};

} // namespace holdfast::test
