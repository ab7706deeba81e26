// What we export is read back by our own decoder; the rules of each protocol are looked at in the bytes.
#include <gtest/gtest.h>

#include <random>

#include "decode/decoder.hpp"
#include "export/exporter.hpp"
#include "export/wire_udp.hpp"
#include "json/write.hpp"
#include "wire/packet.hpp"

namespace {

using namespace nmflowtool;
using nm::ByteReader;
using nm::FlowRecord;
using nm::SflowSample;

constexpr std::int64_t epoch_ns = 1'700'000'000 * nm::ns_per_s;

nm::IpAddress v4(std::uint32_t n) {
    return nm::IpAddress::v4(0xC6120000 + n);  // 198.18.0.0/15
}

nm::IpAddress v6(std::uint32_t n) {
    std::array<std::uint8_t, 16> bytes{0x20, 0x01, 0x0d, 0xb8};
    bytes[14] = static_cast<std::uint8_t>(n >> 8);
    bytes[15] = static_cast<std::uint8_t>(n);
    return nm::IpAddress::v6(bytes.data());
}

// The exporter with the datagrams that came out of it.
struct Wire {
    struct Sent {
        nm::Time ts;
        nm::IpAddress source;
        std::vector<std::uint8_t> bytes;
        std::uint64_t flows;
    };
    std::vector<Sent> sent;
    Exporter exporter;

    explicit Wire(ExportAs as, ExporterOptions options = {})
        : exporter(with_protocol(options, as), [this](const ExportDatagram& datagram) {
              sent.push_back({datagram.ts,
                              datagram.source,
                              {datagram.payload.begin(), datagram.payload.end()},
                              datagram.flows.value_or(0)});
          }) {}

    static ExporterOptions with_protocol(ExporterOptions options, ExportAs as) {
        options.stream.protocol = as;
        return options;
    }
    nm::ExportSummary summary() const {
        nm::ExportSummary made;
        exporter.add_to(made);
        return made;
    }
};

struct ReadBack {
    std::vector<FlowRecord> flows;
    std::vector<SflowSample> samples;
    std::vector<nm::FlowStats> stats;
    std::uint64_t unsupported = 0;

    explicit ReadBack(const std::vector<Wire::Sent>& sent) {
        Decoder decoder;
        Records records;
        for (const Wire::Sent& datagram : sent) {
            Datagram in;
            in.ts = datagram.ts;
            in.sender = datagram.source;
            in.payload = datagram.bytes;
            decoder.open(in);
            for (auto got = decoder.next(records); got != Decoder::Got::nothing;
                 got = decoder.next(records)) {
                if (got == Decoder::Got::flow) flows.push_back(records.flow);
                if (got == Decoder::Got::sample) samples.push_back(records.sample);
            }
        }
        decoder.finish();
        decoder.for_each_stats([this](const nm::FlowStats& row) { stats.push_back(row); });
        for (const nm::FlowStats& row : stats) unsupported += row.unsupported.value_or(0);
    }
    // Nothing was lost, waited or broken.
    void expect_clean() const {
        for (const nm::FlowStats& row : stats) {
            EXPECT_EQ(row.datagrams_lost + row.sequence_gaps + row.datagrams_reordered, 0u);
            EXPECT_EQ(row.malformed_datagrams + row.malformed_sets + row.malformed_templates, 0u);
            EXPECT_EQ(row.sets_waited + row.sets_no_template + row.trailing_bytes, 0u);
            EXPECT_EQ(row.count_mismatches + row.restarts + row.unknown_sampler, 0u);
        }
    }
};

// As JSON, which leaves absent keys out; without the time of receipt.
std::string text_of(FlowRecord flow) {
    flow.ts = {};
    nm::TextBuffer out;
    nm::append_json(out, flow);
    return std::string(out.view());
}

// Flows as the decoder gives them: ports where there are ports, ICMP types where there is ICMP.
class RandomFlows {
  public:
    explicit RandomFlows(std::uint64_t seed) : random_(seed) {}

