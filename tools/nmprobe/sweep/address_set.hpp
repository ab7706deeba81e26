// Sets of addresses as sorted, disjoint spans: what a sweep walks, and what it leaves out. Memory grows with
// the number of spans, never with the addresses in them. Proof: tests/unit/nmprobe_sweep_test.cpp (against
// brute force).
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/ip.hpp"

namespace nmprobe {

// An address as a number, ordered by family, zone and value.
struct AddressKey {
    nm::Family family = nm::Family::none;
    std::uint32_t zone = 0;
    std::uint64_t high = 0;
    std::uint64_t low = 0;  // IPv4: all of it

    static AddressKey of(const nm::IpAddress& address);
    nm::IpAddress address() const;
    AddressKey plus(std::uint64_t offset) const;
    auto operator<=>(const AddressKey&) const = default;
};

struct AddressSpan {  // of one family and zone
    AddressKey first;
    AddressKey last;

    static AddressSpan of(const nm::Prefix& prefix);
    std::uint64_t size() const;  // 2^64 - 1 when there are more
};

// "10.0.0.0/24", "10.0.0.1", "10.0.0.1-10.0.0.9", "10.0.0.1-9" and the like for IPv6. The error has the way
// out.
nm::Result<AddressSpan> parse_span(std::string_view text);

class AddressSet {
  public:
    void add(const AddressSpan& span) { spans_.push_back(span); }
    // To be called between the last add() and any question. Returns how many addresses were there twice.
    std::uint64_t normalise();
    // other is normalised. What it has of a link-local address without zone holds for every zone. Returns how
    // many addresses went.
    std::uint64_t subtract(const AddressSet& other);
    bool contains(const nm::IpAddress& address) const;
    std::uint64_t size() const { return size_; }  // 2^64 - 1 when there are more
    nm::IpAddress at(std::uint64_t offset) const;
    const std::vector<AddressSpan>& spans() const { return spans_; }

  private:
    void count();
    AddressSet with_zones_of(const AddressSet& other) const;

    std::vector<AddressSpan> spans_;
    std::vector<std::uint64_t> offsets_;  // of each span's first address
    std::uint64_t size_ = 0;
};

}  // namespace nmprobe
