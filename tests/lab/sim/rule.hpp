// A rule: how the addresses of a prefix behave. The text form is `PREFIX: key=value,...`;
// rule_keys() is the one list of keys, for the parser and for --help. Test: sim_selftest.bats.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "address.hpp"

namespace netsim {

using Nanoseconds = std::int64_t;

enum class Answer : std::uint8_t {
    reply,
    silent,
    error,
    synack,
    rst,
    rst_noack,
    rst_bad_ack,
    bad_ack,
    challenge_ack
};
enum class Corrupt : std::uint8_t { none, checksum, payload, data, tag };
enum class Ipv6Extension : std::uint8_t { none, hop_by_hop, destination };

struct PortRange {
    std::uint16_t first;
    std::uint16_t last;
    Answer answer;
};

struct MplsLabel {
    std::uint32_t label;
    std::uint8_t exp;
    std::uint8_t ttl;
};

// One position of a path; several addresses are equal-cost branches, none is a silent router.
using Hop = std::vector<Address>;

struct ErrorForm {
    std::optional<std::uint8_t> type;  // absent: port unreachable of the family
    std::uint8_t code = 0;
    std::uint16_t mtu = 0;
    std::optional<Address> from;            // absent: the probed address
    std::optional<std::size_t> quote;       // bytes behind the quoted IP header; absent: as many as fit
    std::optional<Address> quote_nat;       // what the quoted destination became
    std::optional<std::uint8_t> quote_tos;  //
    bool quote_ip_options = false;          // IPv4: record route, 8 bytes
    Ipv6Extension quote_v6_ext = Ipv6Extension::none;
    std::vector<MplsLabel> mpls;
    bool mpls_legacy = false;  // RFC 4884 section 5.5: no length, extension behind 128 bytes
};

struct Rule {
    Prefix prefix;
    Answer echo = Answer::reply;
    Answer tcp = Answer::rst;
    Answer udp = Answer::error;
    std::vector<PortRange> ports;
    std::uint16_t mss = 1460;
    std::uint64_t swallow_first_syn = 0;

    Nanoseconds delay = 0;
    Nanoseconds jitter = 0;
    double loss_request = 0;
    double loss_reply = 0;
    std::uint64_t drop_every = 0;
    std::uint64_t every = 1;
    std::uint64_t dup = 0;
    Nanoseconds dup_delay = 0;
    std::optional<Address> dup_from;
    bool reorder = false;
    Nanoseconds reorder_hold = 1'000'000'000;
    Corrupt corrupt = Corrupt::none;
    std::optional<Address> wrong_source;
    bool reply_ip_options = false;
    std::uint8_t reply_ttl = 64;

    ErrorForm error;
    std::uint64_t hops = 1;  // routers before the host plus one
    std::optional<Address> hop_base;
    std::vector<Hop> path;
    Nanoseconds hop_delay = 0;
    double rate_limit = 0;  // errors per second and router; 0: unlimited
    double rate_burst = 1;

    Answer tcp_answer(std::uint16_t port) const;
};

struct BadRule : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct RuleKey {
    std::string_view name;
    void (*set)(Rule&, std::string_view value);
    std::string_view help;
};

std::span<const RuleKey> rule_keys();
Rule parse_rule(std::string_view text);                       // throws BadRule
std::vector<Rule> read_script(const std::string& file_name);  // a rule per line, # comments

}  // namespace netsim
