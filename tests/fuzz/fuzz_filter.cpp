// A filter expression, then a line: what compiles must decide every record, and its inversion the other way
// but for letters of flags; what does not must say where and why.
#include <cstdlib>
#include <string>

#include "base/result.hpp"
#include "filter/compile.hpp"
#include "flow_lines.hpp"

namespace {

void check(std::string_view expression, const nm::SflowSample& record) {
    try {
        const bool passes = nmflowtool::compile_filter(expression).matches(record);
        const std::string twice = "not (not (" + std::string(expression) + "\n))";
        const bool has_test = expression.find_first_not_of(" \t\r\n") != std::string_view::npos;
        if (expression.find('#') == std::string_view::npos && has_test &&
            nmflowtool::compile_filter(twice).matches(record) != passes)
            std::abort();
    } catch (const nm::UserError& error) {
        if (std::string_view(error.what()).find("column") == std::string_view::npos) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t end = std::min(text.find('{'), text.size());
    static nmflowtool::FlowLineParser parser({"ts", "src_ip", "dst_ip", "src_port", "dst_port", "proto",
                                              "proto_num", "tcp_flags", "bytes", "packets", "start", "end",
                                              "src_mac"});
    check(text.substr(0, end), {});
    if (end == text.size()) return 0;
    const auto got = parser.parse(text.substr(end));
    if (got == nmflowtool::FlowLineParser::Got::bad && parser.error().empty()) std::abort();
    if (got == nmflowtool::FlowLineParser::Got::flow) check(text.substr(0, end), parser.record());
    return 0;
}
