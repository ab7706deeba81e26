// Targets files and lines: every form is read, every mistake is refused with its place.
#include <gtest/gtest.h>

#include "probe/plain_yaml.hpp"
#include "probe/targets.hpp"

namespace {

using nm::PortRule;

nm::TargetList targets_of(const std::string& yaml, PortRule rule) {
    nm::TargetList list;
    nm::parse_targets_yaml(yaml, "t.yaml", rule, list);
    return list;
}

std::string complaint(const std::string& yaml, PortRule rule) {
    try {
        (void)targets_of(yaml, rule);
    } catch (const nm::UserError& error) {
        EXPECT_EQ(error.exit(), nm::Exit::bad_data);
        return error.what();
    }
    return "";
}

TEST(Targets, RegionsOfHosts) {
    const auto targets =
        targets_of("east: [a.example, 192.0.2.1]\nwest:\n  - '2001:db8::1'\nempty:\n", PortRule::none);
    ASSERT_EQ(targets.size(), 3U);
    EXPECT_EQ(targets[0].host, "a.example");
    EXPECT_EQ(targets[0].group.labels.items, (decltype(targets[0].group.labels.items){{"region", "east"}}));
    EXPECT_EQ(targets[2].host, "2001:db8::1");
    EXPECT_EQ(targets[2].group.labels.items.front().second, "west");
    EXPECT_EQ(targets[2].port, 0);
}

TEST(Targets, RegionsOfPorts) {
    const auto targets =
        targets_of("east: {a: 80, b: [443, 8443]}\nwest: ['c:22', '[2001:db8::1]:53']\n", PortRule::required);
    ASSERT_EQ(targets.size(), 5U);
    EXPECT_EQ(targets[0].port, 80);
    EXPECT_EQ(targets[1].host, "b");
    EXPECT_EQ(targets[2].port, 8443);
    EXPECT_EQ(targets[3].host, "c");
    EXPECT_EQ(targets[4].host, "2001:db8::1");
    EXPECT_EQ(targets[4].port, 53);
    EXPECT_EQ(targets[4].group.labels.items.front().second, "west");
}

// The events of a text, one to a line, with their places.
std::string events_of(nm::YamlEvents& events) {
    using Kind = nm::YamlEvent::Kind;
    std::string told;
    for (const nm::YamlEvent* event = &events.next(); event->kind != Kind::nothing; event = &events.next()) {
        told +=
            std::to_string(static_cast<int>(event->kind)) + (event->plain ? " plain " : " ") + event->text;
        if (event->kind == Kind::scalar && !event->text.empty())
            told += " " + std::to_string(event->at.line) + ":" + std::to_string(event->at.column);
        told += "\n";
    }
    return told;
}

TEST(PlainYaml, SaysWhatLibyamlSays) {
    for (const std::string text :
         {"a:\n", "a:\n  - b\n", "a:\n- b\n- c\nd:\n",
          "# x\n\na: # y\n  # z\n\n  - 192.0.2.1  # w\n  - 2001:db8::1\n",
          "a:\n  b: 80\n  2001:db8::2: 443 \nc:\n      - d#e\n      - fe80::1%eth0", "a:\nb:\n\n\n  - c:80\n",
          "r_1.x-y:\n  -   h?q=1&x\n", "a:\n - null\n - 010\n - http://h/?1\n"}) {
        ASSERT_TRUE(nm::PlainYaml::fits(text)) << text;
        nm::PlainYaml plain(text);
        EXPECT_EQ(events_of(plain), events_of(*nm::read_any_yaml(text, "t"))) << text;
    }
}

TEST(PlainYaml, LeavesToLibyamlWhatMayMeanSomethingElse) {
    for (const std::string text : {"",
                                   "# only a comment\n",
                                   "- a\n",
                                   "a: b\n",
                                   "a: 80\n",
                                   "a: [b]\n",
                                   "a:\n  - b\n    - c\n",
                                   "a:\n    - b\n  - c\n",
                                   "a:\n  - b:\n",
                                   "a:\n  - b: c\n",
                                   "a:\n  - 'b'\n",
                                   "a:\n  - &x b\n",
                                   "a:\n  - *x\n",
                                   "a:\n  - b c\n",
                                   "a:\n  - b\r\n",
                                   "a:\n\t- b\n",
                                   "a:\n  - b\xC3\xA9\n",
                                   "a:\n  -\n",
                                   "a:\n  - - b\n",
                                   "---\na:\n",
                                   "a:\n...\n",
                                   "a:\n  b: 80\n  - c\n",
                                   "a:\n  - b #\x01\n",
                                   "a:\n  - ::1\n",
                                   "a:\n  b: 80\n    c: 81\n",
                                   "a:\n  b: 0x1\n",
                                   "a:\n  b:\n",
                                   "!t a:\n",
                                   "a:\n  - b#c: d\n"})
        EXPECT_FALSE(nm::PlainYaml::fits(text)) << text;
}

TEST(Targets, LongForm) {
    const auto targets = targets_of(
        "targets:\n  - {host: a, port: 80, count: 3, interval: 20ms, labels: {team: web, floor: 2}}\n  - "
        "host: b\n"
        "    port: 1\n",
        PortRule::required);
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(targets[0].group.count, 3U);
    EXPECT_EQ(targets[0].group.interval_ns, 20'000'000);
    EXPECT_EQ(targets[0].group.labels.items.size(), 2U);
    EXPECT_EQ(targets[0].group.labels.items[1].second, "2");
    EXPECT_FALSE(targets[1].group.count);
}

TEST(Targets, ARegionMayBeNamedTargets) {
    const auto targets = targets_of("targets: [a, b]\n", PortRule::none);
    ASSERT_EQ(targets.size(), 2U);
    EXPECT_EQ(targets[0].group.labels.items.front().second, "targets");
}

TEST(Targets, AnchorsStandForWhatTheyName) {
    const auto targets = targets_of(
        "east: &hosts [a, &b b]\nwest: *hosts\nnorth: [*b]\n"
        "targets:\n  - {host: c, labels: &l {team: web}}\n  - {host: d, labels: *l}\n",
        PortRule::none);
    ASSERT_EQ(targets.size(), 7U);
    EXPECT_EQ(targets[2].host, "a");
    EXPECT_EQ(targets[3].host, "b");
    EXPECT_EQ(targets[3].group.labels.items.front().second, "west");
    EXPECT_EQ(targets[4].host, "b");
    EXPECT_EQ(targets[6].group.labels.items.front().second, "web");
    EXPECT_NE(complaint("a: *x\n", PortRule::none).find("unknown alias"), std::string::npos);
    // Each line doubles the one before: two to the power of 30 hosts.
    std::string bomb = "a0: &a0 [x, x]\n";
    for (int i = 1; i < 30; ++i) {
        const std::string before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
    }
    EXPECT_NE(complaint(bomb, PortRule::none), "");
}

TEST(Targets, GroupsAreSharedAndHostsKept) {
    nm::TargetList list;
    nm::TargetGroup east, west;
    east.labels.items = {{"region", "east"}};
    west.count = 3;
    list.add("a", 0, east);
    list.add("bc", 0, east);
    list.add("", 7, west);
    list.add("d", 65535, west);
    EXPECT_EQ(list[1].host, "bc");
    EXPECT_EQ(&list[0].group, &list[1].group);
    EXPECT_EQ(list[2].host, "");
    EXPECT_EQ(list[2].port, 7);
    EXPECT_EQ(list[3].host, "d");
    EXPECT_EQ(list[3].group.count, 3U);
}

TEST(Targets, MistakesAreToldWithLineAndColumn) {
    EXPECT_NE(complaint("a: [x]\na: [y]\n", PortRule::none).find("t.yaml:2:1: region"), std::string::npos);
    EXPECT_NE(complaint("a: {x: 80, x: 81}\n", PortRule::required).find("twice"), std::string::npos);
    EXPECT_NE(complaint("a: {x: 0}\n", PortRule::required).find("is not a port"), std::string::npos);
    EXPECT_NE(complaint("a: {x: 65536}\n", PortRule::required).find("is not a port"), std::string::npos);
    EXPECT_NE(complaint("a: [x]\n", PortRule::required).find("has no port"), std::string::npos);
    EXPECT_NE(complaint("a: {x: 80}\n", PortRule::none).find("targets have none"), std::string::npos);
    EXPECT_NE(complaint("a: 3\n", PortRule::none).find("neither"), std::string::npos);
    EXPECT_NE(complaint("[a, b]\n", PortRule::none).find("expected a map"), std::string::npos);
    EXPECT_NE(complaint("targets: [{host: a, colour: red}]\n", PortRule::none).find("unknown key"),
              std::string::npos);
    EXPECT_NE(complaint("targets: [{port: 1}]\n", PortRule::required).find("without host"),
              std::string::npos);
    EXPECT_NE(complaint("targets: [{host: a, count: 0}]\n", PortRule::none).find("is not a count"),
              std::string::npos);
    EXPECT_NE(complaint("targets: [{host: a, interval: 5}]\n", PortRule::none).find("is not a duration"),
              std::string::npos);
    EXPECT_NE(complaint("targets: [{host: a, labels: {rtt_us: x}}]\n", PortRule::none)
                  .find("is a key of the records"),
              std::string::npos);
    EXPECT_NE(complaint("a: {\n", PortRule::none).find("t.yaml:"), std::string::npos);
}

TEST(Targets, Arguments) {
    EXPECT_EQ(nm::target_of_argument("2001:db8::1", PortRule::none).host, "2001:db8::1");
    EXPECT_EQ(nm::target_of_argument("[2001:db8::1]:443", PortRule::required).port, 443);
    EXPECT_THROW((void)nm::target_of_argument("db1", PortRule::required), nm::UserError);
    EXPECT_THROW((void)nm::target_of_argument("db1:0x50", PortRule::required), nm::UserError);
}

TEST(Targets, KeysOfRecordsAreNoLabels) {
    for (const char* key : {"type", "v", "ts", "target", "address", "seq", "loss_pct", "port", "options"})
        EXPECT_TRUE(nm::is_reserved_label(key)) << key;
    EXPECT_FALSE(nm::is_reserved_label("region"));
    EXPECT_FALSE(nm::is_reserved_label("host"));
}

}  // namespace
