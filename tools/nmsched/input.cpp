#include "input.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/result.hpp"
#include "base/text.hpp"

namespace nmsched {
namespace {

// Sums over a million apps stay far below 2^63.
constexpr std::int64_t largest_amount = std::int64_t{1} << 42;
constexpr std::size_t most_periods = 4096;

// Keys that would change the plan, of the design but not of this version.
constexpr std::array<std::string_view, 14> later_app_keys{
    "affinity", "anti_affinity", "spread", "weight",   "priority", "migratable", "move_cost",
    "pinned",   "allow",         "deny",   "requires", "disk",     "window",     "windows"};
constexpr std::array<std::string_view, 4> later_node_keys{"used", "reserved", "interfaces", "links"};
constexpr std::array<std::string_view, 15> later_test_keys{
    "setup_s", "teardown_s", "slip_s", "guard_s",     "offset_s",  "window",    "windows", "path",
    "links",   "rate_bps",   "noise",  "sensitivity", "interface", "horizon_s", "mode"};

[[noreturn]] void refuse(const std::string& reason) {
    throw nm::UserError(nm::Exit::bad_data, reason);
}

void refuse_later(const nm::Document& record, std::span<const std::string_view> keys,
                  const std::string& what) {
    for (const auto& [key, value] : record.members())
        if (std::find(keys.begin(), keys.end(), key) != keys.end())
            refuse(what + ": key '" + key + "' is not supported in this version");
}

std::string text(const nm::Document& record, const std::string& key, const std::string& what) {
    const nm::Document* value = record.find(key);
    if (value == nullptr) refuse(what + " without '" + key + "'");
    const auto result = value->text();
    if (!result || result->empty()) refuse(what + ": '" + key + "' is not a text");
    return *result;
}

std::string text_or_empty(const nm::Document& record, const std::string& key, const std::string& what) {
    return record.find(key) == nullptr ? std::string() : text(record, key, what);
}

std::int64_t integer(const nm::Document& record, const std::string& key, const std::string& what,
                     std::int64_t least, std::int64_t most) {
    const nm::Document* value = record.find(key);
    if (value == nullptr) refuse(what + " without '" + key + "'");
    const auto result = value->integer();
    if (!result) refuse(what + ": '" + key + "' is not an integer");
    if (*result < least || *result > most)
        refuse(what + ": " + key + " " + std::to_string(*result) + " is not in " + std::to_string(least) +
               ".." + std::to_string(most));
    return *result;
}

template <class Map>
int id_of(Map& ids, const std::string& name) {
    return ids.emplace(name, static_cast<int>(ids.size())).first->second;
}

}  // namespace

Input::Taken Input::take(std::string_view line) {
    const auto document = nm::Document::parse(line);
    if (!document) refuse(document.error().message);
    if (!document->is_object()) refuse("not a JSON object");
    const std::string type = text(*document, "type", "a record");
    if (type == "event")
        refuse("event records are not supported in this version: give the state they lead to");
    if (type == "request") refuse("request records are not supported in this version: give app records");
    for (const std::string_view own : {"migration", "reject", "bound"})
        if (type == own) return Taken::skipped;
    if (type.starts_with("plan.")) return Taken::skipped;
    if (type == "config")
        take_config(*document);
    else if (type == "node")
        take_node(*document);
    else if (type == "app")
        take_app(*document);
    else if (type == "placement")
        take_placement(*document);
    else if (type == "slot")
        take_slot(*document);
    else
        return Taken::foreign;
    if (document->find("ts") != nullptr) {
        const auto ts = nm::parse_time(text(*document, "ts", type));
        if (!ts) refuse(type + ": 'ts' is not a time");
        newest_ = std::max(newest_, *ts);
    }
    return Taken::used;
}

// Every key of a config changes the plan, so an unknown one is an error.
void Input::take_config(const nm::Document& record) {
    if (has_config_) refuse("a second config record");
    has_config_ = true;
    for (const auto& [key, value] : record.members()) {
        if (key == "type" || key == "v" || key == "ts") continue;
        if (key == "slot_s") {
            problem_.slot_s =
                static_cast<std::int32_t>(integer(record, "slot_s", "config", 1, longest_period_s));
        } else if (key == "objective") {
            std::string words;
            for (const nm::Document& word : value.items())
                words += (words.empty() ? "" : ",") + word.text().value_or("?");
            // Without current placements there are no migrations, so both say the same.
            if (words != "accepted,nodes_used" && words != "accepted,migrations,nodes_used")
                refuse("config: objective [" + words +
                       "] is not supported: it is accepted, migrations, nodes_used");
        } else {
            refuse("config: key '" + key + "' is not supported in this version");
        }
    }
}

void Input::take_node(const nm::Document& record) {
    Node node;
    node.id = text(record, "id", "node");
    const std::string what = "node " + node.id;
    refuse_later(record, later_node_keys, what);
    if (const std::string state = text_or_empty(record, "state", what); !state.empty() && state != "up")
        refuse(what + ": state '" + state + "' is not supported in this version: leave the node out");
    node.cpu = integer(record, "cpu", what, 0, largest_amount);
    node.mem = integer(record, "mem", what, 0, largest_amount);
    if (const std::string lan = text_or_empty(record, "lan", what); !lan.empty()) node.lan = lan_id(lan);
    if (!nodes_.emplace(node.id, static_cast<int>(problem_.nodes.size())).second) refuse(what + " twice");
    problem_.nodes.push_back(std::move(node));
}

void Input::take_app(const nm::Document& record) {
    App app;
    app.id = text(record, "id", "app");
    const std::string what = "app " + app.id;
    refuse_later(record, later_app_keys, what);
    app.cpu = integer(record, "cpu", what, 0, largest_amount);
    app.mem = integer(record, "mem", what, 0, largest_amount);
    if (const std::string lan = text_or_empty(record, "lan", what); !lan.empty()) app.lan = lan_id(lan);
    if (!apps_.emplace(app.id, static_cast<int>(problem_.apps.size())).second) refuse(what + " twice");
    app.first_test = static_cast<int>(problem_.tests.size());
    if (const nm::Document* tests = record.find("tests")) {
        if (!tests->is_list()) refuse(what + ": 'tests' is not a list");
        for (const nm::Document& test : tests->items()) take_test(test, app);
    }
    app.last_test = static_cast<int>(problem_.tests.size());
    problem_.apps.push_back(std::move(app));
}

void Input::take_test(const nm::Document& record, App& app) {
    if (!record.is_object()) refuse("app " + app.id + ": a test is not an object");
    Test test;
    test.id = text(record, "id", "app " + app.id + ": test");
    const std::string what = "app " + app.id + ": test " + test.id;
    refuse_later(record, later_test_keys, what);
    const std::string kind = text(record, "class", what);
    if (kind == "background")
        test.kind = TestClass::background;
    else if (kind != "exclusive")
        refuse(what + ": class '" + kind + "' is not supported: exclusive and background are");
    test.period_s = static_cast<std::int32_t>(integer(record, "period_s", what, 1, longest_period_s));
    test.duration_s = static_cast<std::int32_t>(integer(record, "duration_s", what, 1, longest_period_s));
    if (const std::string target = text_or_empty(record, "target", what); !target.empty())
        test.server = server_id(target);
    for (std::size_t t = static_cast<std::size_t>(app.first_test); t < problem_.tests.size(); ++t)
        if (problem_.tests[t].id == test.id) refuse(what + " twice");
    problem_.tests.push_back(std::move(test));
}

void Input::take_placement(const nm::Document& record) {
    const std::string app = text(record, "app", "placement");
    const std::string node = text(record, "node", "placement");
    if (!current_.emplace(app, node).second) refuse("placement of app " + app + " twice");
}

void Input::take_slot(const nm::Document& record) {
    const std::string app = text(record, "app", "slot");
    const std::string what = "slot of app " + app;
    Said said;
    said.node = text(record, "node", what);
    said.period_s = integer(record, "period_s", what, 1, longest_period_s);
    said.offset_s = integer(record, "offset_s", what, 0, longest_period_s);
    const std::string test = text(record, "test", what);
    if (!slots_.emplace(std::pair(app, test), std::move(said)).second)
        refuse(what + ", test " + test + " twice");
}

int Input::lan_id(const std::string& name) {
    return id_of(lans_, name);
}

int Input::server_id(const std::string& name) {
    const int id = id_of(servers_, name);
    if (static_cast<std::size_t>(id) == problem_.servers.size()) problem_.servers.push_back(name);
    return id;
}

void Input::attach_current() {
    for (const auto& [app_id, node_id] : current_) {
        const auto app = apps_.find(app_id);
        if (app == apps_.end()) {
            ++stale_;
            continue;
        }
        App& running = problem_.apps[static_cast<std::size_t>(app->second)];
        const auto node = nodes_.find(node_id);
        running.current = node == nodes_.end() ? gone : node->second;
        running.current_id = node_id;
    }
    for (App& app : problem_.apps)
        for (int t = app.first_test; t < app.last_test; ++t) {
            Test& test = problem_.tests[static_cast<std::size_t>(t)];
            const auto slot = slots_.find({app.id, test.id});
            if (slot == slots_.end() || slot->second.node != app.current_id) continue;
            const bool still = slot->second.period_s == test.period_s &&
                               slot->second.offset_s < test.period_s &&
                               slot->second.offset_s % problem_.slot_s == 0;
            if (still) test.current_s = static_cast<std::int32_t>(slot->second.offset_s);
        }
}

Problem Input::finish() {
    attach_current();
    std::set<std::int32_t> periods;
    for (const Test& test : problem_.tests) periods.insert(test.period_s);
    if (periods.size() > most_periods)
        refuse("the tests have " + std::to_string(periods.size()) + " different periods; at most " +
               std::to_string(most_periods) + " are supported");
    problem_.prepare();
    return std::move(problem_);
}

}  // namespace nmsched
