#include "check.hpp"

#include <numeric>
#include <set>

namespace nmsched::check {
namespace {

using Findings = std::vector<Finding>;

std::string number(std::int64_t value) {
    return std::to_string(value);
}

// Where each app is placed; tells apps that are unknown, missing, or spoken of twice.
std::map<std::string, std::string> read_placements(const Given& given, const Said& said, Findings& out) {
    std::map<std::string, std::string> node_of;
    std::map<std::string, int> mentions;
    for (const auto& [app, node] : said.placements) {
        ++mentions[app];
        node_of[app] = node;
        if (!given.nodes.contains(node))
            out.push_back({"unknown_node", app, node, "", "placed on a node that the input does not have"});
    }
    for (const std::string& app : said.rejects) ++mentions[app];
    for (const auto& [app, count] : mentions) {
        if (!given.apps.contains(app))
            out.push_back({"unknown_app", app, "", "", "the input has no such app"});
        if (count > 1)
            out.push_back({"app_twice", app, "", "", "placed or rejected " + number(count) + " times"});
    }
    for (const auto& [app, unused] : given.apps)
        if (!mentions.contains(app))
            out.push_back({"missing_app", app, "", "", "neither placed nor rejected"});
    std::erase_if(node_of, [&](const auto& entry) {
        return !given.apps.contains(entry.first) || !given.nodes.contains(entry.second);
    });
    return node_of;
}

void check_nodes(const Given& given, const std::map<std::string, std::string>& node_of, Findings& out) {
    std::map<std::string, GivenNode> used;
    for (const auto& [app, node] : node_of) {
        const GivenApp& wanted = given.apps.at(app);
        const GivenNode& offered = given.nodes.at(node);
        used[node].cpu += wanted.cpu;
        used[node].mem += wanted.mem;
        if (!wanted.lan.empty() && wanted.lan != offered.lan)
            out.push_back(
                {"wrong_lan", app, node, "", "needs LAN " + wanted.lan + ", the node is on " + offered.lan});
    }
    for (const auto& [node, sum] : used) {
        const GivenNode& has = given.nodes.at(node);
        if (sum.cpu > has.cpu)
            out.push_back({"overfull", "", node, "", "cpu " + number(sum.cpu) + " of " + number(has.cpu)});
        if (sum.mem > has.mem)
            out.push_back({"overfull", "", node, "", "mem " + number(sum.mem) + " of " + number(has.mem)});
    }
}

void check_slot_fields(const Given& given, const SaidSlot& slot, const GivenTest& test, Findings& out) {
    const auto tell = [&](const std::string& code, const std::string& reason) {
        out.push_back({code, slot.app, slot.node, slot.target, "test " + slot.test + ": " + reason});
    };
    if (slot.period_s != test.period_s)
        tell("wrong_slot", "period " + number(slot.period_s) + " instead of " + number(test.period_s));
    if (slot.duration_s != test.duration_s)
        tell("wrong_slot", "duration " + number(slot.duration_s) + " instead of " + number(test.duration_s));
    if (slot.target != test.target) tell("wrong_slot", "target is not " + test.target);
    if (slot.offset_s < 0 || slot.offset_s >= test.period_s)
        tell("bad_offset",
             "offset " + number(slot.offset_s) + " is not in [0, " + number(test.period_s) + ")");
    else if (slot.offset_s % given.slot_s != 0)
        tell("bad_offset",
             "offset " + number(slot.offset_s) + " is not a multiple of " + number(given.slot_s));
}

// Every test of a placed app has one slot, as the input wants it. Returns the slots of exclusive tests.
std::vector<SaidSlot> check_slots(const Given& given, const Said& said,
                                  const std::map<std::string, std::string>& node_of, Findings& out) {
    std::map<std::pair<std::string, std::string>, const SaidSlot*> by_test;
    for (const SaidSlot& slot : said.slots) {
        const auto placed = node_of.find(slot.app);
        if (placed == node_of.end())
            out.push_back(
                {"stray_slot", slot.app, slot.node, slot.target, "slot of an app that is not placed"});
        else if (placed->second != slot.node)
            out.push_back({"wrong_slot", slot.app, slot.node, "", "the app is placed on " + placed->second});
        if (!by_test.emplace(std::pair(slot.app, slot.test), &slot).second)
            out.push_back({"slot_twice", slot.app, slot.node, "", "test " + slot.test + " has two slots"});
    }
    std::vector<SaidSlot> exclusive;
    for (const auto& [app, node] : node_of) {
        for (const GivenTest& test : given.apps.at(app).tests) {
            const auto found = by_test.find({app, test.id});
            if (found == by_test.end()) {
                out.push_back({"missing_slot", app, node, test.target, "test " + test.id + " has no slot"});
                continue;
            }
            check_slot_fields(given, *found->second, test, out);
            if (test.duration_s > test.period_s)
                out.push_back({"overlap", app, node, "", "test " + test.id + " is longer than its period"});
            // What counts for exclusivity is what the input asks for, at the offset and place that the plan
            // says.
            if (test.exclusive && test.duration_s <= test.period_s)
                exclusive.push_back({app, test.id, node, test.target, found->second->offset_s, test.period_s,
                                     test.duration_s});
            by_test.erase(found);
        }
    }
    for (const auto& [key, slot] : by_test)
        if (node_of.contains(key.first))
            out.push_back(
                {"stray_slot", slot->app, slot->node, slot->target, "the app has no test " + slot->test});
    return exclusive;
}

void check_exclusive(const std::vector<SaidSlot>& slots, Findings& out) {
    std::map<std::string, std::vector<const SaidSlot*>> on_node, on_server;
    for (const SaidSlot& slot : slots) {
        on_node[slot.node].push_back(&slot);
        if (!slot.target.empty()) on_server[slot.target].push_back(&slot);
    }
    for (const auto& [resources, is_node] : {std::pair(&on_node, true), std::pair(&on_server, false)})
        for (const auto& [name, here] : *resources)
            for (std::size_t i = 0; i < here.size(); ++i)
                for (std::size_t j = 0; j < i; ++j)
                    if (ever_together(*here[i], *here[j]))
                        out.push_back({"overlap", here[i]->app, is_node ? name : "", is_node ? "" : name,
                                       "test " + here[i]->test + " meets test " + here[j]->test + " of " +
                                           here[j]->app});
}

void check_migrations(const Given& given, const Said& said, const std::map<std::string, std::string>& node_of,
                      Findings& out) {
    std::map<std::string, SaidMove> moves;
    for (const SaidMove& move : said.migrations)
        if (!moves.emplace(move.app, move).second)
            out.push_back({"wrong_migration", move.app, move.to, "", "the app is moved twice"});
    for (const auto& [app, node] : node_of) {
        const auto current = given.current.find(app);
        const auto move = moves.find(app);
        const bool differs = current != given.current.end() && current->second != node;
        if (differs && move == moves.end())
            out.push_back({"missing_migration", app, node, "", "it runs on " + current->second + " now"});
        if (!differs && move != moves.end())
            out.push_back({"wrong_migration", app, node, "", "it does not have to move"});
        if (differs && move != moves.end() &&
            (move->second.from != current->second || move->second.to != node))
            out.push_back(
                {"wrong_migration", app, node, "", "it moves from " + current->second + " to " + node});
        if (move != moves.end()) moves.erase(move);
    }
    for (const auto& [app, move] : moves)
        out.push_back({"wrong_migration", app, move.to, "", "the app is not placed"});
}

void check_summary(const Said& said, const std::map<std::string, std::string>& node_of, Findings& out) {
    if (said.summaries.size() != 1) {
        out.push_back({"wrong_summary", "", "", "",
                       number(static_cast<std::int64_t>(said.summaries.size())) +
                           " summaries instead of one: is the plan cut short?"});
        return;
    }
    std::set<std::string> nodes;
    for (const auto& [app, node] : node_of) nodes.insert(node);
    const SaidSummary& summary = said.summaries.front();
    const auto compare = [&](const char* what, std::int64_t says, std::size_t is) {
        if (says != static_cast<std::int64_t>(is))
            out.push_back({"wrong_summary", "", "", "",
                           std::string(what) + " " + number(says) + " instead of " + std::to_string(is)});
    };
    compare("accepted", summary.accepted, node_of.size());
    compare("rejected", summary.rejected, said.rejects.size());
    compare("migrations", summary.migrations, said.migrations.size());
    compare("nodes_used", summary.nodes_used, nodes.size());
    if (summary.bound && static_cast<std::int64_t>(node_of.size()) > *summary.bound)
        out.push_back({"wrong_bound", "", "", "", "more apps are placed than the bound allows"});
}

}  // namespace

bool ever_together(const SaidSlot& a, const SaidSlot& b) {
    // Lay out the runs of the test that has fewer of them in one common multiple, and look at the runs of the
    // other on both sides of each. Times repeat after the multiple, so offsets need no order.
    const SaidSlot& rare = a.period_s >= b.period_s ? a : b;
    const SaidSlot& often = a.period_s >= b.period_s ? b : a;
    const std::int64_t common = std::gcd(rare.period_s, often.period_s);
    const std::int64_t runs = often.period_s / common;  // lcm / rare.period_s
    constexpr std::int64_t most_runs = 4'000'000;
    if (runs > most_runs) {
        // Too many to lay out: the distances between starts are all those congruent modulo the common
        // divisor.
        const std::int64_t apart = (((often.offset_s - rare.offset_s) % common) + common) % common;
        return apart < rare.duration_s || common - apart < often.duration_s;
    }
    for (std::int64_t run = 0; run < runs; ++run) {
        const std::int64_t begin = rare.offset_s + run * rare.period_s;
        const std::int64_t end = begin + rare.duration_s;
        // The last start of `often` at or before `begin`, and the one after it.
        std::int64_t before = (begin - often.offset_s) / often.period_s;
        if (before * often.period_s + often.offset_s > begin) --before;
        const std::int64_t last = often.offset_s + before * often.period_s;
        if (last + often.duration_s > begin || last + often.period_s < end) return true;
    }
    return false;
}

std::vector<Finding> check(const Given& given, const Said& said) {
    Findings out;
    const auto node_of = read_placements(given, said, out);
    check_nodes(given, node_of, out);
    check_exclusive(check_slots(given, said, node_of, out), out);
    check_migrations(given, said, node_of, out);
    check_summary(said, node_of, out);
    return out;
}

}  // namespace nmsched::check
