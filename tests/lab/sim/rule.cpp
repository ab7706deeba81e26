#include "rule.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <limits>
#include <utility>

namespace netsim {
namespace {

[[noreturn]] void refuse(std::string_view value, std::string_view wanted) {
    throw BadRule("'" + std::string(value) + "' is not " + std::string(wanted));
}

template <class Number>
Number number(std::string_view text, std::string_view wanted = "a number",
              Number most = std::numeric_limits<Number>::max()) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < Number{} || value > most) {
        refuse(text, wanted);
    }
    return value;
}

double probability(std::string_view text) {
    if (text.ends_with('%')) return number<double>(text.substr(0, text.size() - 1), "0% to 100%", 100) / 100;
    return number<double>(text, "a probability from 0 to 1", 1);
}

Nanoseconds duration(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, double>, 4> units{
        {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}};
    for (const auto& [unit, factor] : units) {
        if (!text.ends_with(unit)) continue;
        const std::string_view digits = text.substr(0, text.size() - unit.size());
        return static_cast<Nanoseconds>(number<double>(digits, "a duration", 1e6) * factor);
    }
    if (text == "0") return 0;
    refuse(text, "a duration such as 10ms, 250us, 2s");
}

Address address(std::string_view text) {
    const std::optional<Address> parsed = parse_address(text);
    if (!parsed) refuse(text, "an address");
    return *parsed;
}

bool flag(std::string_view text) {
    if (text == "1") return true;
    if (text == "0") return false;
    refuse(text, "0 or 1");
}

template <class Value, std::size_t n>
Value word(std::string_view text, const std::array<std::pair<std::string_view, Value>, n>& words) {
    std::string known;
    for (const auto& [name, value] : words) {
        if (name == text) return value;
        known += (known.empty() ? "one of " : ", ") + std::string(name);
    }
    refuse(text, known);
}

constexpr std::array<std::pair<std::string_view, Answer>, 3> datagram_answers{
    {{"reply", Answer::reply}, {"silent", Answer::silent}, {"error", Answer::error}}};
constexpr std::array<std::pair<std::string_view, Answer>, 8> tcp_answers{
    {{"synack", Answer::synack},
     {"rst", Answer::rst},
     {"silent", Answer::silent},
     {"error", Answer::error},
     {"rst_noack", Answer::rst_noack},
     {"rst_bad_ack", Answer::rst_bad_ack},
     {"bad_ack", Answer::bad_ack},
     {"challenge_ack", Answer::challenge_ack}}};
constexpr std::array<std::pair<std::string_view, Corrupt>, 4> corruptions{{{"checksum", Corrupt::checksum},
                                                                           {"payload", Corrupt::payload},
                                                                           {"data", Corrupt::data},
                                                                           {"tag", Corrupt::tag}}};
constexpr std::array<std::pair<std::string_view, Ipv6Extension>, 2> extensions{
    {{"hbh", Ipv6Extension::hop_by_hop}, {"dst", Ipv6Extension::destination}}};

