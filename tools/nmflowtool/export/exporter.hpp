// Flow records to datagrams: a stream for each exporter and observation domain, so that sequences, templates
// and uptimes are those of one exporter each. Sends nothing itself. Proof:
// tests/unit/nmflowtool_export_test.cpp (what is exported is what our decoder reads back),
// tests/cli/nmflowtool_export.bats (nfdump, nfacctd, tshark).
#pragma once

#include <list>
#include <memory>
#include <set>
#include <unordered_map>

#include "export/flow_stream.hpp"

namespace nmflowtool {

struct ExporterOptions {
    StreamOptions stream;
    bool vlan_as_dst_as = false;
    // Collectors see the exporters' addresses. If not, all come from ours, and two exporters that use the
    // same domain are told apart by another domain for one of them.
    bool keeps_source = true;
    std::size_t most_streams = 8192;
};

class Exporter {
  public:
    Exporter(const ExporterOptions& options, SendDatagram send) : options_(options), send_(std::move(send)) {}
    Exporter(const Exporter&) = delete;
    Exporter& operator=(const Exporter&) = delete;

    // proto_num must be set where proto is. ts too.
    void add(const nm::FlowRecord& flow);
    void add(const nm::SflowSample& sample);
    // Sends what waits for its datagram to fill.
    void flush();

    void add_to(nm::ExportSummary& summary) const;

  private:
    struct Key {
        nm::IpAddress exporter;
        std::uint32_t domain = 0;
        bool operator==(const Key&) const = default;
    };
    struct KeyHash {
        std::size_t operator()(const Key& key) const noexcept {
            return std::hash<nm::IpAddress>{}(key.exporter) ^ (key.domain * 0x9E3779B97F4A7C15u);
        }
    };
    struct Entry {
        Key key;
        std::uint32_t domain = 0;  // as told to collectors
        std::unique_ptr<FlowStream> stream;
    };

    FlowStream& stream_of(const nm::FlowRecord& flow);
    nm::IpAddress seen_address(const Key& key) const;
    std::uint32_t domain_for(const Key& key);
    void end_oldest();

    const ExporterOptions options_;
    const SendDatagram send_;
    ExportBooks books_;
    std::list<Entry> entries_;  // most recently used first
    std::unordered_map<Key, std::list<Entry>::iterator, KeyHash> by_key_;
    // As told to collectors, in use, by the address that they see.
    std::unordered_map<nm::IpAddress, std::set<std::uint32_t>> domains_;
    std::uint64_t domains_renamed_ = 0;
    std::uint64_t streams_ended_ = 0;
};

}  // namespace nmflowtool
