#include "info/socket_record.hpp"

#include <net/if.h>

#include <array>
#include <charconv>
#include <limits>

namespace nmtcp {
namespace {

using nm::TcpState;

constexpr std::uint32_t infinite_ssthresh = 0x7FFFFFFF;  // TCP_INFINITE_SSTHRESH

template <class Value>
std::optional<Value> unless(std::optional<Value> value, Value meaningless) {
    return value == meaningless ? std::nullopt : value;
}

// unless() for the value and its largest, which stands for none.
template <class Value>
std::optional<Value> measured(std::optional<Value> value) {
    return unless(unless(value, Value{0}), std::numeric_limits<Value>::max());
}

void set_number(std::string& out, std::uint64_t number, int base) {
    std::array<char, 20> text;
    out.assign(text.data(), std::to_chars(text.data(), text.data() + text.size(), number, base).ptr);
}

template <class Wide>
std::optional<std::uint64_t> wide(std::optional<Wide> value) {
    return value ? std::optional<std::uint64_t>(*value) : std::nullopt;
}

// A socket that connects anew begins to count anew.
std::optional<std::uint64_t> added(std::optional<std::uint64_t> now, std::uint64_t before) {
    return now && *now >= before ? std::optional(*now - before) : now;
}

void fill_path(const KernelInfo& info, nm::TcpInfo& record) {
    record.srtt_us = measured(info.get(&tcp_info::tcpi_rtt));
    record.rttvar_us = record.srtt_us ? info.get(&tcp_info::tcpi_rttvar) : std::nullopt;
    record.min_rtt_us = measured(info.get(&tcp_info::tcpi_min_rtt));
    record.rto_us = measured(info.get(&tcp_info::tcpi_rto));
    record.cwnd = info.get(&tcp_info::tcpi_snd_cwnd);
    record.ssthresh = unless(info.get(&tcp_info::tcpi_snd_ssthresh), infinite_ssthresh);
    record.unacked = info.get(&tcp_info::tcpi_unacked);
    record.retrans = info.get(&tcp_info::tcpi_retrans);
    record.retrans_total = info.get(&tcp_info::tcpi_total_retrans);
    record.lost = info.get(&tcp_info::tcpi_lost);
    record.pmtu = measured(info.get(&tcp_info::tcpi_pmtu));
    record.mss = measured(info.get(&tcp_info::tcpi_snd_mss));
    record.delivery_rate_bytes_s = measured(wide(info.get(&tcp_info::tcpi_delivery_rate)));
    record.app_limited = record.delivery_rate_bytes_s ? std::optional(info.app_limited()) : std::nullopt;
    record.pacing_rate_bytes_s = measured(wide(info.get(&tcp_info::tcpi_pacing_rate)));
}

void fill_counters(const KernelInfo& info, nm::TcpInfo& record) {
    record.bytes_sent = wide(info.get(&tcp_info::tcpi_bytes_sent));
    record.bytes_retrans = wide(info.get(&tcp_info::tcpi_bytes_retrans));
    record.bytes_acked = wide(info.get(&tcp_info::tcpi_bytes_acked));
    record.bytes_received = wide(info.get(&tcp_info::tcpi_bytes_received));
    record.busy_us = wide(info.get(&tcp_info::tcpi_busy_time));
    record.rwnd_limited_us = wide(info.get(&tcp_info::tcpi_rwnd_limited));
    record.sndbuf_limited_us = wide(info.get(&tcp_info::tcpi_sndbuf_limited));
}

}  // namespace

void SocketRecorder::fill(const DiagSocket& socket, nm::TcpInfo& record) {
    static const KernelInfo none;
    const bool listens = socket.state == TcpState::listen;
    const bool has_peer = !listens && socket.state != TcpState::close;
    record.state = socket.state;
    record.local_ip = socket.local.address;
    record.local_port = socket.local.port;
    record.peer_ip = has_peer ? socket.peer.address : nm::IpAddress{};
    record.peer_port = has_peer ? std::optional(socket.peer.port) : std::nullopt;
    if (socket.interface != 0)
        record.interface = interface_name(socket.interface);
    else
        record.interface.clear();
    // A listening socket has no path: of its tcp_info only the queue of connections means something, and the
    // queues are that one too.
    fill_path(listens ? none : socket.info, record);
    fill_counters(listens ? none : socket.info, record);
    const auto unless_listens = [&](std::uint32_t value) {
        return listens ? std::nullopt : std::optional(value);
    };
    record.receive_queue = unless_listens(socket.receive_queue);
    record.send_queue = unless_listens(socket.send_queue);
    record.backlog = listens ? std::optional(socket.receive_queue) : std::nullopt;
    record.backlog_max = listens ? std::optional(socket.send_queue) : std::nullopt;
    record.congestion_control.assign(socket.congestion_control);
    record.cgroup.clear();
    record.cgroup_id.clear();
    if (socket.cgroup_id) {
        record.cgroup = cgroups_.path_of(*socket.cgroup_id);
        if (record.cgroup.empty()) set_number(record.cgroup_id, *socket.cgroup_id, 10);
    }
    // Sockets that wait out their time belong to nobody any more.
    record.uid = socket.state == TcpState::time_wait ? std::nullopt : std::optional(socket.uid);
    set_number(record.cookie, socket.cookie, 16);
}

const std::string& SocketRecorder::interface_name(std::uint32_t index) {
    const auto [at, is_new] = interfaces_.try_emplace(index);
    if (is_new) {
        std::array<char, IF_NAMESIZE> name{};
        at->second = ::if_indextoname(index, name.data()) != nullptr ? name.data() : std::to_string(index);
    }
    return at->second;
}

Counters counters_of(const nm::TcpInfo& record) {
    return {record.bytes_sent.value_or(0), record.bytes_retrans.value_or(0), record.bytes_acked.value_or(0),
            record.bytes_received.value_or(0), record.retrans_total.value_or(0)};
}

void set_deltas(nm::TcpInfo& record, const Counters& before, double interval_ms) {
    record.interval_ms = interval_ms;
    record.delta_bytes_sent = added(record.bytes_sent, before.bytes_sent);
    record.delta_bytes_retrans = added(record.bytes_retrans, before.bytes_retrans);
    record.delta_bytes_acked = added(record.bytes_acked, before.bytes_acked);
    record.delta_bytes_received = added(record.bytes_received, before.bytes_received);
    record.delta_retrans = added(wide(record.retrans_total), before.retrans);
}

}  // namespace nmtcp
