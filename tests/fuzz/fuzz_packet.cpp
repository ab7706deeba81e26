// Headers of packets: parsing ends, stays inside its bounds, and claims no more than it saw.
#include <cstdlib>

#include "wire/packet_stack.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    nm::PacketStack stack;
    parse_stack(static_cast<nm::FirstHeader>(data[0] % 4), {data + 1, size - 1}, stack);
    if (stack.tunnel_count > nm::PacketStack::max_depth || stack.label_count > nm::PacketStack::max_labels)
        std::abort();
    for (const nm::Packet* packet : {&stack.outer, &stack.inner}) {
        if (packet == &stack.inner && !stack.has_inner) continue;
        if (packet->src_port && !packet->src_ip.is_set()) std::abort();
        if (packet->src_port && packet->fragment_offset > 0) std::abort();
        if (packet->payload.size() > size || packet->transport.size() > size) std::abort();
    }
    return 0;
}
