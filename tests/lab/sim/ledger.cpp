#include "ledger.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace netsim {
namespace {

constexpr std::array<std::string_view, fates> fate_names{
    "replied",  "error",   "silent",  "lost_request", "lost_reply",   "swallowed", "rate_limited",
    "accepted", "ignored", "no_rule", "fragment",     "bad_checksum", "malformed"};
constexpr std::array<std::string_view, 7> kind_names{"reply", "error", "dup", "synack", "rst", "ack", "fin"};
constexpr std::array<std::string_view, 5> corrupt_names{"", "checksum", "payload", "data", "tag"};

// One JSON object; keys and words are ours, so nothing needs escaping.
class Line {
  public:
    void open() { text_ += '{', first_ = true; }
    void close() { text_ += '}', first_ = false; }
    void open_list(std::string_view key) { name(key), text_ += '[', first_ = true; }
    void close_list() { text_ += ']', first_ = false; }
    void item() {
        if (!first_) text_ += ',';
    }

    template <std::integral Number>
    void number(std::string_view key, Number value) {
        name(key);
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text_.append(digits.data(), end);
    }
    void word(std::string_view key, std::string_view value) {
        name(key);
        text_ += '"';
        text_ += value;
        text_ += '"';
    }
    void truth(std::string_view key) { name(key), text_ += "true"; }
    void hex(std::string_view key, View bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        name(key);
        text_ += '"';
        for (const std::uint8_t byte : bytes) {
            text_ += digits[byte >> 4U];
            text_ += digits[byte & 0x0fU];
        }
        text_ += '"';
    }
    void end_of_line(std::FILE* out) {
        text_ += '\n';
        std::fwrite(text_.data(), 1, text_.size(), out);
        text_.clear();
    }

  private:
    void name(std::string_view key) {
        if (!first_) text_ += ',';
        first_ = false;
        text_ += '"';
        text_ += key;
        text_ += "\":";
    }

    std::string text_;
    bool first_ = true;
};

std::string tcp_flag_letters(std::uint8_t flags) {
    constexpr std::string_view letters = "FSRPAUEC";
    std::string text;
    for (unsigned bit = 0; bit < letters.size(); ++bit) {
        if ((flags >> bit & 1U) != 0) text += letters[bit];
    }
    return text;
}

void write_transport(Line& line, const PacketRecord& packet) {
    const bool icmp = packet.proto == (packet.dst.v6 ? proto::icmp6 : proto::icmp);
    if (packet.kind == Kind::fragment || packet.kind == Kind::malformed) return;
    if (icmp) {
        line.number("icmp_type", packet.detail);
        line.number("icmp_code", packet.code);
        line.number("id", packet.first);
        line.number("seq", packet.second);
    } else if (packet.proto == proto::tcp || packet.proto == proto::udp) {
        line.number("sport", packet.first);
        line.number("dport", packet.second);
        if (packet.proto == proto::tcp) {
            line.word("tcp_flags", tcp_flag_letters(packet.detail));
            line.number("tcp_seq", packet.tcp_seq);
            line.number("tcp_ack", packet.tcp_ack);
        }
    } else {
        return;
    }
    line.number("checksum", packet.checksum);
}

void write_sent(Line& line, const SentRecord& sent) {
    line.item();
    line.open();
    if (sent.t_ns != 0) {
        line.number("t_ns", sent.t_ns);
        line.number("late_ns", sent.late_ns);
    }
    line.word("kind", kind_names[static_cast<std::size_t>(sent.kind)]);
    line.word("from", to_text(sent.from));
    if (sent.kind == SentKind::error) {
        line.number("icmp_type", sent.type);
        line.number("icmp_code", sent.code);
    }
    if (sent.corrupt != Corrupt::none) {
        line.word("corrupt", corrupt_names[static_cast<std::size_t>(sent.corrupt)]);
    }
    if (sent.failed != 0) line.number("errno", sent.failed);
    if (sent.t_ns == 0) line.truth("unsent");
    line.close();
}

void note_transport(PacketRecord& record, const Request& request) {
    const View transport = request.transport();
    const bool icmp = request.proto == (request.dst.v6 ? proto::icmp6 : proto::icmp);
    if (request.proto == proto::tcp && transport.size() >= 20) {
        record.detail = request.tcp_flags();
        record.tcp_seq = request.tcp_seq();
        record.tcp_ack = request.tcp_ack();
        record.checksum = get16(transport, 16);
    } else if ((icmp || request.proto == proto::udp) && transport.size() >= 8) {
        record.detail = transport[0];
        record.code = transport[1];
        record.checksum = get16(transport, icmp ? 2 : 6);
    } else {
        return;
    }
    record.first = icmp ? request.icmp_id() : request.sport();
    record.second = icmp ? request.icmp_seq() : request.dport();
}

}  // namespace

