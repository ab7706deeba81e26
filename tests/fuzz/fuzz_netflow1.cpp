#include "flow_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nmflowtool::check_datagrams({data, size}, {0, 1});
    return 0;
}
