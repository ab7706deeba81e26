// Datagrams of NetFlow and IPFIX put together, and a collector with what came out of them.
#pragma once

#include <string>
#include <vector>

#include "decode/decoder.hpp"
#include "wire_builder.hpp"

namespace nm::test {

inline constexpr std::uint32_t export_s = 1'700'000'000;

struct TestField {
    int id;
    int length;
    std::uint32_t enterprise = 0;
};

inline Wire make_set(std::uint16_t id, const Wire& body) {
    return Wire().u16(id).u16(body.size() + 4).add(body);
}

inline void add_fields(Wire& body, const std::vector<TestField>& fields) {
    for (const TestField& field : fields) {
        const auto id = static_cast<std::uint64_t>(field.id);
        body.u16(field.enterprise == 0 ? id : id | 0x8000u).u16(static_cast<std::uint64_t>(field.length));
        if (field.enterprise != 0) body.u32(field.enterprise);
    }
}

inline Wire ipfix_template(std::uint16_t id, const std::vector<TestField>& fields) {
    Wire body;
    body.u16(id).u16(fields.size());
    add_fields(body, fields);
    return make_set(2, body);
}

inline Wire ipfix_options(std::uint16_t id, std::size_t scopes, const std::vector<TestField>& fields) {
    Wire body;
    body.u16(id).u16(fields.size()).u16(scopes);
    add_fields(body, fields);
    return make_set(3, body);
}

inline Wire ipfix_message(const Wire& sets, std::uint32_t sequence, std::uint32_t domain = 1) {
    return Wire().u16(10).u16(sets.size() + 16).u32(export_s).u32(sequence).u32(domain).add(sets);
}

struct FlowCollector {
    nmflowtool::Decoder decoder;
    std::vector<NamedFlow> flows;
    std::vector<FlowOption> options;
    std::vector<std::string> elements;  // of each record, as --all-fields adds them

    std::uint16_t sender_port = 0;  // of the datagrams to come

    explicit FlowCollector(const nmflowtool::Limits& limits = {},
                           nmflowtool::TemplateScope scope = nmflowtool::TemplateScope::address)
        : decoder(limits, {}, scope) {}

    FlowCollector& take(const Wire& datagram, const char* sender = "10.1.1.1") {
        using Got = nmflowtool::Decoder::Got;
        decoder.open({{1}, *parse_ip(sender), datagram, sender_port});
        nmflowtool::Records records;
        nmflowtool::ElementPlan::Scratch scratch;
        for (auto got = decoder.next(records); got != Got::nothing; got = decoder.next(records)) {
            if (got == Got::flow) flows.push_back(records.flow);
            if (got == Got::option) options.push_back(records.option);
            TextBuffer text;
            append_elements(text, records.wire, scratch);
            elements.emplace_back(text.view());
        }
        return *this;
    }
    FlowCollector& ipfix(const Wire& sets, std::uint32_t sequence = 0, std::uint32_t domain = 1,
                         const char* sender = "10.1.1.1") {
        return take(ipfix_message(sets, sequence, domain), sender);
    }
    FlowStats stats() const {
        FlowStats sum;
        decoder.for_each_stats([&](const FlowStats& one) { nmflowtool::add_stats(sum, one); });
        return sum;
    }
};

}  // namespace nm::test