    FlowRecord next(std::int64_t time_unit_ns) {
        FlowRecord flow;
        // A later flow may have been seen first.
        now_ns_ += below(2'000) * nm::ns_per_ms;
        flow.ts.ns = now_ns_;
        const std::int64_t end_ns = now_ns_ - below(60'000) * nm::ns_per_ms;
        flow.end.ns = end_ns / time_unit_ns * time_unit_ns;
        flow.start.ns = (end_ns - below(1'800'000) * nm::ns_per_ms) / time_unit_ns * time_unit_ns;
        const bool is_v6 = chance();
        flow.src_ip = is_v6 ? v6(number<std::uint16_t>()) : v4(number<std::uint16_t>());
        flow.dst_ip = is_v6 ? v6(number<std::uint16_t>()) : v4(number<std::uint16_t>());
        add_transport(flow, is_v6);
        flow.bytes = random_() >> below(64);
        flow.packets = (random_() >> below(64)) | 1u;  // an event without traffic has no counters
        add_routing(flow, is_v6);
        add_link(flow);
        add_others(flow, is_v6);
        flow.exporter = v4(static_cast<std::uint32_t>(below(3)));
        flow.obs_domain = static_cast<std::uint32_t>(below(3));
        return flow;
    }

  private:
    std::int64_t below(std::int64_t n) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n));
    }
    bool chance() { return random_() % 2 == 0; }
    template <class Number>
    Number number() {
        return static_cast<Number>(random_());
    }
    // Absent, or any value but zero.
    template <class Number>
    void maybe(std::optional<Number>& out) {
        if (chance()) out = static_cast<Number>(number<Number>() | 1u);
    }

    void add_transport(FlowRecord& flow, bool is_v6) {
        const std::array<std::uint8_t, 4> protocols{6, 17, is_v6 ? std::uint8_t{58} : std::uint8_t{1}, 47};
        const std::uint8_t proto = protocols[random_() % 4];
        flow.proto_num = proto;
        flow.proto = static_cast<nm::Protocol>(proto);
        if (proto == 6 || proto == 17) {
            if (random_() % 5 != 0)
                flow.src_port = number<std::uint16_t>(), flow.dst_port = number<std::uint16_t>();
        }
        if (proto == 6 && chance()) flow.tcp_flags = static_cast<nm::TcpFlags>(number<std::uint8_t>() | 2u);
        if ((proto == 1 || proto == 58) && chance()) {
            flow.icmp_type = number<std::uint8_t>();
            flow.icmp_code = number<std::uint8_t>();
        }
    }
    void add_routing(FlowRecord& flow, bool is_v6) {
        if (chance()) flow.in_if = number<std::uint32_t>();
        if (chance()) flow.out_if = number<std::uint32_t>();
        maybe(flow.src_as);
        maybe(flow.dst_as);
        if (chance()) flow.next_hop = is_v6 ? v6(7) : v4(7);
        if (chance()) flow.bgp_next_hop = is_v6 ? v6(8) : v4(8);
        if (chance()) flow.src_mask = number<std::uint8_t>();
        if (chance()) flow.dst_mask = number<std::uint8_t>();
        if (chance()) flow.tos = number<std::uint8_t>();
        if (chance()) flow.ttl = number<std::uint8_t>();
        maybe(flow.fragment_offset);
    }
    void add_others(FlowRecord& flow, bool is_v6) {
        maybe(flow.flow_id);
        maybe(flow.flow_label);
        maybe(flow.min_length);
        if (chance()) flow.in_vrf = number<std::uint32_t>();
        if (chance()) flow.post_bytes = random_() >> 12;
        if (chance()) flow.rev_packets = random_() >> 12;
        if (chance()) flow.nat_src_ip = is_v6 ? v6(10) : v4(10);
        maybe(flow.nat_src_port);
        maybe(flow.forwarding_status);
        maybe(flow.obs_point);
        if (chance()) flow.post_tos = number<std::uint8_t>();
        if (chance()) flow.nat_event = static_cast<nm::NatEvent>(1 + below(13));
        if (chance()) flow.fw_event = static_cast<nm::FirewallEvent>(1 + below(5));
        if (chance()) flow.event_time.ns = now_ns_ / nm::ns_per_ms * nm::ns_per_ms;
    }
    void add_link(FlowRecord& flow) {
        maybe(flow.vlan);
        maybe(flow.inner_vlan);
        maybe(flow.post_vlan);
        if (chance()) flow.src_mac = nm::Mac{{2, 0, 0, 0, 0, number<std::uint8_t>()}};
        if (chance()) flow.dst_mac = nm::Mac{{2, 0, 0, 0, 1, number<std::uint8_t>()}};
        if (chance()) flow.post_src_mac = nm::Mac{{2, 0, 0, 0, 2, number<std::uint8_t>()}};
        if (chance()) flow.post_dst_mac = nm::Mac{{2, 0, 0, 0, 3, number<std::uint8_t>()}};
        if (chance()) flow.ethertype = number<std::uint16_t>();
        if (chance()) flow.direction = static_cast<nm::Direction>(random_() % 2);
        maybe(flow.end_reason);
        switch (random_() % 4) {
            case 0:
                flow.sampling_rate = 1u << below(16);
                flow.rate_source = nm::RateSource::record;
                break;
            case 1:
                flow.sampler_id = static_cast<std::uint32_t>(1 + below(5));
                flow.sampling_rate = *flow.sampler_id * 10;
                flow.rate_source = nm::RateSource::sampler;
                break;
            default:
                break;
        }
    }

