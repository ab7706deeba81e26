// What is remembered of each exporter and observation domain: templates, samplers, sequence, books. Bounded:
// when full, domains that never produced a record go first (so a flood of spoofed senders cannot push out an
// exporter in use), then the one unused for longest; their books are summed, never dropped.
// Data sets that come before their template wait here, the oldest giving way when there is no room.
// Proof: tests/unit/nmflowtool_netflow9_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "decode/boot_times.hpp"
#include "decode/exporter_names.hpp"
#include "decode/sample_source.hpp"
#include "decode/sequence.hpp"
#include "decode/template.hpp"

namespace nmflowtool {

struct Limits {
    std::size_t domains = 4096;
    std::size_t template_fields = 1'000'000;  // of all templates together
    std::size_t templates_per_domain = 4096;
    std::size_t fields_per_template = 512;
    std::size_t samplers_per_domain = 4096;
    std::size_t waiting_bytes = 1024 * 1024;  // of data sets without a template
    std::size_t sample_sources = 262'144;     // of all sFlow agents together
    std::size_t names_per_domain = 65'536;
    std::size_t names = 262'144;  // of all exporters together; about 130 bytes each
};

// Templates belong to the exporter's address, protocol and source id or observation domain, whatever its UDP
// port (RFC 3954 section 5.1), which changes when an exporter starts again. Exporters that share an address,
// behind a NAT, can only be told apart by the port: that is the strict scope (RFC 7011 section 8: the
// transport session).
enum class TemplateScope : std::uint8_t { address, port };
inline constexpr std::array<std::string_view, 2> template_scope_words{"address", "port"};

struct Domain;

// A data set that came before its template.
struct WaitingSet {
    Domain* domain = nullptr;
    std::uint16_t template_id = 0;
    ExportClock clock;
    nm::Time ts;
    std::vector<std::uint8_t> bytes;
    std::list<WaitingSet>::iterator next{};  // that waits for the same template; of the last one, nothing
};
using WaitingSets = std::list<WaitingSet>;  // the oldest first

// Those that wait for one template, of all that wait.
struct Waiters {
    WaitingSets::iterator first;
    WaitingSets::iterator last;
    std::size_t count = 0;
};

// v5 sequences belong to exporter and engine, those of sFlow to agent and sub-agent.
struct DomainKey {
    nm::ExportProtocol protocol{};
    nm::IpAddress exporter;
    std::uint32_t id = 0;
    std::uint16_t port = 0;  // 0: whatever it is
    bool operator==(const DomainKey&) const = default;
};

struct DomainKeyHash {
    std::size_t operator()(const DomainKey& key) const noexcept {
        const std::uint64_t low = std::uint64_t{key.port} << 40 | std::uint64_t{key.id} << 8 |
                                  static_cast<std::uint8_t>(key.protocol);
        return std::hash<nm::IpAddress>{}(key.exporter) ^ (low * 0x9E3779B97F4A7C15u);
    }
};

struct Domain {
    DomainKey key;
    nm::FlowStats stats;
    SequenceTracker sequence;
    BootTimes boots;
    TemplateMap templates;
    std::vector<std::uint16_t> withdrawn;  // templates that were taken back and not sent again, ascending
    std::unordered_map<std::uint64_t, std::uint32_t> sampler_rates;
    std::unordered_map<std::uint32_t, std::uint32_t> interface_rates;
    std::optional<std::uint32_t> sampling_rate;  // of the whole exporter
    std::optional<std::int64_t> told_boot_ms;    // as options told it (IPFIX element 160)
    ExporterNames names;
    nm::Time last_seen;
    std::unordered_map<std::uint64_t, SampleSource> sample_sources;
    std::uint64_t last_source_key = 0;
    SampleSource* last_source = nullptr;
    std::unordered_map<std::uint16_t, Waiters> waiting;  // by template
    std::list<Domain*>::iterator place{};
    bool is_proven = false;  // has produced a record
};

class DomainTable {
  public:
    explicit DomainTable(const Limits& limits) : limits_(limits) {}
    DomainTable(const DomainTable&) = delete;
    DomainTable& operator=(const DomainTable&) = delete;

    const Limits& limits() const { return limits_; }
    // The domain, made when it is new. The reference holds until the next call of get().
    Domain& get(const DomainKey& key);
    void prove(Domain& domain);

