// What an exporter calls the numbers in its flow records: interfaces, VRFs, applications and samplers, as its
// options records (RFC 3954 section 6, RFC 7011 section 3.4.2.2) or the port names of sFlow (structure
// 0:1005) told. A number without a name stays without: nothing is guessed. How many there may be is up to
// DomainTable. Proof: tests/unit/nmflowtool_names_test.cpp, tests/cli/nmflowtool_names.bats.
#pragma once

#include <cstring>
#include <unordered_map>

#include "base/random.hpp"
#include "record/flow.hpp"
#include "record/flow_stats.hpp"

namespace nmflowtool {

// Of another seed in each run: whoever sends options chooses the keys, and must not choose the buckets.
class NameHash {
  public:
    std::size_t operator()(std::uint64_t number) const noexcept { return nm::mix64(seed_ ^ number); }
    std::size_t operator()(const nm::Text32& application) const noexcept {
        std::uint64_t words[4];
        static_assert(sizeof words == sizeof application);
        std::memcpy(words, &application, sizeof words);
        std::uint64_t hash = seed_;
        for (const std::uint64_t word : words) hash = nm::mix64(hash ^ word);
        return hash;
    }

  private:
    static const std::uint64_t seed_;
};

struct ExporterNames {
    using Numbered = std::unordered_map<std::uint32_t, nm::Text64, NameHash>;

    Numbered interfaces;
    Numbered interface_descriptions;  // of interfaces whose options have no name
    Numbered vrfs;
    std::unordered_map<std::uint64_t, nm::Text64, NameHash> samplers;
    std::unordered_map<nm::Text32, nm::Text64, NameHash> applications;

    std::size_t size() const {
        return interfaces.size() + interface_descriptions.size() + vrfs.size() + samplers.size() +
               applications.size();
    }
    // visit(map, key, name) for each name that the options record tells.
    template <class Visit>
    void for_each_in(const nm::FlowOption& option, Visit&& visit);

    // Sets the names of a flow, and its application's when it has none of its own; what has no name becomes
    // absent. True when there is one.
    bool fill(nm::FlowRecord& flow, nm::FlowNames& names) const;
};

template <class Visit>
void ExporterNames::for_each_in(const nm::FlowOption& option, Visit&& visit) {
    std::optional<std::uint32_t> interface = option.if_index;
    if (!interface && option.scope == nm::OptionScope::interface && option.scope_value)
        interface = static_cast<std::uint32_t>(*option.scope_value);
    if (interface && !option.if_name.empty())
        visit(interfaces, *interface, option.if_name);
    else if (interface && !option.if_description.empty())
        visit(interface_descriptions, *interface, option.if_description);
    if (option.vrf && !option.vrf_name.empty()) visit(vrfs, *option.vrf, option.vrf_name);
    if (option.sampler_id && !option.sampler_name.empty())
        visit(samplers, *option.sampler_id, option.sampler_name);
    if (option.app_id && !option.app_name.empty()) visit(applications, *option.app_id, option.app_name);
}

}  // namespace nmflowtool