    std::mt19937_64 random_;
    std::int64_t now_ns_ = epoch_ns;
};

void expect_round_trip(ExportAs as, std::int64_t time_unit_ns, std::size_t mtu_payload) {
    ExporterOptions options;
    options.stream.payload_bytes = mtu_payload;
    options.stream.template_datagrams = 7;
    Wire wire(as, options);
    RandomFlows random(static_cast<std::uint64_t>(as) + mtu_payload);
    std::vector<std::string> expected;
    for (int i = 0; i < 5000; ++i) {
        const FlowRecord flow = random.next(time_unit_ns);
        expected.push_back(text_of(flow));
        wire.exporter.add(flow);
    }
    wire.exporter.flush();
    for (const Wire::Sent& datagram : wire.sent) ASSERT_LE(datagram.bytes.size(), mtu_payload);
    const ReadBack back(wire.sent);
    if (back.unsupported > 0) GTEST_SKIP() << "not decoded by this version";
    std::vector<std::string> got;
    for (const FlowRecord& flow : back.flows) got.push_back(text_of(flow));
    // Streams of several exporters do not keep their order among each other.
    std::ranges::sort(expected);
    std::ranges::sort(got);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i]) << "flow " << i;
    back.expect_clean();
    const nm::ExportSummary summary = wire.summary();
    EXPECT_EQ(summary.exported, 5000u);
    EXPECT_EQ(summary.not_carried + summary.saturated + summary.times_rounded, 0u);
    EXPECT_TRUE(summary.lost_fields.empty()) << summary.lost_fields.front();
}

TEST(Export, Netflow9ReadBackIsTheSameRecord) {
    expect_round_trip(ExportAs::netflow9, nm::ns_per_ms, 1472);
}

TEST(Export, Netflow9InSmallDatagramsToo) {
    expect_round_trip(ExportAs::netflow9, nm::ns_per_ms, 528);
}

TEST(Export, IpfixReadBackIsTheSameRecord) {
    expect_round_trip(ExportAs::ipfix, nm::ns_per_ms, 1472);
}

TEST(Export, IpfixKeepsMicroseconds) {
    expect_round_trip(ExportAs::ipfix, nm::ns_per_us, 1452);
}

FlowRecord simple_flow(std::uint32_t n) {
    FlowRecord flow;
    flow.ts.ns = epoch_ns + n * nm::ns_per_s;
    flow.start.ns = flow.ts.ns - 5250 * nm::ns_per_ms;
    flow.end.ns = flow.ts.ns - 125 * nm::ns_per_ms;
    flow.src_ip = v4(n);
    flow.dst_ip = v4(1000 + n);
    flow.proto_num = 17;
    flow.proto = static_cast<nm::Protocol>(17);
    flow.src_port = 1024;
    flow.dst_port = 53;
    flow.packets = n + 1;
    flow.bytes = 100 * (n + 1);
    flow.exporter = v4(9);
    flow.obs_domain = 1;
    return flow;
}

