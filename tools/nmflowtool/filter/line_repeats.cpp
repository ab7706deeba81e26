#include "filter/line_repeats.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "decode/template.hpp"
#include "json/document.hpp"

namespace nmflowtool {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets octets_of(std::uint64_t number) {
    Octets octets(8);
    for (std::size_t i = 0; i < 8; ++i) octets[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
    return octets;
}

// What the element was on the wire, from what --all-fields writes; nothing for what it does not write so.
Octets octets_of(Meaning meaning, const nm::Document& item) {
    if (const auto integer = item.integer()) return octets_of(static_cast<std::uint64_t>(*integer));
    const std::string text = item.text().value_or("");
    switch (meaning) {
        case Meaning::address:
        case Meaning::nonzero_address: {
            const auto ip = nm::parse_ip(text);
            return ip ? Octets(ip->bytes.begin(), ip->bytes.begin() + static_cast<std::ptrdiff_t>(ip->size()))
                      : Octets{};
        }
        case Meaning::mac: {
            const auto mac = nm::parse_mac(text);
            return mac ? Octets(mac->bytes.begin(), mac->bytes.end()) : Octets{};
        }
        case Meaning::mpls_label:
            return nm::parse_hex(text).value_or(Octets{});
        default: {
            const auto number = nm::parse_number<std::uint64_t>(text);  // above 2^53
            return number ? octets_of(*number) : Octets{};
        }
    }
}

}  // namespace

LineRepeats::LineRepeats(const std::vector<std::string_view>& keys) {
    std::vector<std::string_view> names;
    std::vector<Source> sources;
    const auto flush = [&] {
        if (!names.empty()) batches_.emplace_back(std::move(sources), std::move(names));
        names.clear();
        sources.clear();
    };
    const auto add = [&](std::string name, const Mapping& mapping, std::size_t turn) {
        names.push_back(names_.emplace_back(std::move(name)));
        sources.push_back({&mapping, turn});
        if (names.size() == nm::LineMembers::most_keys) flush();
    };
    for (const Mapping& mapping : mappings()) {
        const std::string_view key = flow_key({mapping.enterprise, mapping.id, {}, DataType::octets});
        if (key.empty() || std::ranges::find(keys, key) == keys.end()) continue;
        add(name_of(mapping.enterprise, mapping.id), mapping, 0);
        if (mapping.meaning != Meaning::mpls_label) continue;
        has_labels_ = true;
        for (std::uint16_t place = 1; place < mpls_places; ++place)
            add(name_of(0, static_cast<std::uint16_t>(mapping.id + place)), mapping, place);
    }
    flush();
}

void LineRepeats::expand(std::string_view line, const nm::FlowRecord& flow,
                         std::vector<nm::FlowRecord>& out) {
    out.clear();
    if (!has_labels_ && line.find('[') == std::string_view::npos) return;
    for (Batch& batch : batches_) {
        if (!batch.members.read(line)) return;
        for (std::size_t i = 0; i < batch.sources.size(); ++i) {
            const std::string_view raw = batch.members.value(i);
            const Source& source = batch.sources[i];
            const bool is_label = source.mapping->meaning == Meaning::mpls_label;
            if (raw.empty() || (raw.front() != '[' && !is_label)) continue;
            const auto value = nm::Document::parse(raw);
            if (!value) continue;
            const std::vector<nm::Document> alone{*value};
            std::size_t turn = source.turn;
            for (const nm::Document& item : value->is_list() ? value->items() : alone) {
                if (turn == most_repeats) break;
                const Octets octets = octets_of(source.mapping->meaning, item);
                if (out.size() <= turn) out.resize(turn + 1, flow);
                Template::store_value(*source.mapping, octets, out[turn]);
                ++turn;
            }
        }
    }
}

}  // namespace nmflowtool
