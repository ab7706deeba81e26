#include "decode/exporter_names.hpp"

namespace nmflowtool {
namespace {

template <class Names, class Key>
const nm::Text64* find(const Names& names, const std::optional<Key>& key) {
    if (!key || names.empty()) return nullptr;
    const auto known = names.find(*key);
    return known == names.end() ? nullptr : &known->second;
}

bool set(std::optional<nm::Text64>& member, const nm::Text64* name) {
    if (name == nullptr) {
        member.reset();
        return false;
    }
    member = *name;
    return true;
}

}  // namespace

const std::uint64_t NameHash::seed_ = nm::random_number<std::uint64_t>();

bool ExporterNames::fill(nm::FlowRecord& flow, nm::FlowNames& names) const {
    const auto interface_name = [this](const std::optional<std::uint32_t>& index) {
        const nm::Text64* name = find(interfaces, index);
        return name != nullptr ? name : find(interface_descriptions, index);
    };
    bool any = set(names.in_if_name, interface_name(flow.in_if));
    any |= set(names.out_if_name, interface_name(flow.out_if));
    any |= set(names.in_vrf_name, find(vrfs, flow.in_vrf));
    any |= set(names.out_vrf_name, find(vrfs, flow.out_vrf));
    any |= set(names.sampler_name, find(samplers, flow.sampler_id));
    if (!flow.app_name) set(flow.app_name, find(applications, flow.app_id));
    return any;
}

}  // namespace nmflowtool
