// How a trace goes on and when it stops, in a network that is a function (traps T9, T29, T30).
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <set>

#include "trace/mda_walk.hpp"
#include "trace/trace_report.hpp"

namespace nm {
namespace {

constexpr std::int64_t rtt_ns = ns_per_ms;

IpAddress at(std::uint32_t last) {
    return IpAddress::v4(0x0A000000U + last);
}
const IpAddress target = at(250);
const IpAddress silence;

struct Reply {
    IpAddress from;
    int type = 11;
    int code = 0;
};
using Network = std::function<Reply(std::uint32_t ttl, std::uint16_t flow, std::uint8_t query)>;

// Sends what the walk plans, in the order of time, and tells it the network's answers.
struct Model {
    WalkOptions options;
    PathTally tally;
    std::unique_ptr<PathWalk> walk;
    std::int64_t now_ns = 0;
    std::uint32_t most_in_flight = 0;

    struct Event {
        std::int64_t at_ns;
        std::uint64_t order;
        int kind;  // 0 planned, 1 fate
        ProbeName name;
        Reply reply;
        bool operator>(const Event& other) const {
            return std::pair(at_ns, order) > std::pair(other.at_ns, other.order);
        }
    };
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events;
    std::uint64_t order = 0;

    void take(std::vector<PlannedProbe>& planned) {
        for (const PlannedProbe& probe : planned)
            events.push({std::max(probe.due_ns, now_ns), order++, 0, probe.name, {}});
        planned.clear();
    }
    void tell(const ProbeName& name, const Reply& reply) {
        PacketEvent event;
        event.seq = name.packed();
        event.fate = !reply.from.is_set()                      ? Fate::lost
                     : reply.from == target && reply.type == 0 ? Fate::reply
                                                               : Fate::icmp_error;
        event.from = reply.from;
        event.rtt_ns = rtt_ns;
        event.icmp_type = reply.type;
        event.icmp_code = reply.code;
        TraceNote note;
        note.icmp_type = reply.type;
        tally.add(event, note);
    }
    void run(const Network& network) {
        std::vector<PlannedProbe> planned;
        walk->begin(now_ns, planned);
        take(planned);
        while (!events.empty()) {
            const Event event = events.top();
            events.pop();
            now_ns = event.at_ns;
            if (event.kind == 1) {
                tell(event.name, event.reply);
                walk->on_fate(event.name, now_ns, planned);
            } else if (event.name.ttl == 0) {
                walk->wake(now_ns, planned);
            } else if (walk->wanted(event.name)) {
                tally.begin(event.name.ttl, now_ns);
                most_in_flight = std::max(most_in_flight, tally.in_flight);
                const Reply reply = network(event.name.ttl, event.name.flow, event.name.query);
                const std::int64_t wait = reply.from.is_set() ? rtt_ns : options.timeout_ns;
                events.push({now_ns + wait, order++, 1, event.name, reply});
            }
            take(planned);
        }
        EXPECT_TRUE(walk->ended());
        EXPECT_EQ(tally.in_flight, 0U);
        EXPECT_EQ(tally.sent, tally.received + tally.lost + tally.lost_self);
    }
};

Model linear(const Network& network, WalkOptions options = {}) {
    Model model;
    model.options = options;
    model.walk = std::make_unique<LinearWalk>(model.options, model.tally);
    model.run(network);
    return model;
}

Network chain(std::uint32_t length, std::set<std::uint32_t> silent = {}) {
    return [=](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        if (ttl >= length) return {target, 0};
        if (silent.contains(ttl)) return {silence};
        return {at(ttl)};
    };
}

TEST(LinearWalk, GoesHopByHopAndWastesNothing) {
    const Model model = linear(chain(6));
    EXPECT_EQ(model.tally.reached_ttl, 6U);
    EXPECT_EQ(model.tally.sent, 18U);
    EXPECT_EQ(model.tally.lost, 0U);
    EXPECT_LT(model.now_ns, 200 * ns_per_ms);
    for (std::uint32_t ttl = 1; ttl < 6; ++ttl) EXPECT_EQ(model.tally.address_at(ttl), at(ttl));
}

TEST(LinearWalk, T30SilentHopsCostNoTimeoutEach) {
    const Model model = linear(chain(8, {2, 3, 4, 6}));
    EXPECT_EQ(model.tally.reached_ttl, 8U);
    EXPECT_LT(model.now_ns, 1500 * ns_per_ms);
    EXPECT_EQ(model.tally.lost, 12U);
}

TEST(LinearWalk, T30ASilentTargetEndsAtTheGap) {
    const Model model = linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        return {ttl <= 3 ? at(ttl) : silence};
    });
    EXPECT_EQ(model.tally.reached_ttl, PathTally::none);
    EXPECT_EQ(model.tally.end_ttl(), 8U);
    EXPECT_EQ(model.tally.last_answered, 3U);
    EXPECT_LT(model.now_ns, 2 * ns_per_s);
}