TEST(Export, Netflow5HeaderTellsUptimeTimeSequenceEngineAndRate) {
    Wire wire(ExportAs::netflow5);
    for (std::uint32_t n = 0; n < 70; ++n) {
        FlowRecord flow = simple_flow(n);
        flow.ts.ns = epoch_ns + 1'500'000;
        flow.start.ns = epoch_ns - 2000 * nm::ns_per_ms;
        flow.end.ns = epoch_ns - 1000 * nm::ns_per_ms;
        flow.obs_domain = 0x0102;
        flow.sampling_rate = 100;
        wire.exporter.add(flow);
    }
    wire.exporter.flush();
    ASSERT_EQ(wire.sent.size(), 3u);
    std::uint32_t sequence = 0;
    for (const Wire::Sent& sent : wire.sent) {
        ByteReader in(sent.bytes);
        EXPECT_EQ(in.u16(), 5);
        const std::uint16_t count = in.u16();
        EXPECT_EQ(count, sequence < 60 ? 30 : 10);
        EXPECT_EQ(sent.bytes.size(), 24u + 48u * count);
        const std::int64_t uptime_ms = in.u32();
        const std::int64_t unix_s = in.u32();
        const std::int64_t unix_ns = in.u32();
        EXPECT_EQ(unix_s * nm::ns_per_s + unix_ns, epoch_ns + nm::ns_per_ms);
        EXPECT_EQ(in.u32(), sequence) << "flows sent before";
        EXPECT_EQ(in.u8(), 1) << "engine type";
        EXPECT_EQ(in.u8(), 2) << "engine id";
        EXPECT_EQ(in.u16(), 0x4000 | 100);
        in.skip(24);
        const std::int64_t boot_ms = unix_s * 1000 + unix_ns / nm::ns_per_ms - uptime_ms;
        EXPECT_EQ(boot_ms + in.u32(), epoch_ns / nm::ns_per_ms - 2000);
        EXPECT_EQ(boot_ms + in.u32(), epoch_ns / nm::ns_per_ms - 1000);
        sequence += count;
    }
}

TEST(Export, Trap32WhatNetflow5CannotCarryIsCountedAndNamed) {
    Wire wire(ExportAs::netflow5);
    FlowRecord six = simple_flow(1);
    six.src_ip = v6(1);
    six.dst_ip = v6(2);
    wire.exporter.add(six);
    FlowRecord large = simple_flow(2);
    large.bytes = 1ull << 40;
    large.src_as = 4'200'000'000;
    large.in_if = 70'000;
    large.vlan = 7;
    large.start.ns += 1;
    wire.exporter.add(large);
    wire.exporter.flush();
    const nm::ExportSummary summary = wire.summary();
    EXPECT_EQ(summary.exported, 1u);
    EXPECT_EQ(summary.not_carried, 1u);
    EXPECT_EQ(summary.saturated, 3u);
    EXPECT_EQ(summary.times_rounded, 1u);
    EXPECT_EQ(summary.lost_fields, std::vector<std::string>{"vlan"});
    ByteReader in(wire.sent.at(0).bytes);
    in.skip(24 + 12);
    EXPECT_EQ(in.u16(), 0) << "unknown interface";
    in.skip(2 + 4);
    EXPECT_EQ(in.u32(), 0xFFFFFFFF) << "as many bytes as can be told";
    in.skip(16);
    EXPECT_EQ(in.u16(), 23456) << "AS_TRANS";
}

TEST(Export, VlanAsDestinationAs) {
    for (const ExportAs as : {ExportAs::netflow5, ExportAs::netflow9}) {
        ExporterOptions options;
        options.vlan_as_dst_as = true;
        Wire wire(as, options);
        FlowRecord flow = simple_flow(1);
        flow.vlan = 135;
        flow.dst_as = 65000;
        wire.exporter.add(flow);
        wire.exporter.flush();
        const ReadBack back(wire.sent);
        if (back.unsupported > 0) continue;
        ASSERT_EQ(back.flows.size(), 1u);
        EXPECT_EQ(back.flows[0].dst_as, 135u);
    }
}

TEST(Export, Trap32Netflow9SequenceCountsDatagramsAndCountHoldsTemplates) {
    ExporterOptions options;
    options.stream.payload_bytes = 548;
    Wire wire(ExportAs::netflow9, options);
    for (std::uint32_t n = 0; n < 30; ++n) wire.exporter.add(simple_flow(n));
    wire.exporter.flush();
    ASSERT_GT(wire.sent.size(), 2u);
    std::uint32_t sequence = 0;
    for (const Wire::Sent& sent : wire.sent) {
        ByteReader in(sent.bytes);
        EXPECT_EQ(in.u16(), 9);
        EXPECT_EQ(in.u16(), sent.flows + (sequence == 0 ? 1 : 0));
        const std::int64_t uptime_ms = in.u32();
        const std::int64_t unix_s = in.u32();
        EXPECT_EQ(uptime_ms % 1000, 0) << "so that time minus uptime is one moment";
        EXPECT_GE(unix_s * nm::ns_per_s, sent.ts.ns) << "no flow ends after it";
        EXPECT_EQ(in.u32(), sequence++);
        EXPECT_EQ(sent.bytes.size() % 4, 0u);
    }
}

