#include "base/random.hpp"

#include <sys/random.h>
#include <sys/types.h>

#include <cstdlib>

namespace nm {

void fill_random(void* out, std::size_t size) {
    auto* at = static_cast<char*>(out);
    while (size > 0) {  // beyond 256 bytes a signal may cut it short
        const ssize_t got = ::getrandom(at, size, 0);
        if (got <= 0) std::abort();
        at += got;
        size -= static_cast<std::size_t>(got);
    }
}

}  // namespace nm
