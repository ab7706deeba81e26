#include "base/same_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace nm {

bool is_same_file(const std::string& input, const std::string& output) {
    struct stat in {};
    struct stat out {};
    const int got = input == "-" ? ::fstat(STDIN_FILENO, &in) : ::stat(input.c_str(), &in);
    if (got != 0 || ::stat(output.c_str(), &out) != 0) return false;
    return S_ISREG(in.st_mode) && in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

}  // namespace nm
