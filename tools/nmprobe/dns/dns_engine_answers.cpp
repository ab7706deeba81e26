// What comes back to the DNS engine.
#include <algorithm>
#include <cstring>

#include "dns/dns_engine.hpp"
#include "wire/byte_writer.hpp"
#include "wire/icmp_error.hpp"

namespace nmprobe {
namespace {

using nm::DnsState;
using nm::Family;
using nm::InFlight;

bool is_port_unreachable(Family family, int type, int code) {
    return family == Family::v4 ? type == 3 && code == 3 : type == 1 && code == 4;
}

}  // namespace

DnsResult DnsEngine::result_of(const InFlight& entry) {
    DnsResult result;
    result.target = entry.target;
    result.seq = entry.seq;
    result.round = query_of(entry.index).round;
    result.wrong = query_of(entry.index).wrong;
    result.ts = nm::now();
    last_fate_ns_ = nm::monotonic_ns();
    return result;
}

std::size_t DnsEngine::take(std::size_t lane) {
    const std::size_t received = lanes_[lane].socket->receive(incoming_);
    if (received == 0) return 0;
    const std::int64_t now_ns = nm::monotonic_ns();
    // An answer's transmit stamp was queued before the query left: it is there by now.
    take_errors(lane);
    for (std::size_t i = 0; i < received; ++i) on_packet(incoming_[i], lane, now_ns);
    return received;
}

void DnsEngine::take_errors(std::size_t lane) {
    bool more = true;
    while (more) {
        more = lanes_[lane].socket->drain_error_queue(stamps_, errors_);
        for (const nm::TransmitStamp& stamp : stamps_) {
            if (InFlight* entry = flight_.find(stamp.index)) entry->stamp(stamp.tx_ns);
        }
        for (const nm::QueuedError& error : errors_) on_error(error, lane);
    }
}

void DnsEngine::on_error(const nm::QueuedError& error, std::size_t lane) {
    const Family family = lanes_[lane].socket->family();
    if (!nm::is_icmp_error(family, error.type)) return;
    nm::ByteReader quote(error.packet);
    const std::uint16_t id = quote.u16();
    // Without the id, what was sent first to this server is meant.
    InFlight* entry = quote.ok() ? find(id, lane) : flight_.oldest_waiting();
    if (entry == nullptr || entry->state != InFlight::State::waiting) return;
    const DnsServer& server = plan_.server(entry->target);
    if (error.to != server.address || error.port != server.port) return;
    flight_.end(*entry, InFlight::State::answered);
    DnsResult result = result_of(*entry);
    const nm::RttReading rtt = nm::read_rtt(*entry, error.rx_ns, nm::monotonic_ns());
    result.rtt_ns = rtt.ns;
    result.ts_source = rtt.source;
    result.state =
        is_port_unreachable(family, error.type, error.code) ? DnsState::closed : DnsState::unreachable;
    result.error = nm::icmp_reason(family, error.type, error.code);
    if (error.from.is_set()) result.error += " from " + nm::to_string(error.from);
    sink_.result(result);
}

bool DnsEngine::matches(const nm::Incoming& in, const DnsHead& head, const InFlight& entry) const {
    const DnsServer& server = plan_.server(entry.target);
    if (in.from != server.address || in.port != server.port) return false;
    // A server that cannot read the query may leave the question out.
    if (head.questions == 0) return head.rcode() != rcode_noerror;
    const DnsQuery& query = plan_.name(entry.target).query;
    if (!options_.random_case) return same_question(in.bytes, query.question(), false);
    std::array<std::uint8_t, query_room> room;
    const nm::Bytes sent = write_query(room.data(), entry.index, query);
    return same_question(in.bytes, sent.subspan(dns_header_size, query.question_size), true);
}

void DnsEngine::on_packet(const nm::Incoming& in, std::size_t lane, std::int64_t now_ns) {
    const DnsHead head = read_head(in.bytes);
    InFlight* entry = head.ok && head.is_response() ? find(head.id, lane) : nullptr;
    if (entry == nullptr) {
        ++counts_.foreign;
        return;
    }
    if (!matches(in, head, *entry)) {
        ++counts_.wrong_answers;
        if (entry->state == InFlight::State::waiting) ++query_of(entry->index).wrong;
        return;
    }
    const nm::RttReading rtt = nm::read_rtt(*entry, in.rx_ns, now_ns);
    // Read before it was expired, but its stamps say that it came after the timeout.
    if (entry->state == InFlight::State::waiting && rtt.ns > options_.timeout_ns) lose(*entry);
    if (entry->state != InFlight::State::waiting) {
        ++(entry->state == InFlight::State::answered ? counts_.dup : counts_.late);
        last_fate_ns_ = now_ns;
        return;
    }
    flight_.end(*entry, InFlight::State::answered);
    DnsResult result = result_of(*entry);
    if (in.rx_ns != 0) result.ts = nm::Time{in.rx_ns};
    result.rtt_ns = rtt.ns;
    result.ts_source = rtt.source;
    if ((head.flags & dns_tc) != 0 && !options_.no_tcp) {
        ask_by_tcp(std::move(result), head.id);
        return;
    }
    judge(result, in.bytes);
    if (in.truncated) {
        result.state = DnsState::malformed;
        result.error = "the answer is larger than the query allows";
    }
    sink_.result(result);
}

// What the message says.
void DnsEngine::judge(DnsResult& result, nm::Bytes message) {
    const bool sound = read_message(message, message_);
    result.message = &message_;
    result.bytes = message.size();
    if ((message_.head.flags & dns_tc) != 0) {
        result.state = DnsState::truncated;
    } else if (!sound) {
        result.state = DnsState::malformed;
        result.error = "the answer cannot be read";
    } else if (message_.rcode == rcode_nxdomain) {
        result.state = DnsState::nxdomain;
    } else if (message_.rcode != rcode_noerror) {
        result.state = DnsState::failed;
    } else {
        result.state = message_.answer_count > 0 ? DnsState::ok : DnsState::no_data;
    }
}

void DnsEngine::ask_by_tcp(DnsResult result, std::uint16_t id) {
    ++counts_.by_tcp;
    const DnsServer& server = plan_.server(result.target);
    std::vector<std::uint8_t> query = plan_.name(result.target).query.bytes;
    nm::put_u16(query.data(), id);
    const bool after_udp = result.rtt_ns >= 0;
    tcp_.ask(server.address, server.port, query, [this, result, id, after_udp](TcpOutcome&& outcome) mutable {
        result.ts = nm::now();
        result.tcp_connect_ns = outcome.connect_ns;
        result.tcp_rtt_ns = outcome.rtt_ns;
        const DnsHead head = read_head(outcome.message);
        const DnsQuery& asked = plan_.name(result.target).query;
        if (outcome.state != DnsState::ok) {
            result.state = after_udp ? DnsState::truncated : outcome.state;
            result.error = (after_udp ? "truncated, and by TCP: " : "") + outcome.error;
        } else if (!head.ok || head.id != id || !same_question(outcome.message, asked.question(), false)) {
            result.state = DnsState::wrong;
            result.error = "the answer by TCP is to another question";
        } else {
            result.transport = nm::DnsTransport::tcp;
            judge(result, outcome.message);
        }
        last_fate_ns_ = nm::monotonic_ns();
        sink_.result(result);
    });
}

}  // namespace nmprobe