TEST(LinearWalk, T30AnUnreachableEndsIt) {
    const Model model = linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        return ttl < 3 ? Reply{at(ttl)} : Reply{at(3), 3, 13};
    });
    EXPECT_EQ(model.tally.refused_ttl, 3U);
    EXPECT_EQ(model.tally.refused_by, at(3));
    EXPECT_EQ(model.tally.refused_code, 13);
    EXPECT_EQ(model.tally.end_ttl(), 3U);
}

TEST(LinearWalk, T30ALoopEndsItSoonAfterItRepeats) {
    const Model model = linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        return {at(ttl < 3 ? ttl : 3 + ttl % 3)};
    });
    EXPECT_EQ(loop_at(model.tally), 6U);
    EXPECT_LE(model.tally.end_ttl(), 7U);
}

TEST(LinearWalk, T30ARouterThatForwardsWhatItShouldDropIsNoLoop) {
    const Model model = linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        if (ttl >= 7) return {target, 0};
        return {at(ttl == 3 || ttl == 4 ? 4 : ttl)};
    });
    EXPECT_EQ(loop_at(model.tally), 0U);
    EXPECT_EQ(model.tally.reached_ttl, 7U);
}

TEST(LinearWalk, T30TheDestinationIsAtTheNearestTtlThatItAnswers) {
    // Hop 3 is slow to answer for the destination, so farther ones are asked already.
    const Model model = linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t query) -> Reply {
        if (ttl == 3 && query == 0) return {silence};
        return ttl < 3 ? Reply{at(ttl)} : Reply{target, 0};
    });
    EXPECT_EQ(model.tally.reached_ttl, 3U);
    EXPECT_EQ(model.tally.end_ttl(), 3U);
}

TEST(LinearWalk, MaxTtlIsKept) {
    WalkOptions options;
    options.max_ttl = 4;
    const Model model = linear(chain(9), options);
    EXPECT_EQ(model.tally.end_ttl(), 4U);
    EXPECT_EQ(model.tally.sent, 12U);
}

TEST(LinearWalk, T29PacketsOfOneFlowThatPartAreTold) {
    const Model model = linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t query) -> Reply {
        if (ttl >= 4) return {target, 0};
        return {ttl == 2 ? at(20U + query % 2) : at(ttl)};
    });
    EXPECT_TRUE(model.tally.find(2)->per_packet);
    EXPECT_FALSE(model.tally.find(1)->per_packet);
    EXPECT_EQ(model.tally.find(2)->addresses.size(), 2U);
}

// A round of --watch over a path of so many known hops.
WalkOptions watched(std::uint32_t known_ttl) {
    WalkOptions options;
    options.queries = 1;
    options.known_ttl = known_ttl;
    options.spacing_ns = 10 * ns_per_ms;
    options.most_patience_ns = 100 * ns_per_ms;
    return options;
}

TEST(LinearWalk, ARoundAmongManyAsksKnownHopsWithoutWaitingForSilentOnes) {
    const Model model = linear(chain(8, {2, 3, 4, 6}), watched(8));
    EXPECT_EQ(model.tally.reached_ttl, 8U);
    EXPECT_EQ(model.tally.sent, 8U);
    EXPECT_EQ(model.tally.find(8)->first_sent_ns, 7 * 10 * ns_per_ms);
}

TEST(LinearWalk, ARoundAmongManyFollowsAPathThatGotLongerOrShorter) {
    EXPECT_EQ(linear(chain(6), watched(4)).tally.reached_ttl, 6U);
    const Model shorter = linear(chain(3), watched(8));
    EXPECT_EQ(shorter.tally.reached_ttl, 3U);
    EXPECT_EQ(shorter.tally.sent, 3U);
}