template <class Each>
void split(std::string_view text, char separator, Each each) {
    while (true) {
        const std::size_t end = text.find(separator);
        each(text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

void add_ports(Rule& rule, std::string_view list, Answer answer) {
    split(list, ',', [&](std::string_view item) {
        const std::size_t dash = item.find('-');
        const auto first = number<std::uint16_t>(item.substr(0, dash), "a port");
        const auto last =
            dash == std::string_view::npos ? first : number<std::uint16_t>(item.substr(dash + 1), "a port");
        rule.ports.push_back({first, last, answer});
    });
}

void set_error(Rule& rule, std::string_view value) {
    const std::size_t slash = value.find('/');
    rule.error.type = number<std::uint8_t>(value.substr(0, slash), "TYPE/CODE");
    if (slash != std::string_view::npos)
        rule.error.code = number<std::uint8_t>(value.substr(slash + 1), "TYPE/CODE");
    rule.echo = rule.tcp = rule.udp = Answer::error;
}

void set_path(Rule& rule, std::string_view value) {
    rule.path.clear();
    split(value, '+', [&](std::string_view position) {
        Hop& hop = rule.path.emplace_back();
        if (position == "*") return;
        split(position, '|', [&](std::string_view branch) { hop.push_back(address(branch)); });
    });
    rule.hops = rule.path.size() + 1;
}

void set_mpls(Rule& rule, std::string_view value) {
    split(value, '+', [&](std::string_view entry) {
        std::array<std::uint32_t, 3> parts{0, 0, 1};
        std::size_t count = 0;
        split(entry, '/', [&](std::string_view part) {
            if (count == parts.size()) refuse(entry, "LABEL[/EXP[/TTL]]");
            parts[count++] = number<std::uint32_t>(part, "LABEL[/EXP[/TTL]]");
        });
        if (parts[0] > 0xfffff || parts[1] > 7 || parts[2] > 255) refuse(entry, "LABEL[/EXP[/TTL]]");
        rule.error.mpls.push_back(
            {parts[0], static_cast<std::uint8_t>(parts[1]), static_cast<std::uint8_t>(parts[2])});
    });
}

using R = Rule;
using V = std::string_view;

constexpr std::array keys{
    RuleKey{"icmp", [](R& r, V v) { r.echo = word(v, datagram_answers); },
            "echo request: reply|silent|error"},
    RuleKey{"tcp", [](R& r, V v) { r.tcp = word(v, tcp_answers); },
            "other ports: rst|synack|silent|error|rst_noack|rst_bad_ack|bad_ack|challenge_ack"},
    RuleKey{"udp", [](R& r, V v) { r.udp = word(v, datagram_answers); },
            "datagrams: error|reply (echo)|silent"},
    RuleKey{"tcp_open", [](R& r, V v) { add_ports(r, v, Answer::synack); },
            "ports with SYN/ACK: 80,443,8000-8099"},
    RuleKey{"tcp_closed", [](R& r, V v) { add_ports(r, v, Answer::rst); }, "ports with RST"},
    RuleKey{"tcp_filtered", [](R& r, V v) { add_ports(r, v, Answer::silent); }, "silent ports"},
    RuleKey{"tcp_error", [](R& r, V v) { add_ports(r, v, Answer::error); }, "ports with the ICMP error"},
    RuleKey{"tcp_rst_noack", [](R& r, V v) { add_ports(r, v, Answer::rst_noack); }, "ports with RST, ack 0"},
    RuleKey{"tcp_rst_bad_ack", [](R& r, V v) { add_ports(r, v, Answer::rst_bad_ack); },
            "ports with RST, wrong ack"},
    RuleKey{"tcp_bad_ack", [](R& r, V v) { add_ports(r, v, Answer::bad_ack); },
            "ports whose SYN/ACK has a wrong ack"},
    RuleKey{"tcp_challenge_ack", [](R& r, V v) { add_ports(r, v, Answer::challenge_ack); },
            "ports that answer a SYN with a bare ACK (RFC 5961)"},
    RuleKey{"mss", [](R& r, V v) { r.mss = number<std::uint16_t>(v); },
            "MSS option of the SYN/ACK (1460; 0: none)"},
    RuleKey{"swallow_first_syn", [](R& r, V v) { r.swallow_first_syn = number<std::uint64_t>(v); },
            "N first SYNs of each flow vanish"},
    RuleKey{"delay", [](R& r, V v) { r.delay = duration(v); },
            "from reading the request to sending the answer"},
    RuleKey{"jitter", [](R& r, V v) { r.jitter = duration(v); }, "adds 0..DUR, uniform"},
    RuleKey{"loss", [](R& r, V v) { r.loss_request = probability(v); }, "same as loss_request: 0.1 or 10%"},
    RuleKey{"loss_request", [](R& r, V v) { r.loss_request = probability(v); },
            "probability that a request vanishes"},
    RuleKey{"loss_reply", [](R& r, V v) { r.loss_reply = probability(v); },
            "probability that an answer vanishes"},
    RuleKey{"drop_every", [](R& r, V v) { r.drop_every = number<std::uint64_t>(v); },
            "each Nth request of a destination vanishes"},
    RuleKey{"every", [](R& r, V v) { r.every = number<std::uint64_t>(v); },
            "dup, corrupt, wrong_source, icmp_error: only each Nth request (1)"},
    RuleKey{"dup", [](R& r, V v) { r.dup = number<std::uint64_t>(v); }, "N more copies of each answer"},
    RuleKey{"dup_delay", [](R& r, V v) { r.dup_delay = duration(v); }, "between the copies (0)"},
    RuleKey{"dup_from", [](R& r, V v) { r.dup_from = address(v); }, "source address of the copies"},
    RuleKey{"reorder", [](R& r, V v) { r.reorder = flag(v); }, "swaps each pair of answers of a destination"},
    RuleKey{"reorder_hold", [](R& r, V v) { r.reorder_hold = duration(v); },
            "longest wait for the second (1s)"},
    RuleKey{"corrupt", [](R& r, V v) { r.corrupt = word(v, corruptions); },
            "checksum: wrong field; payload: last byte flipped, checksum kept (wrong);\n"
            "data: last byte flipped, checksum right; tag: first payload byte flipped, checksum right"},
    RuleKey{"wrong_source", [](R& r, V v) { r.wrong_source = address(v); }, "the answer comes from ADDR"},
    RuleKey{"reply_ip_options", [](R& r, V v) { r.reply_ip_options = flag(v); },
            "IPv4 answers carry record route"},
    RuleKey{"reply_ttl", [](R& r, V v) { r.reply_ttl = number<std::uint8_t>(v); }, "TTL of answers (64)"},
    RuleKey{"icmp_error", set_error,
            "TYPE/CODE for every protocol; a later icmp=, tcp=, udp= takes one back"},
    RuleKey{"from", [](R& r, V v) { r.error.from = address(v); }, "who says the error (the destination)"},
    RuleKey{"mtu", [](R& r, V v) { r.error.mtu = number<std::uint16_t>(v); }, "next-hop MTU in the error"},
    RuleKey{
        "quote",
        [](R& r, V v) { r.error.quote = v == "full" ? std::nullopt : std::optional(number<std::size_t>(v)); },
        "bytes quoted behind the quoted IP header: full (576/1280 in all) or N"},
    RuleKey{"quote_nat", [](R& r, V v) { r.error.quote_nat = address(v); }, "the quoted destination is ADDR"},
    RuleKey{"quote_tos", [](R& r, V v) { r.error.quote_tos = number<std::uint8_t>(v); },
            "the quoted TOS is N"},
    RuleKey{"quote_ip_options", [](R& r, V v) { r.error.quote_ip_options = flag(v); },
            "the quoted IPv4 header has options"},
    RuleKey{"quote_v6_ext", [](R& r, V v) { r.error.quote_v6_ext = word(v, extensions); },
            "the quoted IPv6 header is followed by hbh or dst options"},
    RuleKey{"mpls", set_mpls, "RFC 4950 labels LABEL[/EXP[/TTL]], '+' between them"},
    RuleKey{"mpls_legacy", [](R& r, V v) { r.error.mpls_legacy = flag(v); }, "without the RFC 4884 length"},
    RuleKey{"hops", [](R& r, V v) { r.hops = number<std::uint64_t>(v); },
            "distance of the host: a TTL below gets time exceeded"},
    RuleKey{"hop_from", [](R& r, V v) { r.hop_base = address(v); },
            "router N answers from ADDR+N (198.18.254.0, 2001:db8:fffe::)"},
    RuleKey{"path", set_path, "routers one by one: A+B|C+*+D ('|' by flow, '*' silent); sets hops"},
    RuleKey{"hop_delay", [](R& r, V v) { r.hop_delay = duration(v); }, "router N answers after N times DUR"},
    RuleKey{"rate_limit", [](R& r, V v) { r.rate_limit = number<double>(v); },
            "ICMP errors per second of each router"},
    RuleKey{"rate_burst", [](R& r, V v) { r.rate_burst = number<double>(v); }, "tokens of that limit (1)"},
};

void set_key(Rule& rule, std::string_view name, std::string_view value) {
    for (const RuleKey& key : keys) {
        if (key.name != name) continue;
        try {
            key.set(rule, value);
        } catch (const BadRule& why) {
            throw BadRule(std::string(name) + ": " + why.what());
        }
        return;
    }
    refuse(name, "a key (see --help)");
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

// `a=1,2,b` is a: "1,2" and the flag b: a part without '=' that starts with a digit goes on with the list.
void set_keys(Rule& rule, std::string_view text) {
    std::string_view name;
    std::string value;
    const auto finish = [&] {
        if (!name.empty()) set_key(rule, name, value);
    };
    split(text, ',', [&](std::string_view part) {
        part = trim(part);
        if (part.empty()) return;
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos && part.front() >= '0' && part.front() <= '9' && !name.empty()) {
            value += "," + std::string(part);
            return;
        }
        finish();
        name = part.substr(0, equals);
        value = equals == std::string_view::npos ? "1" : std::string(part.substr(equals + 1));
    });
    finish();
}

// An address of the other family would be read as bytes of this one.
void check_families(const Rule& rule) {
    const auto check = [&](const std::optional<Address>& given) {
        if (given && given->v6 != rule.prefix.base.v6) refuse(to_text(*given), "of the prefix's family");
    };
    for (const auto& given :
         {rule.dup_from, rule.wrong_source, rule.hop_base, rule.error.from, rule.error.quote_nat}) {
        check(given);
    }
    for (const Hop& hop : rule.path) {
        for (const Address& branch : hop) check(branch);
    }
}

}  // namespace

std::span<const RuleKey> rule_keys() {
    return keys;
}

Answer Rule::tcp_answer(std::uint16_t port) const {
    for (const PortRange& range : ports) {
        if (port >= range.first && port <= range.last) return range.answer;
    }
    return tcp;
}

Rule parse_rule(std::string_view text) {
    text = trim(text);
    std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos && text.ends_with(':')) colon = text.size() - 1;
    const std::optional<Prefix> prefix = parse_prefix(text.substr(0, colon));
    if (!prefix) throw BadRule("rule '" + std::string(text) + "' does not start with 'PREFIX: '");
    Rule rule;
    rule.prefix = *prefix;
    try {
        if (colon != std::string_view::npos) set_keys(rule, text.substr(colon + 1));
        check_families(rule);
    } catch (const BadRule& why) {
        throw BadRule("rule '" + std::string(text) + "': " + why.what());
    }
    if (rule.every == 0 || rule.hops == 0) throw BadRule("rule '" + std::string(text) + "': 0 is too few");
    return rule;
}

std::vector<Rule> read_script(const std::string& file_name) {
    std::ifstream in(file_name);
    if (!in) throw BadRule(file_name + ": cannot open");
    std::vector<Rule> rules;
    std::string line;
    for (unsigned number_of_line = 1; std::getline(in, line); ++number_of_line) {
        const std::string_view text = trim(std::string_view(line).substr(0, line.find('#')));
        if (text.empty()) continue;
        try {
            rules.push_back(parse_rule(text));
        } catch (const BadRule& why) {
            throw BadRule(file_name + ":" + std::to_string(number_of_line) + ": " + why.what());
        }
    }
    return rules;
}

}  // namespace netsim
