#include <gtest/gtest.h>

#include "desired.hpp"
#include "image.hpp"
#include "names.hpp"

namespace nmdeploy {
namespace {

using nm::DeployAction;
using nm::Drift;

Container wanted(const std::string& app, const std::string& node) {
    Container container;
    container.app = app;
    container.node = node;
    container.name = container_name("lab", app, node);
    container.image = "localhost/nmtools/nmprobe:0";
    container.command = {"nmprobe", "ping", "192.0.2.1"};
    container.memory_bytes = 1 << 26;
    container.hash = hash_of(container);
    return container;
}

Running running(const Container& container) {
    Running found;
    found.app = container.app;
    found.node = container.node;
    found.name = container.name;
    found.hash = container.hash;
    found.status = "running";
    return found;
}

TEST(Difference, NothingDiffersFromItself) {
    const std::vector<Container> want{wanted("a", "n1"), wanted("b", "n2")};
    const std::vector<Running> found{running(want[1]), running(want[0])};
    for (const Step& step : difference(want, found)) EXPECT_EQ(step.action, DeployAction::keep);
}

TEST(Difference, EachCaseHasItsActionAndWhatGoesGoesFirst) {
    Container lost = wanted("lost", "n1");
    lost.netns_inode = 2;
    const std::vector<Container> want{wanted("new", "n1"), wanted("kept", "n1"), wanted("edited", "n1"),
                                      wanted("stopped", "n1"), lost};
    std::vector<Running> found{running(want[1]), running(want[2]), running(want[3]), running(lost),
                               running(wanted("old", "n1"))};
    found[1].hash = "another";
    found[2].status = "exited";
    found[2].exit_code = 64;
    found[3].netns_inode = 1;
    const auto steps = difference(want, found);
    ASSERT_EQ(steps.size(), 6U);
    EXPECT_EQ(steps[0].action, DeployAction::remove);
    EXPECT_EQ(steps[0].found->app, "old");
    EXPECT_EQ(steps[1].drift, Drift::changed);
    EXPECT_EQ(steps[2].drift, Drift::stopped);
    EXPECT_EQ(steps[2].reason, "exited with 64");
    EXPECT_EQ(steps[3].drift, Drift::lost_netns);
    EXPECT_EQ(steps[4].action, DeployAction::create);
    EXPECT_EQ(steps[5].action, DeployAction::keep);
}

TEST(Difference, EveryDemandIsInTheHash) {
    const Container base = wanted("a", "n1");
    std::vector<Container> others(8, base);
    others[0].image += "1";
    others[1].command.back() = "192.0.2.2";
    others[2].files.push_back({"f", "0", ""});
    others[3].netns = "/run/netns/x";
    others[4].memory_bytes += 1;
    others[5].cpu_milli += 1;
    others[6].pids += 1;
    others[7].records = "/r";
    for (const Container& other : others) EXPECT_NE(hash_of(other), base.hash);
    // Two words are not one word with a space.
    Container split = base;
    split.command = {"nmprobe", "ping 192.0.2.1"};
    EXPECT_NE(hash_of(split), base.hash);
}

TEST(Difference, AMoveIsNoRemovalAndTwoOfThreeAreTooMany) {
    const std::vector<Container> all{wanted("a", "n1"), wanted("b", "n1"), wanted("c", "n1")};
    std::vector<Running> found;
    for (const Container& one : all) found.push_back(running(one));
    const std::vector<Container> moved{wanted("a", "n2"), wanted("b", "n2"), wanted("c", "n2")};
    EXPECT_EQ(vanishing(difference(moved, found)), 0U);
    const std::vector<Container> fewer{all[0]};
    EXPECT_TRUE(removes_too_much(difference(fewer, found), found.size()));
    const std::vector<Container> one_less{all[0], all[1]};
    EXPECT_FALSE(removes_too_much(difference(one_less, found), found.size()));
}

TEST(Slots, PlaceholdersAreThoseOfTheSlot) {
    AppSpec app;
    app.command = {"nmprobe", "ping", "--every", "{period}", "--offset={offset}"};
    nm::Slot slot;
    slot.period_s = 60;
    slot.offset_s = 7;
    EXPECT_TRUE(uses_slots(app));
    EXPECT_EQ(command_of(app, {slot}),
              (std::vector<std::string>{"nmprobe", "ping", "--every", "60s", "--offset=7s"}));
}

TEST(Names, OnlyLabelsOfDns) {
    for (const char* good : {"a", "ping-web", "n1", "0"}) EXPECT_TRUE(is_name(good)) << good;
    for (const char* bad : {"", "../x", "a;id", "a\n", "A", "-a", "a-", "a_b", "a.b", "\xd0\xb0"})
        EXPECT_FALSE(is_name(bad)) << bad;
    EXPECT_FALSE(is_name(std::string_view("a\0b", 3)));
    EXPECT_FALSE(is_name(std::string(64, 'a')));
}

TEST(Libraries, OfLddAndWhatIsMissingIsNamed) {
    const auto libraries = libraries_of(
        "\tlinux-vdso.so.1 (0x00007ffd)\n\tlibz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x7f)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x7f)\n");
    ASSERT_TRUE(libraries);
    EXPECT_EQ(*libraries,
              (std::vector<std::string>{"/lib/x86_64-linux-gnu/libz.so.1", "/lib64/ld-linux-x86-64.so.2"}));
    EXPECT_TRUE(libraries_of("\tstatically linked\n"));
    const auto missing = libraries_of("\tlibx.so.1 => not found\n");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().message, "library libx.so.1 is not found");
}

TEST(Needs, AreThoseOfTheVerbsInTheCommand) {
    const std::string tree =
        "{\"verb\":\"ping\",\"needs\":[]}\n{\"verb\":\"http\",\"needs\":[\"libcurl.so.4\",\"/etc/x\"]}\n";
    EXPECT_EQ(needs_of(tree, {"nmprobe", "ping", "a"}).value_or_throw(), std::vector<std::string>{});
    EXPECT_EQ(needs_of(tree, {"nmprobe", "-v", "http", "a"}).value_or_throw(),
              (std::vector<std::string>{"libcurl.so.4", "/etc/x"}));
    EXPECT_FALSE(needs_of("{\"verb\":\"ping\"}\n", {"nmprobe", "ping"}));
    EXPECT_FALSE(needs_of("nonsense", {"nmprobe", "ping"}));
}

}  // namespace
}  // namespace nmdeploy
