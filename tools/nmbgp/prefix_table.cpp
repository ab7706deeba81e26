#include "prefix_table.hpp"

#include <algorithm>
#include <bit>
#include <new>

namespace nmbgp {

namespace {

constexpr std::uint32_t is_page = 1u << 31;
constexpr std::size_t page_size = 256;
constexpr std::size_t slot_count = std::size_t{1} << 24;

__extension__ typedef unsigned __int128 Address128;

Address128 to_128(const nm::IpAddress& ip) {
    nm::ByteReader in(ip.bytes);
    const std::uint64_t high = in.u64();
    return static_cast<Address128>(high) << 64 | in.u64();
}

std::uint32_t top_32(Address128 address) {
    return static_cast<std::uint32_t>(address >> 96);
}

// Fibonacci hashing: neighbours spread over the table.
std::size_t hash_top(std::uint32_t top, std::size_t mask) {
    return static_cast<std::size_t>((top * 0x9E3779B97F4A7C15u) >> 32) & mask;
}

}  // namespace

PrefixTable::PrefixTable(std::vector<PrefixEntry> entries) {
    const auto v6 = std::stable_partition(entries.begin(), entries.end(), [](const PrefixEntry& entry) {
        return entry.prefix.address.is_v4();
    });
    std::vector<PrefixEntry> v6_entries(v6, entries.end());
    entries.erase(v6, entries.end());
    std::ranges::stable_sort(entries, {}, [](const PrefixEntry& entry) { return entry.prefix.length; });
    if (!entries.empty()) build_v4(entries);
    if (!v6_entries.empty()) build_v6(std::move(v6_entries));
}

void PrefixTable::build_v4(const std::vector<PrefixEntry>& by_length) {
    slots_.reset(static_cast<std::uint32_t*>(std::calloc(slot_count, sizeof(std::uint32_t))));
    if (!slots_) throw std::bad_alloc();
    for (const PrefixEntry& entry : by_length) set_v4(entry.prefix, entry.value);
}

// Longer prefixes come after shorter ones and overwrite them.
void PrefixTable::set_v4(const nm::Prefix& prefix, std::uint32_t value) {
    const std::uint32_t address = prefix.address.to_v4();
    std::uint32_t* slot = &slots_[address >> 8];
    if (prefix.length <= 24) {
        std::fill_n(slot, std::size_t{1} << (24 - prefix.length), value + 1);
        return;
    }
    if ((*slot & is_page) == 0) {
        const std::uint32_t page = static_cast<std::uint32_t>(pages_.size() / page_size);
        pages_.resize(pages_.size() + page_size, *slot);
        *slot = is_page | page;
    }
    std::uint32_t* page = &pages_[(*slot & ~is_page) * page_size];
    std::fill_n(page + (address & 255), std::size_t{1} << (32 - prefix.length), value + 1);
}

std::uint32_t PrefixTable::find_v4(std::uint32_t address) const {
    if (!slots_) return none;
    std::uint32_t slot = slots_[address >> 8];
    if ((slot & is_page) != 0) slot = pages_[(slot & ~is_page) * page_size + (address & 255)];
    return slot == 0 ? none : slot - 1;
}

// An interval begins where a prefix begins (its value holds) and where one ends (that of the prefix around it
// holds again). Of intervals that begin at one address the last written counts.
void PrefixTable::add_boundary(Address128 start, std::uint32_t value) {
    if (!starts_.empty() && starts_.back() == start) {
        values_.back() = value;
        return;
    }
    starts_.push_back(start);
    values_.push_back(value);
}

void PrefixTable::build_v6(std::vector<PrefixEntry> entries) {
    std::ranges::stable_sort(entries, {}, [](const PrefixEntry& entry) {
        return std::pair(to_128(entry.prefix.address), entry.prefix.length);
    });
    struct Open {
        Address128 last;
        std::uint32_t value;
    };
    std::vector<Open> open;  // the prefixes around the current address, the longest at the back
    const auto close_before = [&](Address128 address, bool all) {
        while (!open.empty() && (all || open.back().last < address)) {
            const Address128 last = open.back().last;
            open.pop_back();
            if (last != ~Address128{0}) add_boundary(last + 1, open.empty() ? none : open.back().value);
        }
    };
    add_boundary(0, none);
    for (const PrefixEntry& entry : entries) {
        const Address128 first = to_128(entry.prefix.address);
        const unsigned length = entry.prefix.length;
        const Address128 host_bits = length == 0 ? ~Address128{0} : (Address128{1} << (128 - length)) - 1;
        close_before(first, false);
        add_boundary(first, entry.value);
        open.push_back({first | host_bits, entry.value});
    }
    close_before(0, true);
    index_blocks();
}

// Every indexed /32 begins with an interval of its own, so that a search inside it never looks before it.
void PrefixTable::index_blocks() {
    std::vector<Address128> starts;
    std::vector<std::uint32_t> values;
    std::vector<Block> found;
    for (std::size_t i = 0; i < starts_.size(); ++i) {
        const std::uint32_t top = top_32(starts_[i]);
        if (found.empty() || found.back().top != top) {
            found.push_back({top, static_cast<std::uint32_t>(starts.size()), 0});
            const Address128 block_start = static_cast<Address128>(top) << 96;
            if (starts_[i] != block_start) {
                starts.push_back(block_start);
                values.push_back(values_[i - 1]);
                ++found.back().count;
            }
        }
        starts.push_back(starts_[i]);
        values.push_back(values_[i]);
        ++found.back().count;
    }
    starts_ = std::move(starts);
    values_ = std::move(values);
    blocks_.assign(std::bit_ceil(found.size() * 2), Block{});
    const std::size_t mask = blocks_.size() - 1;
    for (const Block& block : found) {
        std::size_t at = hash_top(block.top, mask);
        while (blocks_[at].count != 0) at = (at + 1) & mask;
        blocks_[at] = block;
    }
}

const PrefixTable::Block* PrefixTable::find_block(std::uint32_t top) const {
    const std::size_t mask = blocks_.size() - 1;
    for (std::size_t at = hash_top(top, mask); blocks_[at].count != 0; at = (at + 1) & mask) {
        if (blocks_[at].top == top) return &blocks_[at];
    }
    return nullptr;
}

std::uint32_t PrefixTable::find_v6(const nm::IpAddress& ip) const {
    if (blocks_.empty()) return none;
    const Address128 address = to_128(ip);
    const Block* block = find_block(top_32(address));
    const auto first = starts_.begin() + (block != nullptr ? block->first : 0);
    const auto last = block != nullptr ? first + block->count : starts_.end();
    const auto after = std::upper_bound(first, last, address);
    return values_[static_cast<std::size_t>(after - starts_.begin()) - 1];
}

}  // namespace nmbgp
