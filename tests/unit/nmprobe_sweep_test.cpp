// The parts of a sweep that need no network: sets of addresses, the order, pacing of networks, slots, state.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "sweep/input.hpp"
#include "sweep/local_links.hpp"
#include "sweep/order.hpp"
#include "sweep/prefix_pacer.hpp"
#include "sweep/slots.hpp"
#include "sweep/state.hpp"

namespace {

using nm::IpAddress;
using nmprobe::AddressKey;
using nmprobe::AddressSet;
using nmprobe::AddressSpan;
using nmprobe::Permutation;
using nmprobe::Place;
using nmprobe::Slot;
using nmprobe::Slots;

AddressSpan span(std::string_view text) {
    auto parsed = nmprobe::parse_span(text);
    EXPECT_TRUE(parsed) << text << ": " << parsed.error().message;
    return *parsed;
}

AddressSet set_of(std::initializer_list<std::string_view> texts) {
    AddressSet set;
    for (const auto text : texts) set.add(span(text));
    set.normalise();
    return set;
}

std::vector<std::string> listed(const AddressSet& set) {
    std::vector<std::string> all;
    for (std::uint64_t i = 0; i < set.size(); ++i) all.push_back(to_string(set.at(i)));
    return all;
}

// --- Reading ---

TEST(SweepSpans, PrefixesRangesAndAddressesOfBothFamilies) {
    EXPECT_EQ(span("192.0.2.0/24").size(), 256U);
    EXPECT_EQ(span("192.0.2.7").size(), 1U);
    EXPECT_EQ(span("192.0.2.250-192.0.3.5").size(), 12U);
    EXPECT_EQ(span("192.0.2.1-9").size(), 9U);
    EXPECT_EQ(span("0.0.0.0/0").size(), std::uint64_t{1} << 32);
    EXPECT_EQ(span("2001:db8::/112").size(), 65536U);
    EXPECT_EQ(span("2001:db8::1-2001:db8::10").size(), 16U);
    EXPECT_EQ(span("2001:db8::ffff:ffff:ffff:fff0-2001:db8:0:1::f").size(), 32U);
    EXPECT_EQ(span("::/0").size(), ~std::uint64_t{0});
}

TEST(SweepSpans, TyposAreRefusedWithTheWayOut) {
    for (const char* text :
         {"", "192.0.2", "192.0.2.0/33", "192.0.2.0/", "/24", "192.0.2.0/-1", "192.0.2.9-1", "192.0.2.9-300",
          "192.0.2.1-2001:db8::1", "2001:db8::/129", "db1.example", "192.0.2.1-", "-", "192.0.2.0/24/24",
          "192.0.2.01", "1", "192.0.2.1 192.0.2.2", "fe80::1%1-fe80::2%2"}) {
        EXPECT_FALSE(nmprobe::parse_span(text)) << text;
    }
    const auto bits = nmprobe::parse_span("192.0.2.7/24");
    ASSERT_FALSE(bits);
    EXPECT_NE(bits.error().message.find("192.0.2.0/24"), std::string::npos);
}

TEST(SweepSpans, AFileIsLinesOrAYamlList) {
    for (const char* text :
         {"192.0.2.1\n# comment\n\n  192.0.2.8/31 # two\n", "- 192.0.2.1\n- 192.0.2.8/31\n",
          "---\n- \"192.0.2.1\"\n- 192.0.2.8-9\n", "[192.0.2.1, 192.0.2.8/31]"}) {
        AddressSet set = nmprobe::parse_span_file(text, "list");
        set.normalise();
        EXPECT_EQ(listed(set), (std::vector<std::string>{"192.0.2.1", "192.0.2.8", "192.0.2.9"})) << text;
    }
    for (const auto& [text, place] :
         {std::pair{"192.0.2.1\nnonsense\n", "list:2: "}, std::pair{"- 192.0.2.1\n- {a: b}\n", "list:2: "},
          std::pair{"- 192.0.2.1\n- 192.0.2.0/99\n", "list:2: "}, std::pair{"[192.0.2.1", "list:1: "},
          std::pair{"192.0.2.1\n2001:db8::/64\n", "list:2: "}}) {
        try {
            nmprobe::parse_span_file(text, "list");
            ADD_FAILURE() << text;
        } catch (const nm::UserError& error) {
            EXPECT_EQ(std::string(error.what()).rfind(place, 0), 0U) << error.what();
            EXPECT_EQ(error.exit(), nm::Exit::bad_data);
        }
    }
}

TEST(SweepInput, MoreThanMaxAddressesIsRefusedAndTheCountIsTold) {
    nmprobe::SweepInput input;
    input.addresses = set_of({"0.0.0.0/0"});
    try {
        nmprobe::check_size(input, 1 << 20);
        ADD_FAILURE();
    } catch (const nm::UserError& error) {
        EXPECT_NE(std::string(error.what()).find("4294967296 addresses"), std::string::npos) << error.what();
        EXPECT_EQ(error.exit(), nm::Exit::usage);
    }
    EXPECT_NO_THROW(nmprobe::check_size(input, std::uint64_t{1} << 32));
    input.addresses = set_of({"0.0.0.0/0", "2001:db8::1"});
    EXPECT_THROW(nmprobe::check_size(input, ~std::uint64_t{0}), nm::UserError);
}

// --- Sets against brute force ---

TEST(AddressSets, OverlapsAreCountedOnceAndNeighboursJoin) {
    AddressSet set;
    for (const char* text : {"192.0.2.0/25", "192.0.2.128/25", "192.0.2.64/26", "192.0.2.5"})
        set.add(span(text));
    EXPECT_EQ(set.normalise(), 65U);
    EXPECT_EQ(set.size(), 256U);
    EXPECT_EQ(set.spans().size(), 1U);
}

TEST(AddressSets, UnionAndDifferenceEqualThoseOfPlainSets) {
    std::mt19937 random(1);
    // Within a few networks of each family, across the middle of an IPv6 address too.
    const std::vector<AddressKey> bases{
        AddressKey::of(*nm::parse_ip("0.0.0.0")), AddressKey::of(*nm::parse_ip("255.255.255.128")),
        AddressKey::of(*nm::parse_ip("2001:db8::ffff:ffff:ffff:ffc0")),
        AddressKey::of(*nm::parse_ip("fe80::%1")), AddressKey::of(*nm::parse_ip("fe80::%2"))};
    for (int round = 0; round < 300; ++round) {
        AddressSet sets[2];
        std::set<AddressKey> plain[2];
        std::uint64_t added[2] = {};
        for (int which = 0; which < 2; ++which) {
            for (std::uint64_t n = random() % 12; n > 0; --n) {
                const AddressKey& base = bases[random() % bases.size()];
                const std::uint64_t first = random() % 100;
                const std::uint64_t last = first + random() % 28;
                sets[which].add({base.plus(first), base.plus(last)});
                added[which] += last - first + 1;
                for (std::uint64_t i = first; i <= last; ++i) plain[which].insert(base.plus(i));
            }
            ASSERT_EQ(sets[which].normalise(), added[which] - plain[which].size());
        }
        std::uint64_t removed = 0;
        for (const AddressKey& key : plain[1]) removed += plain[0].erase(key);
        ASSERT_EQ(sets[0].subtract(sets[1]), removed);
        ASSERT_EQ(sets[0].size(), plain[0].size());
        std::uint64_t offset = 0;
        for (const AddressKey& key : plain[0]) ASSERT_EQ(AddressKey::of(sets[0].at(offset++)), key);
        for (const AddressKey& base : bases) {
            for (unsigned i = 0; i < 128; ++i)
                ASSERT_EQ(sets[0].contains(base.plus(i).address()), plain[0].count(base.plus(i)) > 0);
        }
    }
}

TEST(AddressSets, AnExclusionWithoutZoneHoldsForEveryZone) {
    AddressSet set = set_of({"fe80::1%1", "fe80::1%2", "fe80::2%2"});
    EXPECT_EQ(set.subtract(set_of({"fe80::1"})), 2U);
    EXPECT_EQ(set.size(), 1U);
    EXPECT_EQ(set.subtract(set_of({"::/0"})), 1U);
}

TEST(AddressSets, ReservedAddressesAreNoHosts) {
    AddressSet set = set_of({"0.0.0.0/0"});
    set.subtract(nmprobe::reserved_addresses());
    EXPECT_EQ(to_string(set.at(0)), "1.0.0.0");
    EXPECT_EQ(to_string(set.at(set.size() - 1)), "223.255.255.255");
}

// --- Order ---

TEST(SweepOrder, IsABijectionForEverySize) {
    std::vector<std::uint64_t> sizes{65535, 65536, 65537, 100'003};
    for (std::uint64_t size = 1; size <= 300; ++size) sizes.push_back(size);
    for (const std::uint64_t size : sizes) {
        const Permutation permutation(size, size * 7919);
        std::vector<bool> seen(size);
        for (std::uint64_t i = 0; i < size; ++i) {
            const std::uint64_t at = permutation(i);
            ASSERT_LT(at, size);
            ASSERT_FALSE(seen[at]) << size;
            seen[at] = true;
        }
    }
}

TEST(SweepOrder, TheSeedDecidesItAndNoNetworkComesInARow) {
    const Permutation one(65536, 1), again(65536, 1), two(65536, 2);
    int equal = 0, neighbours = 0;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
        ASSERT_EQ(one(i), again(i));
        equal += one(i) == two(i);
        neighbours += one(i) >> 8 == one(i + 1) >> 8;
    }
    EXPECT_LT(equal, 10);
    EXPECT_LT(neighbours, 80);  // 39 by chance: 1 of 256
}

TEST(SweepOrder, WorksOverTheWholeOfIpv4) {
    const Permutation permutation(std::uint64_t{1} << 32, 5);
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const std::uint64_t at = permutation((i << 32) / 100'000);
        ASSERT_LT(at, std::uint64_t{1} << 32);
        ASSERT_TRUE(seen.insert(at).second);
    }
}

TEST(SweepOrder, ShardsAreDisjointAndTogetherWhole) {
    const AddressSet set = set_of({"192.0.2.0/24", "198.51.100.0-20", "2001:db8::1"});
    for (const std::uint64_t of : {1U, 2U, 3U, 7U, 500U}) {
        std::set<std::string> seen;
        for (std::uint64_t number = 1; number <= of; ++number) {
            const nmprobe::SweepOrder order(set, 3, {number, of});
            for (std::uint64_t i = 0; i < order.size(); ++i)
                ASSERT_TRUE(seen.insert(to_string(order.at(i))).second);
        }
        ASSERT_EQ(seen.size(), set.size());
    }
}

// --- Pacing of networks ---

TEST(PrefixPacer, NoNetworkGetsMoreThanItsRate) {
    nmprobe::PrefixPacer pacer(100);
    const std::int64_t begin = 1'000 * nm::ns_per_s;
    std::map<std::uint32_t, std::vector<std::int64_t>> left;
    for (std::uint32_t i = 0; i < 3000; ++i) {
        const std::uint32_t network = i % 3;
        left[network].push_back(
            pacer.reserve(IpAddress::v4(0x0A000000U + (network << 8) + i % 256), begin + i * 1000));
    }
    for (const auto& [network, times] : left) {
        for (std::size_t i = 1; i < times.size(); ++i)
            ASSERT_GE(times[i] - times[i - 1], nm::ns_per_s / 100) << network;
    }
    nmprobe::PrefixPacer free(0);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(free.reserve(IpAddress::v4(1), begin), begin);
}

// --- Slots ---

TEST(SweepSlots, ListsKeepTheirOrderAndEverySlotIsInOne) {
    Slots slots(64);
    std::mt19937 random(2);
    std::map<Place, std::vector<std::uint32_t>> plain;
    for (std::uint32_t i = 0; i < 64; ++i) plain[Place::free].push_back(i);
    for (int step = 0; step < 20'000; ++step) {
        Slot& slot = *slots.find(random() % 64);
        const auto to = static_cast<Place>(random() % 6);
        std::erase(plain[slot.place], slot.number());
        plain[to].push_back(slot.number());
        slots.move(slot, to);
        for (const auto& [place, numbers] : plain) {
            ASSERT_EQ(slots.count(place), numbers.size());
            const Slot* front = slots.front(place);
            ASSERT_EQ(front == nullptr, numbers.empty());
            if (front != nullptr) {
                ASSERT_EQ(front->number(), numbers.front());
            }
        }
    }
    EXPECT_EQ(slots.find(64), nullptr);
}

// --- State ---

TEST(SweepState, ReadsBackWhatWasWritten) {
    nmprobe::SweepProgress progress;
    progress.addresses = nmprobe::digest_of(set_of({"192.0.2.0/24"}), {});
    progress.seed = 0xFFFF'FFFF'FFFF'FFF1u;
    progress.next = 77;
    progress.open = {3, 70, 76};
    progress.counts.answered = 5;
    progress.counts.unfinished = 2;
    const std::string text = nmprobe::write_state(progress);
    const auto again = nmprobe::read_state(text);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->addresses, progress.addresses);
    EXPECT_EQ(again->seed, progress.seed);
    EXPECT_EQ(again->next, progress.next);
    EXPECT_EQ(again->open, progress.open);
    EXPECT_EQ(again->counts.answered, 5U);
    EXPECT_EQ(again->counts.unfinished, 2U);
    for (std::size_t size = 0; size + 1 < text.size(); ++size)
        EXPECT_FALSE(nmprobe::read_state(std::string_view(text).substr(0, size))) << size;
    EXPECT_FALSE(nmprobe::read_state("[]\n[]\n"));
}

TEST(SweepState, OtherAddressesOrAnotherShardHaveAnotherDigest) {
    const AddressSet set = set_of({"192.0.2.0/24"});
    EXPECT_EQ(nmprobe::digest_of(set, {}),
              nmprobe::digest_of(set_of({"192.0.2.0/25", "192.0.2.128/25"}), {}));
    EXPECT_NE(nmprobe::digest_of(set, {}), nmprobe::digest_of(set_of({"192.0.2.0/25"}), {}));
    EXPECT_NE(nmprobe::digest_of(set, {1, 2}), nmprobe::digest_of(set, {2, 2}));
}

}  // namespace
