#include <gtest/gtest.h>

#include "base/result.hpp"
#include "catalog.hpp"

namespace nmdeploy {
namespace {

std::string refusal(const std::string& text) {
    try {
        parse_catalog(text, "c.yaml");
    } catch (const nm::UserError& error) {
        EXPECT_EQ(error.exit(), nm::Exit::bad_config);
        return error.what();
    }
    return "";
}

TEST(Catalog, DefaultsAndLimits) {
    const Catalog catalog = parse_catalog(
        "apps:\n"
        "  a: {tool: [nmprobe, ping, 192.0.2.1]}\n"
        "  b: {tool: [nmtcp, ping], files: [x/t.yaml], memory: 128Mi, cpu: 0.25, pids: 9}\n"
        "nodes:\n"
        "  n1: {netns: /run/netns/x}\n"
        "  here:\n",
        "c.yaml");
    EXPECT_EQ(catalog.apps.at("a").memory_bytes, 64ULL << 20);
    EXPECT_EQ(catalog.apps.at("b").memory_bytes, 128ULL << 20);
    EXPECT_EQ(catalog.apps.at("b").cpu_milli, 250);
    EXPECT_EQ(catalog.apps.at("b").pids, 9);
    EXPECT_EQ(catalog.nodes.at("n1").netns, "/run/netns/x");
    EXPECT_EQ(catalog.nodes.at("here").netns, "");
}

TEST(Catalog, EveryRefusalNamesItsPlace) {
    EXPECT_EQ(refusal("apps:\n  a: {tool: [sh]}\n"), "c.yaml:2:13: 'sh' is not one of our tools");
    EXPECT_NE(refusal("apps:\n  ../x: {tool: [nmprobe]}\n").find("c.yaml:2:3: '../x' is not a name"),
              std::string::npos);
    EXPECT_NE(refusal("apps:\n  a: {tool: [nmprobe], image: x}\n").find("not in this version"),
              std::string::npos);
    EXPECT_NE(refusal("apps:\n  a: {tool: [nmprobe], tool: [nmtcp]}\n").find("twice"), std::string::npos);
    EXPECT_NE(refusal("apps:\n  a: {tool: [nmprobe, \"x\\ny\"]}\n").find("control characters"),
              std::string::npos);
    EXPECT_NE(refusal("apps:\n  a: {tool: [nmprobe], files: [/]}\n").find("name of a file"),
              std::string::npos);
    EXPECT_NE(refusal("apps:\n  a: {tool: [nmprobe], memory: 010}\n").find("memory limit"),
              std::string::npos);
    EXPECT_NE(refusal("apps:\n  a: {tool: [nmprobe], cpu: nan}\n").find("number of cores"),
              std::string::npos);
    EXPECT_NE(refusal("nodes:\n  n: {netns: \"/run/x,src=/\"}\n").find("not the path"), std::string::npos);
    EXPECT_NE(refusal("x: 1\n").find("unknown key 'x'"), std::string::npos);
    EXPECT_NE(refusal("apps: [").find("c.yaml:"), std::string::npos);
}

}  // namespace
}  // namespace nmdeploy
