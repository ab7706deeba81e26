// NetFlow version 9 (RFC 3954): a datagram goes in with open(), its records come out one by one with next().
// Records of an earlier datagram that waited for a template of this one come out as well.
// Proof: tests/unit/nmflowtool_netflow9_test.cpp, tests/fuzz/fuzz_netflow9.cpp.
#pragma once

#include "decode/datagram.hpp"
#include "decode/domains.hpp"

namespace nmflowtool {

class Netflow9 {
  public:
    enum class Got { nothing, flow, option };

    explicit Netflow9(DomainTable& domains) : domains_(domains) {}

    // False when the header is cut: there is nothing to read then, and no domain to book it on.
    bool open(const Datagram& datagram);
    // The next record into one of the two, or nothing: the datagram is done.
    Got next(nm::FlowRecord& flow, nm::FlowOption& option);

  private:
    void see_header(std::uint32_t sequence);
    bool next_set();
    void read_templates(nm::ByteReader set);
    void read_options_templates(nm::ByteReader set);
    void learn(std::uint16_t id, Template fresh);
    void begin_data(std::uint16_t id, nm::ByteReader set);
    void begin_records(const Template& layout, nm::ByteReader set, const ExportClock& clock, nm::Time ts);
    void end_records();
    void begin_replay();
    void close();
    Got read_record(nm::FlowRecord& flow, nm::FlowOption& option);
    void finish_flow(nm::FlowRecord& flow);
    void note_option(const nm::FlowOption& option);
    void fill_sampling(nm::FlowRecord& flow);

    DomainTable& domains_;
    Domain* domain_ = nullptr;
    nm::ByteReader message_;
    ExportClock message_clock_;
    nm::Time message_ts_;
    unsigned announced_ = 0;  // records and templates that the header counts
    unsigned counted_ = 0;
    bool all_known_ = true;  // every set could be decoded, so counted_ can be compared

    const Template* template_ = nullptr;  // of the set being read
    std::uint16_t template_id_ = 0;
    nm::ByteReader set_;
    ExportClock clock_;
    nm::FlowRecord blank_;  // what every record of the set starts from
    std::vector<WaitingSet> replay_;
    std::size_t replayed_ = 0;
    bool is_replay_ = false;
};

}  // namespace nmflowtool
