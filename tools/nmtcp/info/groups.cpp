#include "info/groups.hpp"

#include <algorithm>

#include "base/result.hpp"

namespace nmtcp {
namespace {

using nm::TcpGroup;
using nm::TcpInfo;

// The service that a connection is about.
std::optional<std::uint16_t> service_port(const TcpInfo& socket, const ListeningPorts& listening) {
    const bool is_ours = socket.local_port && (!socket.peer_port || listening.test(*socket.local_port));
    return is_ours ? socket.local_port : socket.peer_port;
}

// What absent looks like beside every value.
void pack(std::string& out, std::string_view bytes, bool present = true) {
    const auto length = static_cast<std::uint16_t>(bytes.size());
    out += present ? '\1' : '\0';
    out.append(reinterpret_cast<const char*>(&length), sizeof length);
    out += bytes;
}

template <class Value>
void pack_value(std::string& out, const std::optional<Value>& value) {
    const Value plain = value.value_or(Value{});
    pack(out, {reinterpret_cast<const char*>(&plain), sizeof plain}, value.has_value());
}

void pack_prefix(std::string& out, const nm::Prefix& prefix) {
    pack(out, {reinterpret_cast<const char*>(prefix.address.bytes.data()), prefix.address.size()});
    pack_value(out, std::optional(prefix.address.zone));
}

nm::Prefix prefix_of(const nm::IpAddress& ip, unsigned v4_bits, unsigned v6_bits) {
    return ip.is_set() ? make_prefix(ip, ip.is_v4() ? v4_bits : v6_bits) : nm::Prefix{};
}

struct KeyRow {
    std::string_view name;
    void (*pack)(const TcpInfo& socket, std::string& out);
    void (*set)(const TcpInfo& socket, TcpGroup& group);
};

// A key that has the same name in both records.
template <auto from, auto to>
constexpr KeyRow row(std::string_view name) {
    return {name,
            [](const TcpInfo& socket, std::string& out) {
                using Value = std::remove_cvref_t<decltype(socket.*from)>;
                if constexpr (std::is_same_v<Value, std::string>)
                    pack(out, socket.*from, !(socket.*from).empty());
                else if constexpr (std::is_enum_v<Value>)
                    pack_value(out, std::optional(socket.*from));
                else
                    pack_value(out, socket.*from);
            },
            [](const TcpInfo& socket, TcpGroup& group) { group.*to = socket.*from; }};
}

constexpr std::array rows{
    row<&TcpInfo::local_port, &TcpGroup::local_port>("local_port"),
    row<&TcpInfo::peer_port, &TcpGroup::peer_port>("peer_port"),
    row<&TcpInfo::state, &TcpGroup::state>("state"),
    row<&TcpInfo::uid, &TcpGroup::uid>("uid"),
    row<&TcpInfo::congestion_control, &TcpGroup::congestion_control>("congestion_control"),
    row<&TcpInfo::interface, &TcpGroup::interface>("interface"),
    KeyRow{"cgroup",
           [](const TcpInfo& socket, std::string& out) {
               pack(out, socket.cgroup, !socket.cgroup.empty());
               pack(out, socket.cgroup_id, !socket.cgroup_id.empty());
           },
           [](const TcpInfo& socket, TcpGroup& group) {
               group.cgroup = socket.cgroup;
               group.cgroup_id = socket.cgroup_id;
           }},
};

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw nm::UserError(nm::Exit::usage, "--by: " + nm::in_quotes(text) + " " + why);
}

template <class Value>
void add_to(std::optional<std::uint64_t>& sum, const std::optional<Value>& value) {
    if (value) sum = sum.value_or(0) + *value;
}

}  // namespace

struct SocketGroups::Part {
    const KeyRow* row = nullptr;  // else one of:
    nm::IpAddress TcpInfo::*address = nullptr;
    nm::Prefix TcpGroup::*prefix = nullptr;
    unsigned v4_bits = 32;
    unsigned v6_bits = 128;
    bool is_service = false;
};

SocketGroups::~SocketGroups() = default;

SocketGroups::SocketGroups(const std::string& by) {
    for (const std::string_view part : nm::split(by, ',')) add_part(nm::trim(part));
}

