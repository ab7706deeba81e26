#include <algorithm>

#include "base/hex.hpp"
#include "decode/wire_sflow_fields.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::SflowSample;

// The rooms of the structures that most samples have first.
const FlowStructure* find_structure(std::uint32_t number) {
    for (const auto room : {network_structures, device_structures, application_structures}) {
        const auto rows = room();
        const auto row = std::ranges::find(rows, number, &FlowStructure::number);
        if (row != rows.end()) return &*row;
    }
    return nullptr;
}

// enterprise:format:bytes
std::string unknown_text(std::uint32_t number, nm::Bytes body) {
    std::string text = std::to_string(number >> 12) + ':' + std::to_string(number & 0xFFFu) + ':';
    nm::append_hex(text, body);
    return text;
}

}  // namespace

void clear_sample(SflowSample& sample) {
    static_cast<nm::FlowRecord&>(sample) = {};
    std::vector<std::uint16_t> vlans = std::move(sample.vlans);
    std::string header = std::move(sample.header);
    static_cast<nm::SampleNumbers&>(sample) = {};
    vlans.clear();
    header.clear();
    sample.vlans = std::move(vlans);
    sample.header = std::move(header);
    if (sample.rest_is_absent) return;
    static_cast<nm::InnerPacket&>(sample) = {};
    static_cast<nm::SampleUnknown&>(sample) = {};
    static_cast<nm::DropDetails&>(sample) = {};
    static_cast<nm::SampleRoute&>(sample) = {};
    static_cast<nm::SampleTunnels&>(sample) = {};
    static_cast<nm::SampleWifi&>(sample) = {};
    static_cast<nm::SampleTcpInfo&>(sample) = {};
    static_cast<nm::SampleApp&>(sample) = {};
    static_cast<nm::FlowNames&>(sample) = {};
    sample.rest_is_absent = true;
}

// One function, as it is run for each structure.
bool FlowStructures::read(ByteReader in, bool is_second, SflowSample& sample, StructureCounts& counts) {
    constexpr std::uint32_t raw_header = 1;
    return walk_.walk(in, is_second, counts, [&](std::uint32_t number, ByteReader& body) {
        if (number == raw_header) {
            if (!read_header(body, sample, true)) return false;
        } else {
            const FlowStructure* row = find_structure(number);
            if (row == nullptr) {
                ++counts.unknown;
                sample.rest_is_absent = false;
                sample.unknown_records = counts.unknown;
                if (keep_.unknown) sample.unknown.push_back(unknown_text(number, body.rest()));
                return true;
            }
            if (!row->is_common) sample.rest_is_absent = false;
            if (!row->read(body, sample)) return false;
        }
        ++counts.whole;
        if (body.left() > 0) ++counts.trailing;
        return true;
    });
}

}  // namespace nmflowtool
