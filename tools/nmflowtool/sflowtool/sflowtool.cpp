#include "sflowtool/sflowtool.hpp"

#include "decode/xdr.hpp"
#include "sflowtool/words.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;

enum : std::uint32_t {
    flow_sample = 1,
    counter_sample = 2,
    expanded_flow_sample = 3,
    expanded_counter_sample = 4,
    discarded_packet = 5
};

constexpr std::string_view no_tag = "0:0";

constexpr const char* time_with_offset = "%Y-%m-%dT%H:%M:%S%z";

}  // namespace

std::string_view SflowtoolPrinter::print(const Datagram& datagram) {
    listing_.clear();
    ByteReader in(datagram.payload);
    nm::IpAddress agent;
    if (in.u32() != 5 || !xdr_address(in, agent)) return {};
    sub_agent_ = in.u32();
    sequence_ = in.u32();
    const std::uint32_t uptime = in.u32();
    std::uint32_t samples = in.u32();
    if (!in.ok()) return {};
    agent_ = address_text(agent);
    forget_sample();
    listing_.banner("startDatagram =================================");
    listing_.open_object();
    listing_.value("datagramSourceIP", is_file_ ? "-" : address_text(datagram.sender));
    listing_.number("datagramSize", datagram.payload.size());
    print_times(datagram);
    listing_.number("datagramVersion", 5);
    listing_.number("agentSubId", sub_agent_);
    listing_.value("agent", agent_);
    listing_.number("packetSequenceNo", sequence_);
    listing_.number("sysUpTime", uptime);
    listing_.number("samplesInPacket", samples);
    listing_.open_list("samples");
    for (; samples > 0 && in.left() > 0; --samples) {
        const std::uint32_t format = in.u32();
        const ByteReader body = xdr_body(in);
        if (!body.ok()) {
            ++malformed_;
            break;
        }
        print_sample(format, body);
    }
    listing_.close_list();
    listing_.close_object();
    listing_.banner("endDatagram   =================================");
    std::string_view text = listing_.out().view();
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
}

// From a file sflowtool tells the time of the capture, and has no other.
void SflowtoolPrinter::print_times(const Datagram& datagram) {
    const std::int64_t seconds = datagram.ts.ns / 1'000'000'000;
    const auto microseconds = static_cast<std::uint64_t>(datagram.ts.ns % 1'000'000'000 / 1000);
    const std::int64_t received = is_file_ ? 0 : seconds;
    listing_.value("unixSecondsUTC", std::to_string(received));
    listing_.number("unixSecondsUTC_uS", is_file_ ? 0 : microseconds);
    listing_.value("localtime", local_time(received, time_with_offset));
    if (!is_file_) return;
    listing_.value("pcapTimestamp", local_time(seconds, time_with_offset));
    listing_.number("pcapTimestamp_uS", microseconds);
}

void SflowtoolPrinter::print_elements(ByteReader& in, std::string_view tag_name, PrintStructure print_one) {
    for (std::uint32_t left = in.u32(); left > 0 && in.left() > 0; --left) {
        const std::uint32_t number = in.u32();
        const ByteReader body = xdr_body(in);
        if (!body.ok()) {
            is_broken_ = true;
            break;
        }
        listing_.open_object();
        const std::string tag = tag_text(number);
        set_grep_prefix(tag);
        listing_.value(tag_name, tag);
        if (!(this->*print_one)(number, body)) is_broken_ = true;
        listing_.close_object();
    }
    set_grep_prefix(no_tag);
}

void SflowtoolPrinter::forget_sample() {
    source_ = no_tag;
    sample_tag_ = no_tag;
    set_grep_prefix(no_tag);
}

void SflowtoolPrinter::set_grep_prefix(std::string_view structure_tag) {
    if (style_ != SflowtoolStyle::grep) return;
    std::string prefix =
        agent_ + ' ' + std::to_string(sub_agent_) + ' ' + std::to_string(sequence_) + ' ' + source_;
    prefix += ' ' + sample_tag_ + ' ';
    prefix += structure_tag;
    prefix += ' ';
    listing_.set_line_prefix(std::move(prefix));
}

void SflowtoolPrinter::print_sample(std::uint32_t format, ByteReader in) {
    listing_.banner("startSample ----------------------");
    listing_.open_object();
    is_broken_ = false;
    sample_tag_ = tag_text(format);
    set_grep_prefix(no_tag);
    listing_.value("sampleType_tag", sample_tag_);
    switch (format) {
        case flow_sample:
        case expanded_flow_sample:
            print_flow_sample(in, format == expanded_flow_sample);
            break;
        case counter_sample:
        case expanded_counter_sample:
            print_counter_sample(in, format == expanded_counter_sample);
            break;
        case discarded_packet:
            print_drop(in);
            break;
        default:
            break;
    }
    if (is_broken_ || !in.ok()) ++malformed_;
    listing_.close_object();
    listing_.banner("endSample   ----------------------");
    forget_sample();
}

void SflowtoolPrinter::print_source(std::uint32_t type, std::uint32_t index) {
    source_ = std::to_string(type) + ':' + std::to_string(index);
    set_grep_prefix(no_tag);
    listing_.value("sourceId", source_);
}

void SflowtoolPrinter::print_port(std::string_view name, std::uint32_t format, std::uint32_t value) {
    constexpr std::string_view words[] = {"", "dropCode ", "multiple ", "format==3 "};
    listing_.value(name,
                   format <= 3 ? std::string(words[format]) + std::to_string(value) : std::to_string(value));
}

nm::Exit run_sflowtool(const InputOptions& options, SflowtoolStyle style, nm::Context& context) {
    FlowInput input(options, context);
    SflowtoolPrinter printer(style, options.listen.empty());
    Datagram datagram;
    std::uint64_t others = 0, printed = 0;
    input.when_asked([&] {
        nm::FlowSummary read;
        input.add_to(read);
        return "datagrams printed " + std::to_string(printed) + ", others " + std::to_string(others) +
               ", broken samples " + std::to_string(printer.malformed()) + ", kernel_drops " +
               std::to_string(read.kernel_drops.value_or(0));
    });
    while (!context.out.closed() && input.next(datagram)) {
        const std::string_view text = printer.print(datagram);
        if (!text.empty())
            context.out.forward(text);
        else if (style != SflowtoolStyle::csv)
            ++others;
        if (!text.empty()) ++printed;
    }
    if (others > 0)
        context.console.warn(std::to_string(others) +
                             " datagrams are not sFlow version 5, and not printed by --sflowtool");
    if (printer.malformed() > 0)
        context.console.warn(std::to_string(printer.malformed()) +
                             " samples are broken: what is whole of them is printed");
    return input.exit_or(printed > 0 || !options.listen.empty() ? nm::Exit::ok : nm::Exit::no);
}

}  // namespace nmflowtool