    // Learns a template; what it replaces is counted when it differs. False when there is no room.
    bool learn(Domain& domain, std::uint16_t id, Template fresh);
    // False when there was none.
    bool forget_template(Domain& domain, std::uint16_t id);
    void forget_templates(Domain& domain);
    // The exporter takes back one template, or all of a kind: data of them is not kept for a later template
    // of the same id, which is another one.
    void withdraw(Domain& domain, std::uint16_t id);
    void withdraw_all(Domain& domain, bool are_options);

    // Keeps a data set until its template comes; one that was withdrawn is booked as lost.
    void wait(Domain& domain, std::uint16_t template_id, const ExportClock& clock, nm::Time ts,
              nm::Bytes bytes);
    // Moves the sets that wait for this template to the end of out.
    void take_waiting(Domain& domain, std::uint16_t template_id, std::vector<WaitingSet>& out);
    // One that was moved, but whose template was taken back at once.
    void lose_recovered(Domain& domain, nm::Bytes bytes) {
        --domain.stats.sets_recovered;
        book_unread(domain, bytes);
    }
    // Names that exporters tell are kept for their flows, and counted; before the first domain is made.
    void keep_names() { keeps_names_ = true; }
    bool keeps_names() const { return keeps_names_; }
    // Keeps a name in one of the tables of domain.names, if there is room.
    template <class Names, class Key>
    void learn_name(Domain& domain, Names& names, const Key& key, std::string_view text);
    void learn_names(Domain& domain, const nm::FlowOption& option) {
        domain.names.for_each_in(option, [&](auto& names, const auto& key, std::string_view text) {
            learn_name(domain, names, key, text);
        });
    }
    void forget_names(Domain& domain);
    // What options told: names and sampling rates.
    void forget_options(Domain& domain);
    // Those of an earlier run, unless they are more than there is room for.
    void adopt_names(Domain& domain, ExporterNames names);
    // The books of a domain begin.
    void open_books(Domain& domain) const;
    // The source of samples with this key, made when it is new; nullptr when there is no room for another.
    SampleSource* sample_source(Domain& domain, std::uint64_t key);
    // The end of the input: what still waits is lost. Of one domain: its templates will be others.
    void give_up_waiting();
    void give_up_waiting(Domain& domain);

    // visit(const FlowStats&) for each domain, in order of exporter and id, then for the sums of the evicted.
    template <class Visit>
    void for_each_stats(Visit&& visit) const {
        for (const Domain* domain : sorted()) visit(domain->stats);
        for (const nm::FlowStats& sum : evicted_) {
            if (sum.evicted) visit(sum);
        }
    }
    std::size_t size() const { return domains_.size(); }
    // visit(const Domain&) for each, in order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Domain* domain : sorted()) visit(*domain);
    }

  private:
    std::vector<const Domain*> sorted() const;
    void evict_one();
    void book_unread(Domain& domain, nm::Bytes set);
    // The next of the same template once it is gone.
    WaitingSets::iterator stop_waiting(WaitingSets::iterator set);
    void drop_oldest_waiting();

    Limits limits_;
    std::unordered_map<DomainKey, Domain, DomainKeyHash> domains_;
    std::list<Domain*> unproven_;  // most recently used first
    std::list<Domain*> proven_;
    Domain* last_ = nullptr;
    std::size_t template_fields_ = 0;
    WaitingSets waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t sample_sources_ = 0;
    std::size_t names_ = 0;
    bool keeps_names_ = false;
    // Sums by protocol.
    std::array<nm::FlowStats, nm::enum_words<nm::ExportProtocol>.size()> evicted_{};
};

template <class Names, class Key>
void DomainTable::learn_name(Domain& domain, Names& names, const Key& key, std::string_view text) {
    const auto count = [](std::optional<std::uint64_t>& counter) { counter = counter.value_or(0) + 1; };
    const nm::Text64 name(text);
    const auto known = names.find(key);
    if (known != names.end()) {
        if (known->second == name) return;
        known->second = name;
    } else if (names_ >= limits_.names || domain.names.size() >= limits_.names_per_domain) {
        count(domain.stats.names_refused);
        return;
    } else {
        names.emplace(key, name);
        ++names_;
    }
    count(domain.stats.names);
}

// Books a fault with the bytes where it is; the counter beside it is the caller's.
void note_fault(nm::FlowStats& stats, nm::FlowFault kind, nm::Bytes bytes);

// Adds the counts of one to the other.
void add_stats(nm::FlowStats& sum, const nm::FlowStats& stats);

}  // namespace nmflowtool
