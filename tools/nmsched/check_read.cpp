#include "check_read.hpp"

#include "base/result.hpp"
#include "json/document.hpp"

namespace nmsched::check {
namespace {

using nm::Document;

[[noreturn]] void bad(const std::string& reason) {
    throw nm::UserError(nm::Exit::bad_data, reason);
}

Document object(std::string_view line) {
    auto parsed = Document::parse(line);
    if (!parsed) bad(parsed.error().message);
    if (!parsed->is_object()) bad("not a JSON object");
    return *parsed;
}

std::string word(const Document& record, std::string_view key, bool needed = true) {
    const Document* value = record.find(key);
    if (value == nullptr && !needed) return {};
    if (value == nullptr || !value->text()) bad("no text '" + std::string(key) + "'");
    return *value->text();
}

// All sums and products of the checker stay within 64 bits below this.
constexpr std::int64_t limit = std::int64_t{1} << 42;

std::int64_t whole(const Document& record, std::string_view key) {
    const Document* value = record.find(key);
    if (value == nullptr || !value->integer()) bad("no integer '" + std::string(key) + "'");
    if (*value->integer() < -limit || *value->integer() > limit)
        bad("'" + std::string(key) + "' is out of range");
    return *value->integer();
}

std::int64_t amount(const Document& record, std::string_view key, std::int64_t least) {
    const std::int64_t value = whole(record, key);
    if (value < least) bad("'" + std::string(key) + "' is below " + std::to_string(least));
    return value;
}

// Seconds of a period or duration: below 2^31, so that products of a few of them fit.
std::int64_t seconds(const Document& record, std::string_view key) {
    const std::int64_t value = amount(record, key, 1);
    if (value > std::int64_t{1} << 30) bad("'" + std::string(key) + "' is over 2^30 s");
    return value;
}

GivenTest read_test(const Document& record) {
    if (!record.is_object()) bad("a test is not an object");
    GivenTest test;
    test.id = word(record, "id");
    const std::string kind = word(record, "class");
    if (kind != "exclusive" && kind != "background") bad("class '" + kind + "' is not known");
    test.exclusive = kind == "exclusive";
    test.period_s = seconds(record, "period_s");
    test.duration_s = seconds(record, "duration_s");
    test.target = word(record, "target", false);
    return test;
}

}  // namespace

bool read_given(std::string_view line, Given& given) {
    const Document record = object(line);
    const std::string type = word(record, "type");
    if (type == "config") {
        if (record.find("slot_s") != nullptr) given.slot_s = amount(record, "slot_s", 1);
    } else if (type == "node") {
        const GivenNode node{amount(record, "cpu", 0), amount(record, "mem", 0), word(record, "lan", false)};
        if (!given.nodes.emplace(word(record, "id"), node).second)
            bad("node " + word(record, "id") + " twice");
    } else if (type == "app") {
        GivenApp app{amount(record, "cpu", 0), amount(record, "mem", 0), word(record, "lan", false), {}};
        if (const Document* tests = record.find("tests"))
            for (const Document& test : tests->items()) app.tests.push_back(read_test(test));
        if (!given.apps.emplace(word(record, "id"), std::move(app)).second)
            bad("app " + word(record, "id") + " twice");
    } else if (type == "placement") {
        if (!given.current.emplace(word(record, "app"), word(record, "node")).second)
            bad("placement of app " + word(record, "app") + " twice");
    } else {
        return false;
    }
    return true;
}

bool read_said(std::string_view line, Said& said) {
    const Document record = object(line);
    const std::string type = word(record, "type");
    if (type == "placement") {
        said.placements.emplace_back(word(record, "app"), word(record, "node"));
    } else if (type == "slot") {
        SaidSlot slot{word(record, "app"),           word(record, "test"),      word(record, "node"),
                      word(record, "target", false), whole(record, "offset_s"), whole(record, "period_s"),
                      whole(record, "duration_s")};
        said.slots.push_back(std::move(slot));
    } else if (type == "migration") {
        said.migrations.push_back({word(record, "app"), word(record, "from"), word(record, "to")});
    } else if (type == "reject") {
        said.rejects.push_back(word(record, "app"));
    } else if (type == "plan.summary") {
        SaidSummary summary{whole(record, "accepted"),
                            whole(record, "rejected"),
                            whole(record, "migrations"),
                            whole(record, "nodes_used"),
                            {}};
        if (record.find("bound") != nullptr) summary.bound = whole(record, "bound");
        said.summaries.push_back(summary);
    } else {
        return false;
    }
    return true;
}

}  // namespace nmsched::check
