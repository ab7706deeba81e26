#include "probe/packet_filters.hpp"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

namespace nm {
namespace {

constexpr sock_filter keep = BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF);
constexpr sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);

// The ICMP type in the accumulator.
PacketFilter load_type(Family family) {
    if (family == Family::v6) return {BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0)};
    return {BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0)};
}

// A 16-bit field of the transport header in the accumulator; the IP header's length is in X.
sock_filter load_u16(Family family, std::uint32_t at) {
    if (family == Family::v6) return BPF_STMT(BPF_LD | BPF_H | BPF_ABS, at);
    return BPF_STMT(BPF_LD | BPF_H | BPF_IND, at);
}

PacketFilter operator+(PacketFilter program, const PacketFilter& rest) {
    program.insert(program.end(), rest.begin(), rest.end());
    return program;
}

// The type is in the accumulator.
PacketFilter keep_error_types(Family family) {
    if (family == Family::v6)
        return {BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, ICMP6_PARAM_PROB, 1, 0), keep, drop};
    return {
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_DEST_UNREACH, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_TIME_EXCEEDED, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_PARAMETERPROB, 0, 1),
        keep,
        drop,
    };
}

}  // namespace

PacketFilter keep_icmp_errors(Family family) {
    return load_type(family) + keep_error_types(family);
}

PacketFilter keep_icmp_errors_and_replies(Family family, std::uint16_t identifier, std::uint16_t mask) {
    const std::uint32_t echo_reply = family == Family::v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
    const PacketFilter if_reply{
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, echo_reply, 0, 5),
        load_u16(family, 4),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
        keep,
        drop,
    };
    return load_type(family) + if_reply + keep_error_types(family);
}

PacketFilter keep_ports(Family family, std::uint16_t first, std::uint16_t count) {
    PacketFilter program;
    if (family == Family::v4) program = {BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0)};
    constexpr std::uint32_t destination_port = 2;  // in TCP and UDP
    const PacketFilter if_ours{
        load_u16(family, destination_port),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xFFFF & ~(count - 1U)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1),
        keep,
        drop,
    };
    return program + if_ours;
}

}  // namespace nm
