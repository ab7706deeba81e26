// NetFlow v1, v5, v7, v9 (RFC 3954) and IPFIX (RFC 7011): a datagram goes in with open(), its records come
// out one by one with next(). Records of an earlier datagram that waited for a template of this one come out
// as well. What the versions have in common is here once: the old ones are read by fixed templates. Proof:
// tests/unit/nmflowtool_netflow*_test.cpp, nmflowtool_ipfix_test.cpp, tests/fuzz/fuzz_netflow9.cpp.
#pragma once

#include "decode/datagram.hpp"
#include "decode/domains.hpp"
#include "decode/template_elements.hpp"

namespace nmflowtool {

class Netflow {
  public:
    enum class Got { nothing, flow, option };

    // Members of flow records that are not wanted may stay absent.
    Netflow(DomainTable& domains, const FlowMembers& wanted, TemplateScope scope);

    // False when the header is cut: there is nothing to read then, and no domain to book it on.
    bool open(nm::ExportProtocol protocol, const Datagram& datagram);
    // The next record into one of the two, or nothing: the datagram is done.
    Got next(nm::FlowRecord& flow, nm::FlowOption& option);
    // The bytes of the record that next() gave last.
    const WireRecord& wire() const { return wire_; }
    // Sets the names of the flow that next() gave last.
    void fill_names(nm::NamedFlow& flow) const { domain_->names.fill(flow, flow); }

  private:
    // wire_netflow.cpp: headers and sets.
    bool open_fixed(const Datagram& datagram);
    bool open_version9(const Datagram& datagram);
    bool open_message(const Datagram& datagram);
    void begin(const Datagram& datagram, std::uint32_t domain);
    void see_uptime(std::uint32_t sequence);
    bool next_set();
    void begin_data(std::uint16_t id, nm::ByteReader set);
    void begin_records(Template& layout, nm::ByteReader set, const ExportClock& clock, nm::Time ts);
    void end_records();
    void begin_replay();
    bool close();
    Got read_record(nm::FlowRecord& flow, nm::FlowOption& option);
    void fault(nm::FlowFault kind, nm::Bytes bytes);
    void lose_count(nm::FlowFault kind, nm::Bytes bytes);

    // wire_netflow_templates.cpp
    void read_templates(nm::ByteReader set);
    void read_options_templates(nm::ByteReader set);
    bool read_fields(nm::ByteReader& set, std::vector<TemplateField>& fields, std::size_t scope_fields);
    void withdraw(std::uint16_t id, bool are_options);
    void learn(std::uint16_t id, Template fresh);

    // wire_netflow_flows.cpp: what a record says beyond its members.
    void finish_flow(nm::FlowRecord& flow);
    void finish_times(nm::FlowRecord& flow) const;
    void fill_sampling(nm::FlowRecord& flow);
    void finish_option(nm::FlowOption& option);
    void note_sampling(const nm::FlowOption& option);

    Template& fixed_template();

    DomainTable& domains_;
    FlowMembers wanted_;
    TemplateScope scope_;
    std::array<Template, 3> fixed_templates_;  // of version 1, 5 and 7
    Domain* domain_ = nullptr;
    nm::ExportProtocol protocol_{};
    Dialect dialect_ = Dialect::netflow;
    Datagram datagram_;
    nm::ByteReader message_;
    nm::ByteReader rest_;  // what an IPFIX datagram has behind its message
    ExportClock message_clock_;
    unsigned announced_ = 0;  // records and templates that a v9 header counts
    unsigned counted_ = 0;
    std::uint32_t data_records_ = 0;
    std::uint32_t slack_ = 0;   // bytes that may hold further records: of sets that could not be decoded
    bool all_known_ = true;     // every set could be decoded, so counted_ can be compared
    bool has_sequence_ = true;  // its number is one of the sequence that is followed
    std::optional<std::uint32_t> header_rate_;

    const Template* template_ = nullptr;  // of the set being read
    std::uint16_t template_id_ = 0;
    nm::ByteReader set_;
    ExportClock clock_;
    Parts parts_;
    nm::FlowRecord blank_;  // what every record of the set starts from
    WireRecord wire_;
    std::vector<WaitingSet> replay_;
    std::size_t replayed_ = 0;
    bool is_replay_ = false;
};

}  // namespace nmflowtool
