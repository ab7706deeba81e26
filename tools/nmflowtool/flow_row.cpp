#include "flow_row.hpp"

namespace nmflowtool {
namespace {

// nfdump shows the type and code of ICMP where a destination port would be: 8.0.
std::string side(const nm::IpAddress& ip, const std::string& port) {
    if (!ip.is_set()) return {};
    const std::string text = to_string(ip);
    if (port.empty()) return text;
    return ip.is_v6() ? "[" + text + "]:" + port : text + ":" + port;
}

std::string port_text(const std::optional<std::uint16_t>& port) {
    return port ? std::to_string(*port) : std::string();
}

}  // namespace

FlowRow row_of(const nm::FlowRecord& flow) {
    FlowRow row;
    row.ts = flow.ts;
    row.first_seen = flow.start.ns != 0 ? flow.start : flow.ts;
    if (flow.start.ns != 0 && flow.end.ns != 0)
        row.duration_s = static_cast<double>(flow.end.ns - flow.start.ns) / 1e9;
    if (flow.proto_num) {
        row.proto = word_of(static_cast<nm::Protocol>(*flow.proto_num));
        if (row.proto.empty()) row.proto = std::to_string(*flow.proto_num);
    }
    std::string to_port = port_text(flow.dst_port);
    if (flow.icmp_type && flow.icmp_code)
        to_port = std::to_string(*flow.icmp_type) + "." + std::to_string(*flow.icmp_code);
    row.from = side(flow.src_ip, port_text(flow.src_port));
    row.to = side(flow.dst_ip, to_port);
    if (flow.tcp_flags) row.flags = word_of(*flow.tcp_flags);
    row.packets = flow.packets;
    row.bytes = flow.bytes;
    return row;
}

}  // namespace nmflowtool
