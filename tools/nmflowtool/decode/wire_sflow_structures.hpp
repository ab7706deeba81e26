// The structures inside sFlow samples, as rows: of flow samples in three rooms (wire_sflow_fields.hpp), of
// counter samples in one (wire_sflow_counters.cpp). A new structure is a new row there and its fields in
// libcommon/record. Proof: tests/unit/nmflowtool_sflow_structures_test.cpp.
#pragma once

#include "record/sflow_structs.hpp"
#include "wire/byte_reader.hpp"
#include "wire/packet_stack.hpp"

namespace nmflowtool {

// One record of each kind, reused for every sample.
struct SflowRecords {
    nm::SflowSample sample;
    nm::SflowDrop drop;
    nm::SflowCounters counters;
    nm::SflowHost host;
    nm::SflowApp app;
};

// What of a sample is kept beside the usual.
struct SflowKeep {
    bool header = false;   // the sampled bytes, in hex
    bool unknown = false;  // structures without a row, in hex
};

// What reading the structures of one sample met.
struct StructureCounts {
    std::uint32_t unknown = 0;
    std::uint32_t trailing = 0;  // known structures longer than known
};

// A structure number: 20 bits of enterprise, 12 of format.
constexpr std::uint32_t structure_number(std::uint32_t enterprise, std::uint32_t format) {
    return enterprise << 12 | format;
}

// Reads flow structures into samples; holds the room for a header's parse.
class FlowStructures {
  public:
    explicit FlowStructures(const SflowKeep& keep) : keep_(keep) {}

    // False when a structure overruns the sample or is too short: then the sample cannot be trusted.
    bool read(nm::ByteReader& in, nm::SflowSample& sample, StructureCounts& counts);

    // Single structures, for the older versions, which have no lengths to pass over.
    bool read_header(nm::ByteReader& in, nm::SflowSample& sample, bool has_stripped);

  private:
    const SflowKeep& keep_;
    nm::PacketStack stack_;
};

// The bodies that the older versions share.
bool read_sampled_ipv4(nm::ByteReader& in, nm::SflowSample& sample);
bool read_sampled_ipv6(nm::ByteReader& in, nm::SflowSample& sample);
bool read_extended_switch(nm::ByteReader& in, nm::SflowSample& sample);
bool read_extended_router(nm::ByteReader& in, nm::SflowSample& sample);
enum class GatewayLayout : std::uint8_t { plain_path, without_next_hop, full };  // v2, v4, v5
bool read_extended_gateway(nm::ByteReader& in, nm::SflowSample& sample, GatewayLayout layout);

// Empties a sample for the next one, keeping its memory.
void clear_sample(nm::SflowSample& sample);

// Which of the three counter records a sample filled.
struct CounterFamilies {
    bool counters = false;
    bool host = false;
    bool app = false;
};

bool read_counter_structures(nm::ByteReader& in, const SflowKeep& keep, SflowRecords& records,
                             CounterFamilies& families, StructureCounts& counts);
bool read_interface_counters(nm::ByteReader& in, nm::SflowCounters& counters);
// Block kinds of versions 2 and 4 behind or instead of the interface counters; false when it is cut.
bool read_old_media_counters(std::uint32_t kind, nm::ByteReader& in, nm::SflowCounters& counters);

}  // namespace nmflowtool