std::string_view name(Fate fate) {
    return fate_names[static_cast<std::size_t>(fate)];
}

PacketRecord& Ledger::packet(const Request& request, Nanoseconds t_rx_ns) {
    PacketRecord& record = each_ ? packets_.add() : last_;
    record.t_rx_ns = t_rx_ns;
    record.src = request.src;
    record.dst = request.dst;
    record.kind = request.kind;
    record.proto = request.proto;
    record.ttl = request.ttl;
    record.tos = request.tos;
    record.ip_id = request.ip_id;
    record.size = static_cast<std::uint16_t>(request.packet.size());
    record.sent_first = static_cast<std::uint32_t>(sends_.size());
    record.sent_count = 0;
    if (!each_ || request.kind == Kind::malformed || request.kind == Kind::fragment) return record;
    note_transport(record, request);
    const View payload = request.packet.subspan(std::min(request.payload, request.packet.size()));
    record.payload_size =
        static_cast<std::uint8_t>(std::min<std::size_t>(payload.size(), PacketRecord::payload_kept));
    std::copy_n(payload.begin(), record.payload_size, record.payload.begin());
    return record;
}

std::uint32_t Ledger::plan_send(PacketRecord& packet, const SentRecord& planned) {
    if (!each_) return 0;
    sends_.add() = planned;
    ++packet.sent_count;
    return static_cast<std::uint32_t>(sends_.size() - 1);
}

void Ledger::sent(std::uint32_t index, Nanoseconds t_ns, Nanoseconds late_ns, int error) {
    if (!each_) return;
    SentRecord& record = sends_[index];
    record.t_ns = t_ns;
    record.late_ns = late_ns;
    record.failed = static_cast<std::uint8_t>(error);
}

void Ledger::write_packets(std::FILE* out) const {
    Line line;
    for (std::size_t n = 0; n < packets_.size(); ++n) {
        const PacketRecord& packet = packets_[n];
        line.open();
        line.number("n", n);
        line.number("t_rx_ns", packet.t_rx_ns);
        if (packet.kind != Kind::malformed) {
            line.word("src", to_text(packet.src));
            line.word("dst", to_text(packet.dst));
            line.number("proto", packet.proto);
            line.number("ttl", packet.ttl);
            line.number("tos", packet.tos);
            line.number(packet.dst.v6 ? "flow_label" : "ip_id", packet.ip_id);
        }
        write_transport(line, packet);
        if (packet.payload_size > 0) line.hex("payload", View(packet.payload).first(packet.payload_size));
        line.number("size", packet.size);
        line.word("fate", name(packet.fate));
        line.open_list("sent");
        for (std::uint32_t i = 0; i < packet.sent_count; ++i) write_sent(line, sends_[packet.sent_first + i]);
        line.close_list();
        line.close();
        line.end_of_line(out);
    }
}

void write_totals(std::FILE* out, const Address& destination, const Totals& totals) {
    Line line;
    line.open();
    line.word("dst", to_text(destination));
    line.number("received", totals.received);
    for (std::size_t fate = 0; fate < fates; ++fate) line.number(fate_names[fate], totals.by_fate[fate]);
    line.number("sent", totals.sent);
    line.number("dup", totals.dup);
    line.close();
    line.end_of_line(out);
}

void write_summary(std::FILE* out, const RunTotals& run) {
    Line line;
    line.open();
    line.truth("summary");
    line.number("received", run.received);
    line.number("sent", run.sent);
    line.number("unsent", run.unsent);
    line.number("write_errors", run.write_errors);
    line.number("device_dropped", run.device_dropped);
    line.number("late_max_us", run.late_max_ns / 1000);
    line.number("late_over_100us", run.late_over_100us);
    line.number("late_over_1ms", run.late_over_1ms);
    line.close();
    line.end_of_line(out);
}

}  // namespace netsim
