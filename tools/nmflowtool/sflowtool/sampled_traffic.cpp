#include "sflowtool/sampled_traffic.hpp"

#include "base/hex.hpp"
#include "filter/gate.hpp"
#include "sflowtool/words.hpp"
#include "wire/pcap_writer.hpp"

namespace nmflowtool {
namespace {

using nm::SflowSample;

// The Ethernet type in front of a header that begins behind it; 0 for Ethernet itself. Nothing for headers
// that cannot stand in a capture of Ethernet.
std::optional<std::uint16_t> ethertype_before(const SflowSample& sample) {
    switch (sample.header_protocol.value_or(0)) {
        case header_ethernet:
            return 0;
        case header_ipv4:
            return nm::ethertype_ipv4;
        case header_ipv6:
            return nm::ethertype_ipv6;
        case header_mpls:
            return nm::ethertype_mpls;
        default:
            return std::nullopt;
    }
}

// Sampled headers as a capture of Ethernet, the link type that most agents sample. Headers that begin behind
// it get one without addresses.
class SampleCapture {
  public:
    explicit SampleCapture(nm::Output& out) : out_(out) {
        nm::append_pcap_header(text_, nm::LinkType::ethernet);
    }

    // False: not in the capture.
    bool add(const SflowSample& sample) {
        const auto header = nm::parse_hex(sample.header);
        const auto ethertype = ethertype_before(sample);
        if (!ethertype || header->empty()) return false;
        frame_.clear();
        if (*ethertype != 0) {
            frame_.resize(12);
            frame_.push_back(static_cast<std::uint8_t>(*ethertype >> 8));
            frame_.push_back(static_cast<std::uint8_t>(*ethertype));
        }
        const std::uint64_t length = frame_.size() + sample.bytes.value_or(0);
        const std::uint64_t stripped = sample.stripped.value_or(0);
        frame_.insert(frame_.end(), header->begin(), header->end());
        nm::append_pcap_packet(text_, sample.ts, frame_, length > stripped ? length - stripped : 0);
        write();
        return true;
    }
    // Without packets too it is a capture.
    void write() {
        out_.write_bytes(text_.view());
        text_.clear();
    }

  private:
    nm::Output& out_;
    nm::TextBuffer text_;
    std::vector<std::uint8_t> frame_;
};

// Inside quotes, as Apache's httpd writes it.
void append_escaped(std::string& line, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<std::uint8_t>(c);
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (byte < 0x20 || byte == 0x7F) {
            line += "\\x";
            nm::append_hex(line, std::span(&byte, 1));
        } else {
            line += c;
        }
    }
}

void append_quoted(std::string& line, std::string_view text) {
    line += " \"";
    append_escaped(line, text.empty() ? "-" : text);
    line += '"';
}

template <class Number>
void append_number(std::string& line, const std::optional<Number>& value) {
    line += ' ' + (value ? std::to_string(*value) : std::string("-"));
}

// The combined log format: common log format, referer, user agent. http_protocol is 1001 for HTTP/1.1.
std::string log_line(const SflowSample& sample) {
    std::string line = sample.socket_remote_ip.is_set() ? to_string(sample.socket_remote_ip) : "-";
    line += " - ";
    std::string user;
    append_escaped(user, sample.http_auth_user);
    std::ranges::replace(user, ' ', '_');
    line += user.empty() ? "-" : user;
    line += local_time(sample.ts.ns / nm::ns_per_s, " [%d/%b/%Y:%H:%M:%S %z]");
    std::string request = sample.http_method ? std::string(nm::word_of(*sample.http_method)) : "-";
    request += ' ' + (sample.http_uri.empty() ? "-" : sample.http_uri);
    if (sample.http_protocol)
        request += " HTTP/" + std::to_string(*sample.http_protocol / 1000) + '.' +
                   std::to_string(*sample.http_protocol % 1000);
    append_quoted(line, request);
    append_number(line, sample.http_status);
    append_number(line, sample.http_resp_bytes);
    append_quoted(line, sample.http_referer);
    append_quoted(line, sample.http_user_agent);
    return line + '\n';
}

bool is_request(const SflowSample& sample) {
    return sample.http_method || sample.http_status;
}

}  // namespace

nm::Exit run_sampled_traffic(const InputOptions& options, SflowtoolStyle style, nm::Context& context) {
    const bool is_log = style == SflowtoolStyle::http;
    if (!is_log && context.out.path().empty() && nm::Console::stdout_is_terminal()) {
        throw nm::UserError(
            nm::Exit::usage,
            "a capture is nothing for a terminal: give -o FILE, or pipe it into tcpdump -r -");
    }
    FlowGate gate(options.filter);
    FlowInput input(options, context);
    Decoder decoder(limits_for(options), {}, options.template_scope);
    decoder.keep({.header = !is_log});
    SampleCapture capture(context.out);
    std::uint64_t written = 0, left_out = 0, others = 0;
    const auto take = [&](const SflowSample& sample) {
        if (is_log && !is_request(sample)) return;
        if (!gate.admits(sample)) return;
        if (is_log) context.out.write_bytes(log_line(sample));
        const bool is_there = is_log || capture.add(sample);
        ++(is_there ? written : left_out);
        if (!is_there && left_out == 1)
            context.console.warn(
                "samples without a header, or with one that is neither Ethernet, IP nor MPLS, "
                "are not in the capture");
    };
    read_flows(input, decoder, context, [&](Decoder::Got got, const Records& records) {
        if (got == Decoder::Got::sample && style != SflowtoolStyle::discards) take(records.sample);
        if (got == Decoder::Got::drop && style == SflowtoolStyle::discards) take(records.drop);
        others += got == Decoder::Got::flow;
    });
    if (!is_log) capture.write();
    nm::FlowSummary books;
    decoder.add_to(books);
    const std::pair<std::uint64_t, const char*> told[] = {
        {left_out, " samples are not in the capture"},
        {others, " records are flows, not samples, and left out"},
        {books.malformed, " datagrams and samples are broken: what is whole of them was used"}};
    for (const auto& [count, what] : told) {
        if (count > 0) context.console.warn(std::to_string(count) + what);
    }
    return input.exit_or(written > 0 || !options.listen.empty() ? nm::Exit::ok : nm::Exit::no);
}

}  // namespace nmflowtool
