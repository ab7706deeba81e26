#include "base/result.hpp"

#include <cerrno>
#include <cstring>

namespace nm {

Error os_error(const std::string& what, int errno_value, Exit otherwise) {
    const bool forbidden = errno_value == EACCES || errno_value == EPERM;
    return {forbidden ? Exit::no_permission : otherwise, what + ": " + std::strerror(errno_value)};
}

}  // namespace nm
