#include "sweep/address_set.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "base/text.hpp"

namespace nmprobe {
namespace {

using nm::Error;
using nm::Exit;
using nm::Family;

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

std::uint64_t add_saturated(std::uint64_t a, std::uint64_t b) {
    return a > most - b ? most : a + b;
}

Error not_an_address(std::string_view text) {
    return {Exit::usage, nm::in_quotes(text) +
                             " is not an address, a prefix or a range: write 192.0.2.7, "
                             "192.0.2.0/24 or 192.0.2.1-192.0.2.9"};
}

nm::Result<AddressSpan> parse_network(std::string_view text, std::size_t slash) {
    const auto ip = nm::parse_ip(text.substr(0, slash));
    const auto length = nm::parse_number<unsigned>(text.substr(slash + 1));
    if (!ip || !length || *length > ip->bits()) return not_an_address(text);
    const nm::Prefix prefix = nm::make_prefix(*ip, *length);
    if (prefix.address != *ip)
        return Error{Exit::usage, nm::in_quotes(text) + " has bits behind its length: write " +
                                      to_string(prefix) + " for the network, " + to_string(*ip) +
                                      " for the one address"};
    return AddressSpan::of(prefix);
}

nm::Result<AddressSpan> parse_range(std::string_view text, std::size_t dash) {
    const auto first = nm::parse_ip(text.substr(0, dash));
    if (!first) return not_an_address(text);
    const std::string_view end = text.substr(dash + 1);
    auto last = nm::parse_ip(end);
    if (const auto number = nm::parse_number<std::uint8_t>(end); first->is_v4() && number)
        last = nm::IpAddress::v4((first->to_v4() & 0xFFFFFF00U) | *number);
    if (!last || last->family != first->family) return not_an_address(text);
    if (last->zone == 0) last->zone = first->zone;
    const AddressSpan span{AddressKey::of(*first), AddressKey::of(*last)};
    if (span.first.zone != span.last.zone) return not_an_address(text);
    if (span.last < span.first) return Error{Exit::usage, nm::in_quotes(text) + " ends before it begins"};
    return span;
}

}  // namespace

AddressKey AddressKey::of(const nm::IpAddress& address) {
    AddressKey key{address.family, address.zone, 0, 0};
    if (address.is_v4()) {
        key.low = address.to_v4();
        return key;
    }
    nm::ByteReader in(nm::Bytes(address.bytes.data(), address.bytes.size()));
    key.high = in.u64();
    key.low = in.u64();
    return key;
}

nm::IpAddress AddressKey::address() const {
    if (family == Family::v4) return nm::IpAddress::v4(static_cast<std::uint32_t>(low));
    nm::IpAddress ip;
    ip.family = family;
    ip.zone = zone;
    for (std::size_t i = 0; i < 8; ++i) {
        ip.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        ip.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return ip;
}

AddressKey AddressKey::plus(std::uint64_t offset) const {
    AddressKey key = *this;
    key.low += offset;
    if (key.low < low) ++key.high;
    return key;
}

AddressSpan AddressSpan::of(const nm::Prefix& prefix) {
    AddressSpan span{AddressKey::of(prefix.address), AddressKey::of(prefix.address)};
    const unsigned host_bits = prefix.address.bits() - prefix.length;
    const auto ones = [](unsigned bits) { return bits >= 64 ? most : (std::uint64_t{1} << bits) - 1; };
    span.last.low |= ones(host_bits);
    if (host_bits > 64) span.last.high |= ones(host_bits - 64);
    return span;
}

std::uint64_t AddressSpan::size() const {
    const std::uint64_t steps = last.low - first.low;
    const bool within = last.high == first.high || (last.high == first.high + 1 && last.low < first.low);
    return within ? add_saturated(steps, 1) : most;
}

nm::Result<AddressSpan> parse_span(std::string_view text) {
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos)
        return parse_network(text, slash);
    if (const auto ip = nm::parse_ip(text)) return AddressSpan{AddressKey::of(*ip), AddressKey::of(*ip)};
    if (const std::size_t dash = text.find('-'); dash != std::string_view::npos)
        return parse_range(text, dash);
    return not_an_address(text);
}

void AddressSet::count() {
    offsets_.clear();
    size_ = 0;
    for (const AddressSpan& span : spans_) {
        offsets_.push_back(size_);
        size_ = add_saturated(size_, span.size());
    }
}

std::uint64_t AddressSet::normalise() {
    std::uint64_t before = 0;
    for (const AddressSpan& span : spans_) before = add_saturated(before, span.size());
    std::sort(spans_.begin(), spans_.end(),
              [](const AddressSpan& a, const AddressSpan& b) { return a.first < b.first; });
    std::vector<AddressSpan> joined;
    for (const AddressSpan& span : spans_) {
        const bool touches = !joined.empty() && span.first.family == joined.back().last.family &&
                             span.first.zone == joined.back().last.zone &&
                             (span.first <= joined.back().last || span.first == joined.back().last.plus(1));
        if (touches)
            joined.back().last = std::max(joined.back().last, span.last);
        else
            joined.push_back(span);
    }
    spans_ = std::move(joined);
    count();
    return before - size_;
}

// A copy where what holds for no zone holds for each zone of other.
AddressSet AddressSet::with_zones_of(const AddressSet& other) const {
    std::set<std::uint32_t> zones;
    for (const AddressSpan& span : other.spans_) {
        if (span.first.zone != 0) zones.insert(span.first.zone);
    }
    AddressSet copy = *this;
    for (const std::uint32_t zone : zones) {
        for (AddressSpan span : spans_) {
            if (span.first.family != Family::v6 || span.first.zone != 0) continue;
            span.first.zone = span.last.zone = zone;
            copy.add(span);
        }
    }
    copy.normalise();
    return copy;
}

std::uint64_t AddressSet::subtract(const AddressSet& other) {
    const AddressSet away = other.with_zones_of(*this);
    const std::uint64_t before = size_;
    std::vector<AddressSpan> rest;
    auto at = away.spans_.begin();
    for (AddressSpan span : spans_) {
        while (at != away.spans_.end() && at->last < span.first) ++at;
        bool some_left = true;
        for (auto cut = at; some_left && cut != away.spans_.end() && cut->first <= span.last; ++cut) {
            if (span.first < cut->first) {
                AddressKey end = cut->first;  // the address before it
                if (end.low == 0) --end.high;
                --end.low;
                rest.push_back({span.first, end});
            }
            some_left = cut->last < span.last;
            if (some_left) span.first = cut->last.plus(1);
        }
        if (some_left) rest.push_back(span);
    }
    spans_ = std::move(rest);
    count();
    return before - size_;
}

bool AddressSet::contains(const nm::IpAddress& address) const {
    const AddressKey key = AddressKey::of(address);
    const auto behind =
        std::upper_bound(spans_.begin(), spans_.end(), key,
                         [](const AddressKey& k, const AddressSpan& s) { return k < s.first; });
    return behind != spans_.begin() && key <= std::prev(behind)->last;
}

nm::IpAddress AddressSet::at(std::uint64_t offset) const {
    const auto behind = std::upper_bound(offsets_.begin(), offsets_.end(), offset);
    const auto i = static_cast<std::size_t>(behind - offsets_.begin()) - 1;
    return spans_[i].first.plus(offset - offsets_[i]).address();
}

}  // namespace nmprobe
