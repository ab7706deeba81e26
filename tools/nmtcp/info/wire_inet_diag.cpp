#include "info/wire_inet_diag.hpp"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace nmtcp {
namespace {

using nm::ByteReader;
using nm::Bytes;
using nm::IpAddress;

constexpr std::size_t aligned(std::size_t length) {
    return (length + 3) & ~std::size_t{3};
}

// Lengths of a message or an attribute count its header; the padding behind the last one may be missing.
ByteReader take_body(ByteReader& in, std::size_t length, std::size_t header) {
    ByteReader body = in.sub(length - header);
    in.skip(std::min(in.left(), aligned(length) - length));
    return body;
}

template <class Struct>
bool read_struct(ByteReader& in, Struct& out) {
    const Bytes bytes = in.bytes(sizeof out);
    if (!in.ok()) return false;
    std::memcpy(&out, bytes.data(), sizeof out);
    return true;
}

IpAddress address_of(unsigned family, const void* words) {
    static constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    const auto* bytes = static_cast<const std::uint8_t*>(words);
    if (family == AF_INET) return IpAddress::v4(bytes);
    if (std::memcmp(bytes, mapped, sizeof mapped) == 0) return IpAddress::v4(bytes + sizeof mapped);
    return IpAddress::v6(bytes);
}

void read_attributes(ByteReader& in, DiagSocket& socket) {
    while (in.left() >= sizeof(nlattr)) {
        const std::size_t length = in.u16_le();
        const unsigned type = in.u16_le() & NLA_TYPE_MASK;
        if (length < sizeof(nlattr)) return;
        ByteReader value = take_body(in, length, sizeof(nlattr));
        if (!value.ok()) return;
        const Bytes bytes = value.rest();
        if (type == INET_DIAG_INFO) {
            socket.info.set(bytes);
        } else if (type == INET_DIAG_CONG) {
            const auto* text = reinterpret_cast<const char*>(bytes.data());
            socket.congestion_control = {text, ::strnlen(text, bytes.size())};
        } else if (type == INET_DIAG_CGROUP_ID && bytes.size() >= sizeof(std::uint64_t)) {
            std::memcpy(&socket.cgroup_id.emplace(), bytes.data(), sizeof(std::uint64_t));
        }
    }
}

bool read_socket(ByteReader& in, DiagSocket& socket) {
    inet_diag_msg message{};
    if (!read_struct(in, message)) return false;
    if (message.idiag_family != AF_INET && message.idiag_family != AF_INET6) return false;
    constexpr std::size_t states = nm::enum_words<nm::TcpState>.size();
    socket.state =
        message.idiag_state < states ? static_cast<nm::TcpState>(message.idiag_state) : nm::TcpState::none;
    socket.local = {address_of(message.idiag_family, message.id.idiag_src), ntohs(message.id.idiag_sport)};
    socket.peer = {address_of(message.idiag_family, message.id.idiag_dst), ntohs(message.id.idiag_dport)};
    socket.interface = message.id.idiag_if;
    for (IpAddress* address : {&socket.local.address, &socket.peer.address}) {
        if (address->is_v6() && address->is_link_local()) address->zone = socket.interface;
    }
    socket.cookie = std::uint64_t{message.id.idiag_cookie[1]} << 32 | message.id.idiag_cookie[0];
    socket.receive_queue = message.idiag_rqueue;
    socket.send_queue = message.idiag_wqueue;
    socket.uid = message.idiag_uid;
    socket.info.set({});
    socket.congestion_control = {};
    socket.cgroup_id.reset();
    read_attributes(in, socket);
    return true;
}

template <class Struct>
void append(std::vector<std::uint8_t>& out, const Struct& value) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof value);
}

}  // namespace

void KernelInfo::set(Bytes bytes) {
    size_ = std::min(bytes.size(), sizeof values_);
    if (size_ > 0) std::memcpy(&values_, bytes.data(), size_);
}

DiagReader::Got DiagReader::next(DiagSocket& socket) {
    while (in_.left() > 0) {
        nlmsghdr header{};
        if (!read_struct(in_, header) || header.nlmsg_len < sizeof header) {
            in_ = {};
            return Got::damaged;
        }
        ByteReader body = take_body(in_, header.nlmsg_len, sizeof header);
        if (!body.ok()) return Got::damaged;
        if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) interrupted_ = true;
        switch (header.nlmsg_type) {
            case NLMSG_DONE:
            case NLMSG_ERROR: {
                std::int32_t code = 0;  // of a list that broke off, negative
                if (!read_struct(body, code) && header.nlmsg_type == NLMSG_ERROR) return Got::damaged;
                if (code == 0 && header.nlmsg_type == NLMSG_ERROR) continue;  // an acknowledgement
                errno_ = code < 0 && code > -4096 ? -code : 0;
                return header.nlmsg_type == NLMSG_ERROR || errno_ != 0 ? Got::error : Got::done;
            }
            case SOCK_DIAG_BY_FAMILY:
                return read_socket(body, socket) ? Got::socket : Got::damaged;
            default:
                continue;
        }
    }
    return Got::end;
}

std::vector<std::uint8_t> dump_request(nm::Family family, std::uint32_t states, Bytes bytecode,
                                       bool with_info) {
    nlmsghdr header{};
    header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    inet_diag_req_v2 request{};
    request.sdiag_family = family == nm::Family::v4 ? AF_INET : AF_INET6;
    request.sdiag_protocol = IPPROTO_TCP;
    request.idiag_states = states;
    if (with_info) request.idiag_ext = 1U << (INET_DIAG_INFO - 1) | 1U << (INET_DIAG_CONG - 1);
    nlattr attribute{};
    attribute.nla_type = INET_DIAG_REQ_BYTECODE;
    attribute.nla_len = static_cast<std::uint16_t>(sizeof attribute + bytecode.size());
    header.nlmsg_len = static_cast<std::uint32_t>(
        sizeof header + sizeof request + (bytecode.empty() ? 0 : sizeof attribute + bytecode.size()));
    std::vector<std::uint8_t> out;
    append(out, header);
    append(out, request);
    if (!bytecode.empty()) {
        append(out, attribute);
        out.insert(out.end(), bytecode.begin(), bytecode.end());
    }
    return out;
}

}  // namespace nmtcp
