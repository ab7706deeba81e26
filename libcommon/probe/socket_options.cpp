#include "probe/socket_options.hpp"

namespace nm {

IpAddress source_address(const ProbeOptions& options, Family family) {
    if (options.source.empty()) return {};
    const auto source = parse_ip(options.source);
    if (!source)
        throw UserError(Exit::usage, "--source: " + in_quotes(options.source) + " is not an address");
    return source->family == family ? *source : IpAddress{};
}

StampSocketOptions socket_options(const ProbeOptions& options, Family family, std::size_t largest_packet) {
    StampSocketOptions wanted;
    wanted.family = family;
    wanted.receive_buffer = options.receive_buffer;
    wanted.largest_packet = largest_packet;
    wanted.tos = options.tos;
    wanted.ttl = options.ttl;
    wanted.interface = options.interface;
    wanted.source = source_address(options, family);
    return wanted;
}

}  // namespace nm
