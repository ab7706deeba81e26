// sFlow versions 5 (https://sflow.org/sflow_version_5.txt), 4 (RFC 3176) and 2: a datagram goes in with
// open(), its samples come out one by one with next(). In version 5, samples and structures that are not
// known are passed over by their length, and one that overruns spoils itself, not its neighbours; the older
// ones have no lengths, so the first surprise ends the datagram. The structures inside a sample are rows of
// wire_sflow_structures.hpp. Proof: tests/unit/nmflowtool_sflow5_test.cpp, nmflowtool_sflow_old_test.cpp,
// tests/fuzz/fuzz_sflow5.cpp.
#pragma once

#include "decode/datagram.hpp"
#include "decode/domains.hpp"
#include "decode/wire_sflow_structures.hpp"

namespace nmflowtool {

class Sflow {
  public:
    enum class Got { nothing, sample, drop, counters, host, app };

    explicit Sflow(DomainTable& domains)
        : domains_(domains), structures_(keep_), counter_structures_(keep_) {}

    void keep(const SflowKeep& keep) { keep_ = keep; }
    // False when the header is cut: there is nothing to read then, and no agent to book it on.
    bool open(const Datagram& datagram);
    Got next(SflowRecords& records);
    // Sets the names of the sample that next() gave last.
    void fill_names(nm::SflowSample& sample) const {
        if (domain_->names.fill(sample, sample)) sample.rest_is_absent = false;
    }

  private:
    bool open_domain(const Datagram& datagram, nm::ExportProtocol protocol, std::uint32_t sequence,
                     std::uint32_t uptime_ms);
    void see_uptime(std::uint32_t uptime_ms, std::uint32_t sequence);
    Got next_sample(SflowRecords& records);
    Got read_sample(std::uint32_t format, nm::ByteReader body, SflowRecords& records);
    // One that holds flow structures behind what ReadHead makes of its head.
    template <auto ReadHead>
    bool read_flow_structures(nm::ByteReader in, std::uint8_t kind, nm::SflowSample& sample);
    template <bool IsExpanded>
    void read_flow_head(nm::ByteReader& in, nm::SflowSample& sample) const;
    void read_drop_head(nm::ByteReader& in, nm::SflowSample& sample) const;
    bool read_counter_sample(nm::ByteReader in, bool is_expanded, SflowRecords& records);
    void begin_sample(nm::SflowSample& sample) const;
    Got take_family();
    void book(const StructureCounts& counts);
    void book_malformed(nm::Bytes sample);
    void note_name(const nm::SflowCounters& counters);
    // What the sample's numbers tell of samples that are missing. kind: flow, counter or drop sample.
    void see_source(std::uint8_t kind, std::uint32_t source_class, std::uint32_t source_index,
                    std::uint32_t sequence, std::optional<std::uint32_t> drops);
    void close();

    // Versions 2 and 4: wire_sflow_old.cpp.
    Got next_old_sample(SflowRecords& records);
    bool read_old_flow_sample(nm::SflowSample& sample);
    bool read_old_extended(std::uint32_t kind, nm::SflowSample& sample);
    bool read_old_counter_sample(SflowRecords& records);

    DomainTable& domains_;
    Domain* domain_ = nullptr;
    SflowKeep keep_;
    FlowStructures structures_;
    CounterStructures counter_structures_;
    CounterFamilies families_;  // records of the last counter sample that are still to be handed out
    nm::ByteReader samples_;
    nm::Time ts_;
    nm::IpAddress agent_;
    std::uint32_t version_ = 5;
    std::uint32_t sub_agent_ = 0;
    std::uint32_t announced_ = 0;  // samples that are still to come, if the header tells the truth
    bool is_numbered_ = true;      // its numbers are of the latest start of the agent
};

struct SflowDataSource {
    std::uint32_t type;
    std::uint32_t index;
};
// Compact: 8 bits of class and 24 of index. Expanded: a word for each.
inline SflowDataSource read_data_source(nm::ByteReader& in, bool is_expanded) {
    const std::uint32_t first = in.u32();
    if (is_expanded) return {first, in.u32()};
    return {first >> 24, first & 0x00FFFFFFu};
}

struct SflowPort {
    std::uint32_t format;
    std::uint32_t value;
};
// Compact: 2 bits of format and 30 of value. Expanded: a word for each.
inline SflowPort read_port(nm::ByteReader& in, bool is_expanded) {
    const std::uint32_t first = in.u32();
    if (is_expanded) return {first, in.u32()};
    return {first >> 30, first & 0x3FFFFFFFu};
}
void set_ports(SflowPort in_port, SflowPort out_port, nm::SflowSample& sample);

}  // namespace nmflowtool
