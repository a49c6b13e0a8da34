#include "base/file_stamp.hpp"

#include <sys/stat.h>

namespace holdfast {

FileStamp stamp_of(const std::string& path) {
    struct stat info {};
    if (path.empty() || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
    return std::array<int64_t, 5>{static_cast<int64_t>(info.st_dev), static_cast<int64_t>(info.st_ino), info.st_size,
                                  info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

} // namespace holdfast
