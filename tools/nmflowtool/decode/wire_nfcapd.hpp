// Records of nfdump's files to flow records: the extensions of nfdump 1.7 and the common record with
// extension map of 1.6. Extensions that are not known are passed over by their size. The counters are as in
// the file: nfcapd has multiplied those of sampled flows already, so no sampling rate is told with them. A
// member of an extension that nfcapd fills with zero when the exporter did not send it is told as zero,
// because the file does not tell the difference; VLAN 0 and the MAC address of zeros are no values. Layout:
// nfdump's own description in nfxV3.h of 1.7 and nffile.h of 1.6. Proof: tests/cli/nmflowtool_input.bats
// (against nfdump's output), tests/fuzz/fuzz_nfcapd.cpp.
#pragma once

#include <vector>

#include "decode/nfcapd_fields.hpp"

namespace nmflowtool {

class NfcapdRecords {
  public:
    enum class Got { flow, other, malformed };

    // One record: its type, and what follows type and size. flow is overwritten when it is a flow.
    Got read(std::uint16_t type, nm::Bytes body, nm::FlowRecord& flow);
    // The MPLS stack of the flow just read (mpls_stack.hpp); empty when it has none.
    std::span<const std::uint32_t> labels() const { return labels_.entries(); }

  private:
    enum RecordType : std::uint16_t {
        common_record_v0 = 1,
        extension_map = 2,
        exporter_info = 7,
        common_record = 10,
        record_v3 = 11,
    };
    struct Exporter {
        nm::IpAddress ip;
        std::uint32_t id = 0;  // source id or observation domain
        bool has_id = false;
    };
    // Where the extensions of a record of 1.6 are, behind its addresses and counters.
    struct ExtensionMap {
        struct Entry {
            std::uint16_t id;
            std::uint16_t offset;
        };
        std::vector<Entry> entries;
        bool is_known = false;
    };

    Got read_v3(nm::Bytes body, nm::FlowRecord& flow);
    Got read_common(std::uint16_t type, nm::Bytes body, nm::FlowRecord& flow);
    bool read_extensions(const ExtensionMap& map, nm::Bytes extensions, nm::FlowRecord& flow);
    bool read_map(nm::Bytes body);
    bool read_exporter(nm::Bytes body);
    void set_exporter(std::uint16_t number, nm::FlowRecord& flow) const;

    std::vector<Exporter> exporters_;  // by their number in the file
    std::vector<ExtensionMap> maps_;   // by their number in the file
    nfcapd::LabelStack labels_;
};

}  // namespace nmflowtool
