// The options that nmprobe ping and nmtcp ping share: what to probe, how often, from where.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "net/ip.hpp"
#include "probe/targets.hpp"

namespace CLI {
class App;
}

namespace nm {

enum class AddressChoice : std::uint8_t { first, all };
inline constexpr std::array<std::string_view, 2> address_choice_words{"first", "all"};

struct ProbeOptions {
    std::vector<std::string> targets;
    std::string file;
    std::uint64_t count = 1;
    std::int64_t interval_ns = ns_per_s;
    std::int64_t timeout_ns = ns_per_s;
    std::int64_t linger_ns = 0;
    std::int64_t every_ns = 0;  // 0: one round
    std::uint64_t rounds = 0;   // 0: no end
    std::uint64_t rate_pps = 10'000;
    std::string source;
    std::string interface;
    int tos = -1;
    int ttl = -1;
    bool each = false;
    bool worst_first = false;  // in the live table
    bool only_v4 = false;
    bool only_v6 = false;
    AddressChoice addresses = AddressChoice::first;
    std::uint64_t receive_buffer = 64 * 1024 * 1024;

    bool wants(Family family) const { return family == Family::v4 ? !only_v6 : !only_v4; }
};

// How packets leave, of any verb that sends its own: source, interface, TOS, TTL, families, receive buffer.
void add_packet_options(CLI::App& cli, ProbeOptions& options);
void add_probe_options(CLI::App& cli, ProbeOptions& options, PortRule rule);
// Of verbs that show their rounds as a live table (live_view).
void add_live_options(CLI::App& cli, ProbeOptions& options);

// Throws UserError(usage) for no time at all.
void check_timeout(std::int64_t timeout_ns);
// Throws UserError(usage) when --every is shorter than a round takes, or the timeout is none.
void check_rounds(const ProbeOptions& options);

// The targets of arguments, file or stdin; throws UserError(usage) when there are none and stdin is a
// terminal.
TargetList collect_targets(const ProbeOptions& options, PortRule rule, BadInput& bad);

}  // namespace nm
