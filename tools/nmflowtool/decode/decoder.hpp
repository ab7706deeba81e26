// Any flow datagram to records: finds the protocol of each datagram by its first bytes, and keeps the books
// of what it did not understand. One decoder serves all exporters and sources of a run. Proof:
// tests/cli/nmflowtool.bats (golden traps).
#pragma once

#include <array>
#include <span>

#include "decode/domains_state.hpp"
#include "decode/protocol.hpp"
#include "decode/wire_netflow.hpp"
#include "decode/wire_sflow.hpp"

namespace nmflowtool {

// One of each kind, reused for every record of a run.
struct Records : SflowRecords {
    nm::NamedFlow flow;
    nm::FlowOption option;
    WireRecord wire;  // of the flow or option, when it came as NetFlow or IPFIX
    // The MPLS stack of the flow (mpls_stack.hpp), when it came from a file of nfdump.
    std::span<const std::uint32_t> labels;
};

class Decoder {
  public:
    enum class Got { nothing, flow, option, sample, drop, counters, host, app };

    // Members of flow records that are not wanted may stay absent.
    explicit Decoder(const Limits& limits = {}, const FlowMembers& wanted = {},
                     TemplateScope scope = TemplateScope::address)
        : domains_(limits), scope_(scope), netflow_(domains_, wanted, scope), sflow_(domains_) {}

    // What of sFlow samples is kept beside the usual.
    void keep(const SflowKeep& keep) { sflow_.keep(keep); }
    // Flows and samples get the names that their exporter told before them. Before load_state() and open().
    void keep_names() { domains_.keep_names(); }
    bool keeps_names() const { return domains_.keeps_names(); }
    void open(const Datagram& datagram);
    // The next record of the datagram; Got says which member of records it is in.
    Got next(Records& records);
    // The protocol of the datagram just opened, the first time one of this unsupported protocol comes.
    std::optional<nm::ExportProtocol> first_unsupported();

    // Templates, sampling options and names for a later run (domains_state.hpp).
    std::string save_state() const { return state_of(domains_); }
    nm::Result<std::size_t> load_state(std::string_view text) {
        return restore_state(text, scope_, domains_);
    }

    // No more datagrams: what waits for a template is given up and booked.
    void finish() { domains_.give_up_waiting(); }
    // Adds the sums over all exporters.
    void add_to(nm::FlowSummary& summary) const;
    // visit(FlowStats) for each domain, then for each protocol that has datagrams without one.
    template <class Visit>
    void for_each_stats(Visit&& visit) const {
        domains_.for_each_stats(visit);
        for (const nm::FlowStats& stats : homeless_) {
            if (stats.datagrams > 0) visit(stats);
        }
    }

  private:
    nm::FlowStats& homeless(nm::ExportProtocol protocol);

    DomainTable domains_;
    TemplateScope scope_;
    Netflow netflow_;
    Sflow sflow_;
    std::optional<nm::ExportProtocol> open_;  // what next() reads from
    std::optional<nm::ExportProtocol> first_unsupported_;
    std::uint64_t datagrams_ = 0;
    std::uint64_t not_flow_ = 0;
    // Datagrams that belong to no domain: of unsupported protocols, or with their header cut.
    std::array<nm::FlowStats, nm::enum_words<nm::ExportProtocol>.size()> homeless_{};
};

}  // namespace nmflowtool