TEST(Export, Trap32IpfixSequenceCountsDataRecordsThoseOfOptionsToo) {
    ExporterOptions options;
    options.stream.payload_bytes = 548;
    options.stream.template_datagrams = 2;
    Wire wire(ExportAs::ipfix, options);
    for (std::uint32_t n = 0; n < 80; ++n) {
        FlowRecord flow = simple_flow(n);
        flow.sampling_rate = 64;
        flow.rate_source = nm::RateSource::options;
        wire.exporter.add(flow);
    }
    wire.exporter.flush();
    ASSERT_GT(wire.sent.size(), 4u);
    std::uint32_t sequence = 0;
    std::uint64_t options_seen = 0;
    for (std::size_t i = 0; i < wire.sent.size(); ++i) {
        ByteReader in(wire.sent[i].bytes);
        EXPECT_EQ(in.u16(), 10);
        EXPECT_EQ(in.u16(), wire.sent[i].bytes.size());
        in.skip(4);
        EXPECT_EQ(in.u32(), sequence);
        in.skip(4);
        const bool begins_with_templates = in.u16() < 256;
        EXPECT_EQ(begins_with_templates, i % 2 == 0) << "a refresh after two datagrams";
        sequence += static_cast<std::uint32_t>(wire.sent[i].flows) + (i % 2 == 0 ? 1 : 0);
        options_seen += i % 2 == 0;
    }
    EXPECT_EQ(wire.summary().options_sent, options_seen);
}

TEST(Export, Trap32TemplatesComeAgainAfterAnIntervalOfTheFlowsOwnTime) {
    ExporterOptions options;
    options.stream.template_ns = 10 * nm::ns_per_s;
    Wire wire(ExportAs::netflow9, options);
    for (std::uint32_t n = 0; n < 40; ++n) {
        wire.exporter.add(simple_flow(n));
        wire.exporter.flush();
    }
    EXPECT_EQ(wire.summary().templates_sent, 4u);
}

TEST(Export, NoFlowIsReadAsAbsentWhereAnotherHasTheField) {
    Wire wire(ExportAs::netflow9);
    FlowRecord with = simple_flow(1);
    with.in_if = 0;
    with.src_mask = 0;
    with.vlan = 5;
    FlowRecord without = simple_flow(2);
    wire.exporter.add(with);
    wire.exporter.add(without);
    wire.exporter.flush();
    const ReadBack back(wire.sent);
    ASSERT_EQ(back.flows.size(), 2u);
    EXPECT_EQ(text_of(back.flows[0]), text_of(with));
    EXPECT_EQ(text_of(back.flows[1]), text_of(without));
}

TEST(Export, TwoExportersOfOneDomainAreKeptApart) {
    ExporterOptions options;
    options.keeps_source = false;
    Wire wire(ExportAs::netflow9, options);
    for (std::uint32_t n = 0; n < 20; ++n) {
        FlowRecord flow = simple_flow(n);
        flow.exporter = v4(n % 2);
        wire.exporter.add(flow);
        wire.exporter.flush();
    }
    std::vector<Wire::Sent> sent = wire.sent;
    for (Wire::Sent& datagram : sent) datagram.source = v4(99);
    const ReadBack back(sent);
    EXPECT_EQ(back.flows.size(), 20u);
    EXPECT_EQ(back.stats.size(), 2u);
    back.expect_clean();
    EXPECT_EQ(wire.summary().domains_renamed, 1u);
}

// NetFlow v5 has 16 bits for engine type and id.
TEST(Export, DomainsThatNetflow5CannotTellGetAnotherEach) {
    Wire wire(ExportAs::netflow5);
    for (std::uint32_t n = 0; n < 30; ++n) {
        FlowRecord flow = simple_flow(n);
        flow.obs_domain = n % 3 == 1 ? 0u : 70'000 + n % 3;
        wire.exporter.add(flow);
        wire.exporter.flush();
    }
    const ReadBack back(wire.sent);
    EXPECT_EQ(back.flows.size(), 30u);
    EXPECT_EQ(back.stats.size(), 3u);
    back.expect_clean();
    EXPECT_EQ(wire.summary().domains_renamed, 3u) << "the first takes the 0 that another has later";
    EXPECT_EQ(wire.summary().saturated, 0u);
}

