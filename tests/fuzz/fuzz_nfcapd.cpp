// A whole file of nfdump, in any layout and packing. What it gives are lines that a strict parser takes.
#include "decode/source_nfcapd.hpp"
#include "flow_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto blocks = nmflowtool::NfcapdBlocks::start(nm::ByteWindow::over({data, size}), "file");
    if (!blocks) return 0;
    nmflowtool::NfcapdSource source(std::move(*blocks));
    nm::FlowRecord flow;
    nm::TextBuffer line;
    while (source.next(flow)) nmflowtool::check_line(line, flow);
    return 0;
}
