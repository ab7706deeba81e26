// The structures inside sFlow samples, as rows: of flow samples in three rooms (wire_sflow_fields.hpp), of
// counter samples in one (wire_sflow_counters.cpp). A new structure is a new row there and its fields in
// libcommon/record. Proof: tests/unit/nmflowtool_sflow_structures_test.cpp.
#pragma once

#include "decode/xdr.hpp"
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

// header_protocol of a raw packet header (sFlow 5, section 5.3).
enum : std::uint32_t {
    header_ethernet = 1,
    header_ppp = 7,
    header_ipv4 = 11,
    header_ipv6 = 12,
    header_mpls = 13,
    header_pos = 14
};

// What of a sample is kept beside the usual.
struct SflowKeep {
    bool header = false;   // the sampled bytes, in hex
    bool unknown = false;  // structures without a row, in hex
};

// What reading the structures of one sample met.
struct StructureCounts {
    std::uint32_t whole = 0;
    std::uint32_t unknown = 0;
    std::uint32_t trailing = 0;   // known structures longer than known
    std::uint32_t malformed = 0;  // passed over: they overrun the sample, or are too short
    nm::Bytes first_malformed;    // with its number and length
    std::size_t left_over = 0;    // bytes behind those that were announced
    bool is_count_wrong = false;

    bool is_plain() const { return (unknown | trailing | malformed | left_over) == 0 && !is_count_wrong; }
    // A sample of which nothing can be read is none.
    bool is_hopeless() const { return malformed > 0 && whole + unknown == 0; }
};

// A structure number: 20 bits of enterprise, 12 of format.
constexpr std::uint32_t structure_number(std::uint32_t enterprise, std::uint32_t format) {
    return enterprise << 12 | format;
}

// The way through the structures of a sample. Each is passed over by its length, so that a bad one spoils
// none of its neighbours, and their count is bound by the bytes.
class StructureWalk {
  public:
    // read(number, body) is false for a structure that is too short. False when there was one, which may have
    // set some of its members: then the record is to begin anew, and a second walk leaves it out.
    template <class Read>
    bool walk(nm::ByteReader in, bool is_second, StructureCounts& counts, Read&& read);

  private:
    std::vector<std::uint32_t> malformed_;  // how many were to come when they came
};

// Reads flow structures into samples; holds the room for a header's parse.
class FlowStructures {
  public:
    explicit FlowStructures(const SflowKeep& keep) : keep_(keep) {}

    // As StructureWalk says: what is to begin anew is the sample up to its structures.
    bool read(nm::ByteReader in, bool is_second, nm::SflowSample& sample, StructureCounts& counts);

    // Single structures, for the older versions, which have no lengths to pass over.
    bool read_header(nm::ByteReader& in, nm::SflowSample& sample, bool has_stripped);

  private:
    const SflowKeep& keep_;
    nm::PacketStack stack_;
    StructureWalk walk_;
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

// families tells which records were filled.
class CounterStructures {
  public:
    explicit CounterStructures(const SflowKeep& keep) : keep_(keep) {}

    StructureCounts read(nm::ByteReader in, SflowRecords& records, CounterFamilies& families);

  private:
    bool read_one(std::uint32_t number, nm::ByteReader body, SflowRecords& records, CounterFamilies& families,
                  StructureCounts& counts);

    const SflowKeep& keep_;
    StructureWalk walk_;
    std::vector<std::string> unknown_;
};
bool read_interface_counters(nm::ByteReader& in, nm::SflowCounters& counters);
// Block kinds of versions 2 and 4 behind or instead of the interface counters; false when it is cut.
bool read_old_media_counters(std::uint32_t kind, nm::ByteReader& in, nm::SflowCounters& counters);

template <class Read>
bool StructureWalk::walk(nm::ByteReader in, bool is_second, StructureCounts& counts, Read&& read) {
    counts = {};
    if (!is_second) malformed_.clear();
    const std::size_t known = malformed_.size();
    std::size_t next = 0;
    std::uint32_t left = in.u32();
    for (; left > 0 && in.left() > 0; --left) {
        const std::uint8_t* begin = in.rest().data();
        const std::uint32_t number = in.u32();
        nm::ByteReader body = xdr_body(in);
        const bool overruns = !body.ok();
        const bool is_left_out = next < known && malformed_[next] == left;
        if (!overruns && !is_left_out && read(number, body)) continue;
        if (is_left_out)
            ++next;
        else if (!overruns)
            malformed_.push_back(left);
        if (counts.malformed++ == 0) counts.first_malformed = {begin, in.rest().data()};
    }
    counts.left_over = in.left();
    counts.is_count_wrong = in.left() > 0 || (left > 0 && in.ok());
    return malformed_.size() == known;
}

}  // namespace nmflowtool