// "peer/24" cuts IPv4 addresses and leaves IPv6 whole; "peer/24/48" cuts both.
void SocketGroups::add_part(std::string_view text) {
    Part part;
    const auto slash = text.find('/');
    const std::string_view name = text.substr(0, slash);
    if (name == "peer" || name == "local") {
        part.address = name == "peer" ? &TcpInfo::peer_ip : &TcpInfo::local_ip;
        part.prefix = name == "peer" ? &TcpGroup::peer_prefix : &TcpGroup::local_prefix;
    } else if (slash != std::string_view::npos) {
        refuse(text, "has a prefix length; only peer and local take one");
    } else if (name == "port") {
        part.is_service = needs_listening_ = true;
    } else {
        const auto at =
            std::find_if(rows.begin(), rows.end(), [&](const KeyRow& r) { return r.name == name; });
        if (at == rows.end()) {
            std::string names = "peer, local, port";
            for (const KeyRow& r : rows) names += ", " + std::string(r.name);
            refuse(text, "is not a key; the keys are " + names);
        }
        part.row = &*at;
    }
    if (slash != std::string_view::npos) {
        const std::string_view bits = text.substr(slash + 1);
        const auto second = bits.find('/');
        const auto v4 = nm::parse_number<unsigned>(bits.substr(0, second));
        const auto v6 =
            second == std::string_view::npos ? 128u : nm::parse_number<unsigned>(bits.substr(second + 1));
        if (!v4 || *v4 > 32 || !v6 || *v6 > 128) refuse(text, "is not KEY/LENGTH or KEY/LENGTH/LENGTH6");
        part.v4_bits = *v4;
        part.v6_bits = *v6;
    }
    parts_.push_back(part);
}

SocketGroups::Group& SocketGroups::group_of(const TcpInfo& socket, const ListeningPorts& listening) {
    packed_.clear();
    for (const Part& part : parts_) {
        if (part.row != nullptr)
            part.row->pack(socket, packed_);
        else if (part.is_service)
            pack_value(packed_, service_port(socket, listening));
        else
            pack_prefix(packed_, prefix_of(socket.*part.address, part.v4_bits, part.v6_bits));
    }
    if (const auto at = index_.find(std::string_view(packed_)); at != index_.end())
        return groups_[at->second];
    index_.emplace(packed_, groups_.size());
    TcpGroup& sums = groups_.emplace_back().sums;
    sums.round = socket.round;
    for (const Part& part : parts_) {
        if (part.row != nullptr)
            part.row->set(socket, sums);
        else if (part.is_service)
            sums.port = service_port(socket, listening);
        else
            sums.*part.prefix = prefix_of(socket.*part.address, part.v4_bits, part.v6_bits);
    }
    return groups_.back();
}

void SocketGroups::add(const TcpInfo& socket, const ListeningPorts& listening) {
    Group& group = group_of(socket, listening);
    TcpGroup& sums = group.sums;
    ++sums.sockets;
    if (socket.srtt_us) group.srtts_us.push_back(*socket.srtt_us);
    if (socket.min_rtt_us)
        sums.min_rtt_us = std::min(*socket.min_rtt_us, sums.min_rtt_us.value_or(*socket.min_rtt_us));
    add_to(sums.retrans, socket.retrans);
    add_to(sums.retrans_total, socket.retrans_total);
    add_to(sums.lost, socket.lost);
    add_to(sums.bytes_sent, socket.bytes_sent);
    add_to(sums.bytes_retrans, socket.bytes_retrans);
    add_to(sums.bytes_acked, socket.bytes_acked);
    add_to(sums.bytes_received, socket.bytes_received);
    if (socket.opened) sums.opened = sums.opened.value_or(0) + *socket.opened;
    if (socket.interval_ms) sums.interval_ms = socket.interval_ms;
    add_to(sums.delta_bytes_sent, socket.delta_bytes_sent);
    add_to(sums.delta_bytes_retrans, socket.delta_bytes_retrans);
    add_to(sums.delta_bytes_acked, socket.delta_bytes_acked);
    add_to(sums.delta_bytes_received, socket.delta_bytes_received);
    add_to(sums.delta_retrans, socket.delta_retrans);
}

std::vector<TcpGroup> SocketGroups::take(nm::Time ts) {
    std::vector<TcpGroup> out;
    for (Group& group : groups_) {
        TcpGroup& sums = out.emplace_back(std::move(group.sums));
        sums.ts = ts;
        std::vector<std::uint32_t>& srtts = group.srtts_us;
        if (srtts.empty()) continue;
        std::sort(srtts.begin(), srtts.end());
        sums.srtt_min_us = srtts.front();
        sums.srtt_p50_us = srtts[(srtts.size() - 1) / 2];  // nearest rank: a value that was measured
        sums.srtt_max_us = srtts.back();
    }
    groups_.clear();
    index_.clear();
    std::stable_sort(out.begin(), out.end(),
                     [](const TcpGroup& a, const TcpGroup& b) { return a.sockets > b.sockets; });
    return out;
}

}  // namespace nmtcp