TEST(LinearWalk, ARoundAmongManyLooksBehindTheDestinationOnlyWhenThatIsLost) {
    const Network slow_end = [](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        return {ttl < 3 ? at(ttl) : silence};
    };
    const Model model = linear(slow_end, watched(3));
    EXPECT_EQ(model.tally.end_ttl(), 7U);
    EXPECT_GE(model.tally.find(4)->first_sent_ns, ns_per_s);
    EXPECT_LT(model.tally.find(7)->first_sent_ns, 1500 * ns_per_ms);
}

TEST(ProbeName, IsWhatASequenceNumberMeans) {
    const ProbeName name{255, 254, ProbeName::flows - 1, ProbeName::runs - 1};
    const ProbeName again = ProbeName::of(name.packed());
    EXPECT_EQ(again.ttl, 255);
    EXPECT_EQ(again.query, 254);
    EXPECT_EQ(again.flow, 511);
    EXPECT_EQ(again.run, 127);
}

// --- MDA ---

TEST(Mda, StoppingPointsAreThoseOfTheLiterature) {
    const std::uint32_t published[] = {6, 11, 16, 21, 27, 33, 38, 44, 51, 57, 63, 70, 76, 83, 90, 96};
    for (std::uint32_t k = 1; k <= std::size(published); ++k)
        EXPECT_EQ(stopping_point(k, 0.95), published[k - 1]) << k;
    EXPECT_GT(stopping_point(1, 0.99), stopping_point(1, 0.95));
}

Model mda(const Network& network) {
    Model model;
    model.options.flows = 512;
    model.walk = std::make_unique<MdaWalk>(model.options, model.tally);
    model.run(network);
    return model;
}

std::uint32_t hashed(std::uint32_t seed, std::uint16_t flow, std::uint32_t ways) {
    std::mt19937 random(seed * 7919 + flow);
    random.discard(3);
    return static_cast<std::uint32_t>(random() % ways);
}

std::set<std::pair<IpAddress, IpAddress>> pairs_of(const PathTally& tally) {
    std::set<std::pair<IpAddress, IpAddress>> pairs;
    for (const TraceLink& link : links_of(tally)) pairs.insert({link.from, link.to});
    return pairs;
}

// 1 - {2 ways} - 3 - destination, each way of one hop.
Network diamond(std::uint32_t seed, std::uint32_t ways) {
    return [=](std::uint32_t ttl, std::uint16_t flow, std::uint8_t) -> Reply {
        if (ttl == 1) return {at(1)};
        if (ttl == 2) return {at(20 + hashed(seed, flow, ways))};
        return ttl == 3 ? Reply{at(3)} : Reply{target, 0};
    };
}

TEST(Mda, T29EveryBranchOfADiamondIsFoundAsOftenAsPromised) {
    for (const std::uint32_t ways : {2U, 4U}) {
        int whole = 0;
        constexpr int runs = 300;
        for (std::uint32_t seed = 0; seed < runs; ++seed) {
            const Model model = mda(diamond(seed, ways));
            const auto pairs = pairs_of(model.tally);
            for (const auto& [from, to] : pairs) {
                const bool real = (from == at(1) && to >= at(20) && to < at(20 + ways)) ||
                                  (from >= at(20) && from < at(20 + ways) && to == at(3)) ||
                                  (from == at(3) && to == target);
                ASSERT_TRUE(real) << to_string(from) << " " << to_string(to);
            }
            whole += pairs.size() == 2 * ways + 1;
            ASSERT_FALSE(model.tally.flows_ran_out);
        }
        // 95 % are promised; three standard deviations below.
        EXPECT_GE(whole, static_cast<int>(runs * 0.95 - 3 * std::sqrt(runs * 0.95 * 0.05))) << ways;
    }
}