// One by the source address of datagrams, or by an element of its own, and never as somebody else's.
TEST(Export, TheExporterIsToldInTheRecordWhereTheSourceDoesNot) {
    for (const ExportAs as : {ExportAs::netflow9, ExportAs::ipfix}) {
        ExporterOptions options;
        options.keeps_source = false;
        options.stream.exporter_in_record = true;
        Wire wire(as, options);
        FlowRecord one = simple_flow(1), two = simple_flow(2);
        two.exporter = v6(9);
        wire.exporter.add(one);
        wire.exporter.add(two);
        wire.exporter.flush();
        EXPECT_TRUE(wire.summary().lost_fields.empty());
        for (Wire::Sent& datagram : wire.sent) datagram.source = v4(99);
        const ReadBack back(wire.sent);
        ASSERT_EQ(back.flows.size(), 2u);
        EXPECT_EQ(back.flows[0].exporter, one.exporter);
        EXPECT_EQ(back.flows[1].exporter, two.exporter);
        ASSERT_EQ(back.stats.size(), 2u);
        EXPECT_EQ(back.stats[0].exporter, v4(99));
    }
}

// nfdump reads no microseconds.
TEST(Export, MicrosecondsStandBesideMilliseconds) {
    Wire wire(ExportAs::ipfix);
    FlowRecord flow = simple_flow(1);
    flow.start.ns += 7000;
    wire.exporter.add(flow);
    wire.exporter.flush();
    ASSERT_EQ(wire.sent.size(), 1u);
    const std::vector<std::uint8_t>& bytes = wire.sent[0].bytes;
    for (const int id : {152, 153, 154, 155}) {
        const std::array<std::uint8_t, 4> field{0, static_cast<std::uint8_t>(id), 0, 8};
        EXPECT_NE(std::search(bytes.begin(), bytes.end(), field.begin(), field.end()), bytes.end()) << id;
    }
    const ReadBack back(wire.sent);
    ASSERT_EQ(back.flows.size(), 1u);
    EXPECT_EQ(back.flows[0].start.ns / nm::ns_per_us, flow.start.ns / nm::ns_per_us);
}

