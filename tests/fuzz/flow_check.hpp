// What the flow fuzzers check of every datagram: it ends, and every record it gives is a line that a strict
// JSON parser takes.
#pragma once

#include <simdjson.h>

#include <cstdlib>

#include "decode/decoder.hpp"
#include "json/write.hpp"
#include "record/sflow.hpp"
#include "record/sflow_app.hpp"
#include "record/sflow_host.hpp"

namespace nmflowtool {

// One line, one document. The parser is a shared library's, which no sanitizer slows down.
inline void check_json_line(std::string_view line) {
    static simdjson::dom::parser parser;
    if (line.find('\n') != line.size() - 1) std::abort();
    if (parser.parse(line.data(), line.size()).error() != simdjson::SUCCESS) std::abort();
}

template <class Record>
void check_line(nm::TextBuffer& line, const Record& record, const WireRecord& wire = {}) {
    line.clear();
    append_json(line, record);
    check_json_line(line.view());
    ElementPlan::Scratch scratch;
    line.truncate(line.size() - 2);
    append_elements(line, wire, scratch);
    line.append(std::string_view("}\n"));
    check_json_line(line.view());
}

inline void check_datagram(Decoder& decoder, const Datagram& datagram, Records& records,
                           nm::TextBuffer& line) {
    decoder.open(datagram);
    for (auto got = decoder.next(records); got != Decoder::Got::nothing; got = decoder.next(records)) {
        switch (got) {
            case Decoder::Got::flow:
                check_line(line, records.flow, records.wire);
                break;
            case Decoder::Got::option:
                check_line(line, records.option, records.wire);
                break;
            case Decoder::Got::sample:
                check_line(line, records.sample);
                break;
            case Decoder::Got::drop:
                check_line(line, records.drop);
                break;
            case Decoder::Got::counters:
                check_line(line, records.counters);
                break;
            case Decoder::Got::host:
                check_line(line, records.host);
                break;
            case Decoder::Got::app:
                check_line(line, records.app);
                break;
            case Decoder::Got::nothing:
                break;
        }
    }
}

inline void check_books(Decoder& decoder, nm::TextBuffer& line) {
    decoder.finish();
    decoder.for_each_stats([&](const nm::FlowStats& stats) { check_line(line, stats); });
}

// The input is a row of datagrams, each behind two bytes of length; with a version in front of each, so that
// no run is wasted on other protocols.
inline void check_datagrams(nm::Bytes input, std::initializer_list<std::uint8_t> version) {
    Limits limits;
    limits.domains = 8;
    limits.template_fields = 4096;
    limits.waiting_bytes = 4096;
    limits.names_per_domain = 16;
    Decoder decoder(limits);
    decoder.keep_names();
    Records records;
    nm::TextBuffer line;
    std::vector<std::uint8_t> payload;
    nm::ByteReader in(input);
    while (in.left() >= 2) {
        const std::size_t length = std::min<std::size_t>(in.u16(), in.left());
        const nm::Bytes bytes = in.bytes(length);
        payload.assign(version);
        payload.insert(payload.end(), bytes.begin(), bytes.end());
        check_datagram(decoder, {{1}, nm::IpAddress::v4(0x0A010101), payload}, records, line);
    }
    const std::string state = decoder.save_state();
    if (Decoder again(limits); !again.load_state(state) || again.save_state() != state) std::abort();
    check_books(decoder, line);
}

}  // namespace nmflowtool