TEST(Mda, BranchesOfUnequalLengthAreKeptApart) {
    const Network network = [](std::uint32_t ttl, std::uint16_t flow, std::uint8_t) -> Reply {
        if (ttl == 1) return {at(1)};
        if (hashed(5, flow, 2) == 0) return ttl == 2 ? Reply{at(20)} : Reply{target, 0};
        return ttl == 2 ? Reply{at(30)} : ttl == 3 ? Reply{at(31)} : Reply{target, 0};
    };
    const Model model = mda(network);
    const std::set<std::pair<IpAddress, IpAddress>> wanted{
        {at(1), at(20)}, {at(1), at(30)}, {at(20), target}, {at(30), at(31)}, {at(31), target}};
    EXPECT_EQ(pairs_of(model.tally), wanted);
    EXPECT_EQ(model.tally.reached_ttl, 3U);
}

TEST(Mda, ABranchThatIsTwoHopsShorterIsNoLoop) {
    const Network network = [](std::uint32_t ttl, std::uint16_t flow, std::uint8_t) -> Reply {
        if (ttl == 1) return {at(1)};
        if (hashed(9, flow, 2) == 1) ttl += 2;
        if (ttl >= 8) return {target, 0};
        return {at(10 + ttl)};
    };
    const Model model = mda(network);
    EXPECT_EQ(loop_at(model.tally), 0U);
    const auto pairs = pairs_of(model.tally);
    EXPECT_TRUE(pairs.contains({at(1), at(12)}));
    EXPECT_TRUE(pairs.contains({at(1), at(14)}));
    EXPECT_TRUE(pairs.contains({at(17), target}));
}

TEST(Mda, T29PerPacketBalancingIsToldAndGivesNoLink) {
    std::mt19937 random(11);
    const Model model = mda([&](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
        if (ttl == 2) return {at(20 + static_cast<std::uint32_t>(random() % 2))};
        return ttl >= 4 ? Reply{target, 0} : Reply{at(ttl)};
    });
    EXPECT_TRUE(model.tally.find(2)->per_packet);
    for (const auto& [from, to] : pairs_of(model.tally)) EXPECT_TRUE(from == at(3) && to == target);
}

TEST(Mda, SilenceAndLossDoNotStopIt) {
    std::mt19937 random(3);
    const Model model = mda([&](std::uint32_t ttl, std::uint16_t flow, std::uint8_t) -> Reply {
        if (ttl == 2) return {silence};
        if (random() % 5 == 0) return {silence};
        if (ttl == 3) return {at(30 + hashed(1, flow, 2))};
        return ttl >= 5 ? Reply{target, 0} : Reply{at(ttl)};
    });
    EXPECT_EQ(model.tally.reached_ttl, 5U);
    EXPECT_EQ(model.tally.find(3)->addresses.size(), 2U);
}

// --- verdicts ---

TEST(Verdict, T9ARateLimitIsToldOnlyWhenHopsBehindShowIt) {
    EXPECT_TRUE(shows_rate_limit(8, 10, 0, 30));
    EXPECT_TRUE(shows_rate_limit(5, 10, 0, 10));
    EXPECT_FALSE(shows_rate_limit(1, 10, 0, 30)) << "chance";
    EXPECT_FALSE(shows_rate_limit(5, 10, 15, 30)) << "as much is lost behind it: the way is bad";
    EXPECT_FALSE(shows_rate_limit(10, 10, 0, 30)) << "a silent hop may never answer";
    EXPECT_FALSE(shows_rate_limit(5, 10, 0, 0)) << "nobody behind it";
    EXPECT_FALSE(shows_rate_limit(0, 10, 5, 10));
}

TEST(Verdict, T30APathChangeIsToldAndSilenceIsNone) {
    PathMemory memory;
    EXPECT_FALSE(path_changed(memory, linear(chain(5)).tally));
    EXPECT_FALSE(path_changed(memory, linear(chain(5, {2})).tally));
    const auto before = memory.hops;
    EXPECT_EQ(before[1], at(2));
    EXPECT_TRUE(path_changed(memory, linear([](std::uint32_t ttl, std::uint16_t, std::uint8_t) -> Reply {
                                         return ttl >= 5 ? Reply{target, 0} : Reply{at(ttl == 2 ? 99 : ttl)};
                                     }).tally));
    EXPECT_EQ(memory.hops[1], at(99));
    EXPECT_TRUE(path_changed(memory, linear(chain(6)).tally)) << "farther away";
}

}  // namespace
}  // namespace nm
