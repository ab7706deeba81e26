// sFlow datagrams put together for tests.
#pragma once

#include <string_view>

#include "decode/decoder.hpp"
#include "wire_builder.hpp"

namespace nm::test {

// opaque<> and string<> of XDR.
inline Wire xdr(const Wire& bytes) {
    return Wire().u32(bytes.size()).add(bytes).zeros((4 - bytes.size() % 4) % 4);
}
inline Wire xdr(std::string_view text) {
    Wire bytes;
    for (const char c : text) bytes.u8(static_cast<unsigned char>(c));
    return xdr(bytes);
}
inline Wire structure(std::uint32_t number, const Wire& body) {
    return Wire().u32(number).u32(body.size()).add(body);
}
inline Wire flow_sample(const std::vector<Wire>& structures) {
    Wire body = Wire().u32(9).u32(7).u32(1000).u32(9000).u32(2).u32(3).u32(4).u32(structures.size());
    for (const Wire& one : structures) body.add(one);
    return structure(1, body);
}
inline Wire counter_sample(const std::vector<Wire>& structures) {
    Wire body = Wire().u32(11).u32(2 << 24 | 1).u32(structures.size());
    for (const Wire& one : structures) body.add(one);
    return structure(2, body);
}
inline Wire sflow_datagram(std::uint32_t sequence, const std::vector<Wire>& samples) {
    Wire out = Wire().u32(5).u32(1).u32(0x0A090909).u32(0).u32(sequence).u32(1000).u32(samples.size());
    for (const Wire& sample : samples) out.add(sample);
    return out;
}

// Everything that datagrams give.
struct SflowCollector {
    nmflowtool::Decoder decoder;
    std::vector<SflowSample> samples;
    std::vector<SflowDrop> drops;
    std::vector<SflowCounters> counters;
    std::vector<SflowHost> hosts;
    std::vector<SflowApp> apps;

    SflowCollector& take(const Wire& bytes) {
        using Got = nmflowtool::Decoder::Got;
        decoder.open({{1}, *parse_ip("10.1.1.1"), bytes});
        nmflowtool::Records records;
        for (auto got = decoder.next(records); got != Got::nothing; got = decoder.next(records)) {
            if (got == Got::sample) samples.push_back(records.sample);
            if (got == Got::drop) drops.push_back(records.drop);
            if (got == Got::counters) counters.push_back(records.counters);
            if (got == Got::host) hosts.push_back(records.host);
            if (got == Got::app) apps.push_back(records.app);
        }
        return *this;
    }
    FlowStats stats() const {
        FlowStats sum;
        decoder.for_each_stats([&](const FlowStats& one) { nmflowtool::add_stats(sum, one); });
        return sum;
    }
};

}  // namespace nm::test