// Another capture, or a wrong clock.
TEST(Export, ALeapOfTimeSpoilsNoFlowBehindIt) {
    for (const ExportAs as : {ExportAs::netflow5, ExportAs::netflow9, ExportAs::ipfix}) {
        Wire wire(as);
        std::vector<FlowRecord> expected;
        for (const std::int64_t days : {0, 0, 29'000, 0, -60, 0}) {
            FlowRecord flow = simple_flow(1);
            for (nm::Time* time : {&flow.ts, &flow.start, &flow.end})
                time->ns += days * 86'400 * nm::ns_per_s;
            expected.push_back(flow);
            wire.exporter.add(flow);
        }
        wire.exporter.flush();
        const ReadBack back(wire.sent);
        ASSERT_EQ(back.flows.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_EQ(back.flows[i].start, expected[i].start) << i;
            EXPECT_EQ(back.flows[i].end, expected[i].end) << i;
        }
        EXPECT_EQ(wire.summary().times_out_of_range, 0u);
    }
}

TEST(Export, ExportersAreBounded) {
    ExporterOptions options;
    options.most_streams = 10;
    Wire wire(ExportAs::netflow9, options);
    for (std::uint32_t n = 0; n < 1000; ++n) {
        FlowRecord flow = simple_flow(n);
        flow.exporter = v4(n);
        wire.exporter.add(flow);
    }
    wire.exporter.flush();
    EXPECT_EQ(wire.summary().streams_ended, 990u);
    EXPECT_EQ(ReadBack(wire.sent).flows.size(), 1000u);
}

TEST(Export, FarTimesAreToldAbsolutely) {
    Wire wire(ExportAs::netflow9);
    FlowRecord flow = simple_flow(1);
    wire.exporter.add(flow);
    flow.start.ns -= std::int64_t{60} * 86400 * nm::ns_per_s;  // beyond 49.7 days
    wire.exporter.add(flow);
    wire.exporter.flush();
    const ReadBack back(wire.sent);
    ASSERT_EQ(back.flows.size(), 2u);
    EXPECT_EQ(back.flows[1].start, flow.start);
}

SflowSample simple_sample(std::uint32_t n) {
    SflowSample sample;
    static_cast<FlowRecord&>(sample) = simple_flow(n);
    sample.start = sample.end = {};
    sample.packets = 1;
    sample.bytes = 118;
    sample.ip_bytes = 100;
    sample.sampling_rate = 512;
    sample.rate_source = nm::RateSource::sample;
    sample.source_class = 0;
    sample.source_index = 3;
    sample.in_if = 3;
    sample.out_if = 4;
    sample.drops = 0;
    return sample;
}

TEST(Export, SamplesBecomeScaledFlows) {
    Wire wire(ExportAs::netflow9);
    wire.exporter.add(simple_sample(1));
    wire.exporter.flush();
    const ReadBack back(wire.sent);
    ASSERT_EQ(back.flows.size(), 1u);
    EXPECT_EQ(back.flows[0].packets, 512u);
    EXPECT_EQ(back.flows[0].bytes, 51200u) << "from the IP header on";
    EXPECT_FALSE(back.flows[0].sampling_rate) << "or a collector would scale it again";
    EXPECT_EQ(back.flows[0].start, simple_sample(1).ts);
}

TEST(Export, SamplesStaySamplesInSflow) {
    Wire wire(ExportAs::sflow5);
    for (std::uint32_t n = 0; n < 50; ++n) wire.exporter.add(simple_sample(n));
    wire.exporter.flush();
    ASSERT_GT(wire.sent.size(), 2u);
    const ReadBack back(wire.sent);
    ASSERT_EQ(back.samples.size(), 50u);
    back.expect_clean();
    for (std::uint32_t n = 0; n < 50; ++n) {
        const SflowSample& sample = back.samples[n];
        EXPECT_EQ(sample.sampling_rate, 512u);
        EXPECT_EQ(sample.source_index, 3u);
        EXPECT_EQ(sample.in_if, 3u);
        EXPECT_EQ(sample.out_if, 4u);
        EXPECT_EQ(sample.sequence, n + 1);
        EXPECT_EQ(sample.pool, 512u * (n + 1));
        EXPECT_EQ(sample.exporter, v4(9));
        EXPECT_EQ(sample.obs_domain, 1u);
    }
}

TEST(Export, FlowsInSflowAreNoTrafficThatNeverWasAndKeepTheirIcmp) {
    Wire wire(ExportAs::sflow5);
    FlowRecord ping = simple_flow(1), huge = simple_flow(2), event = simple_flow(3), empty = simple_flow(4);
    ping.proto = nm::Protocol{1};
    ping.proto_num = 1;
    ping.src_port = ping.dst_port = std::nullopt;
    ping.icmp_type = 8;
    ping.icmp_code = 3;
    huge.packets = 5'000'000'000;
    huge.sampling_rate = 1000;
    event.packets = event.bytes = std::nullopt;
    empty.packets = empty.bytes = 0;
    for (const FlowRecord& flow : {ping, huge, event, empty}) wire.exporter.add(flow);
    wire.exporter.flush();
    const ReadBack back(wire.sent);
    ASSERT_EQ(back.samples.size(), 2u);
    EXPECT_EQ(back.samples[0].icmp_type, 8);
    EXPECT_EQ(back.samples[0].icmp_code, 3);
    EXPECT_EQ(back.samples[1].sampling_rate, 0xFFFFFFFFu);
    EXPECT_EQ(wire.summary().saturated, 1u);
    EXPECT_EQ(wire.summary().not_carried, 2u);
}

TEST(Export, PacketsWithAnotherSourceHaveGoodChecksums) {
    const std::vector<std::uint8_t> payload{1, 2, 3, 4, 5};
    for (const bool is_v6 : {false, true}) {
        MessageWriter out;
        const nm::Endpoint from{is_v6 ? v6(1) : v4(1), 1000}, to{is_v6 ? v6(2) : v4(2), 2055};
        write_udp_packet(out, from, to, payload, 7);
        nm::Packet packet;
        parse_ip(ByteReader(out.view()), packet);
        EXPECT_EQ(packet.src_ip, from.address);
        EXPECT_EQ(packet.dst_ip, to.address);
        EXPECT_EQ(packet.src_port, 1000);
        EXPECT_EQ(packet.dst_port, 2055);
        EXPECT_TRUE(std::ranges::equal(packet.payload, payload));
    }
}

}  // namespace
