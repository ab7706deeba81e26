// Records of nmprobe dns.
#pragma once

#include "record/probe_icmp.hpp"

namespace nm {

// What became of a query: an answer of one of five kinds, or one of six ways to get none.
enum class DnsState : std::uint8_t {
    ok,
    no_data,
    nxdomain,
    failed,
    truncated,
    malformed,
    wrong,
    closed,
    unreachable,
    timeout,
    lost_self,
    error
};
template <>
inline constexpr std::array<std::string_view, 12> enum_words<DnsState> = {
    "ok",    "no_data", "nxdomain",    "failed",  "truncated", "malformed",
    "wrong", "closed",  "unreachable", "timeout", "lost_self", "error"};

enum class DnsTransport : std::uint8_t { udp, tcp };
template <>
inline constexpr std::array<std::string_view, 2> enum_words<DnsTransport> = {"udp", "tcp"};

struct DnsProbe {
    Time ts;
    std::string target;
    std::string qtype;
    std::string server;
    IpAddress address;
    std::uint16_t port = 0;
    Labels labels;
    std::uint64_t round = 0;
    std::uint64_t seq = 0;
    DnsState state = DnsState::timeout;
    std::string rcode;
    std::string flags;
    std::optional<double> rtt_us, tcp_connect_us, tcp_rtt_us;
    TsSource ts_source = TsSource::none;
    std::optional<DnsTransport> transport;
    std::optional<std::uint64_t> answer_count, authority_count, additional_count;
    std::vector<std::string> answers;
    std::optional<std::uint64_t> ttl_s;
    std::optional<std::uint64_t> bytes;
    std::optional<std::uint64_t> edns_size;
    std::string nsid;
    std::vector<std::string> ede;
    std::uint64_t wrong = 0;
    std::string error;
};

template <>
inline constexpr auto describe<DnsProbe> = record(
    "probe.dns", 1, "one question to one server and what became of it",
    field("ts", &DnsProbe::ts, Role::time, "when the answer came, or its loss was known"),
    field("target", &DnsProbe::target, Role::tag, "name asked for, as the user wrote it").column(),
    field("qtype", &DnsProbe::qtype, Role::tag, "type asked for, such as A, AAAA or MX").column(),
    field("server", &DnsProbe::server, Role::tag, "server asked, as the user wrote it").column(),
    field("address", &DnsProbe::address, Role::tag, "the server's address"),
    field("port", &DnsProbe::port, Role::tag, "the server's port"),
    field("labels", &DnsProbe::labels, Role::tag, "the target's labels, each under its own key"),
    field("round", &DnsProbe::round, Role::text, "number of the round, from 0, with --every"),
    field("seq", &DnsProbe::seq, Role::text, "number of the query within the round, from 0"),
    field("state", &DnsProbe::state, Role::text,
          "ok (NOERROR with answers), no_data (NOERROR without), nxdomain, failed (another rcode), truncated "
          "(TC, and nothing better by TCP), malformed (an answer that cannot be read), wrong (answers came, "
          "none to this question), closed (port refused), unreachable (another ICMP error), timeout "
          "(silence), lost_self (fell out of our receive buffer), error (could not be sent)")
        .column(),
    field("rcode", &DnsProbe::rcode, Role::text, "response code, such as NOERROR, NXDOMAIN or SERVFAIL")
        .column(),
    field("flags", &DnsProbe::flags, Role::text, "header flags of the answer: aa tc rd ra ad cd").column(),
    field("rtt_us", &DnsProbe::rtt_us, Role::value, "time from the UDP query to its answer or error",
          Unit::us)
        .column(),
    field("tcp_connect_us", &DnsProbe::tcp_connect_us, Role::value, "time to connect to the server by TCP",
          Unit::us),
    field("tcp_rtt_us", &DnsProbe::tcp_rtt_us, Role::value,
          "time from the question on the TCP connection to its answer", Unit::us),
    field("ts_source", &DnsProbe::ts_source, Role::text, "where rtt_us comes from: kernel or mono"),
    field("transport", &DnsProbe::transport, Role::text, "what the answer came by: udp or tcp"),
    field("answer_count", &DnsProbe::answer_count, Role::value, "records in the answer section"),
    field("authority_count", &DnsProbe::authority_count, Role::value, "records in the authority section"),
    field("additional_count", &DnsProbe::additional_count, Role::value,
          "records in the additional section, OPT not counted"),
    field("answers", &DnsProbe::answers, Role::text,
          "data of the records in the answer section, in the spelling of dig +short")
        .column(),
    field("ttl_s", &DnsProbe::ttl_s, Role::value, "smallest time to live in the answer section", Unit::s),
    field("bytes", &DnsProbe::bytes, Role::value, "size of the answer", Unit::bytes),
    field("edns_size", &DnsProbe::edns_size, Role::text, "UDP size that the server offers (EDNS)",
          Unit::bytes),
    field("nsid", &DnsProbe::nsid, Role::text,
          "the server's identity (RFC 5001), in hexadecimal when it is no text"),
    field("ede", &DnsProbe::ede, Role::text, "extended errors (RFC 8914): code and text"),
    field("wrong", &DnsProbe::wrong, Role::value,
          "answers to this query's id from another address, or to another question", Unit::packets),
    field("error", &DnsProbe::error, Role::text, "what went wrong, in words").column());

// The end of a run of nmprobe dns.
struct DnsSummary {
    Time ts;
    std::uint64_t queries = 0;
    std::uint64_t ok = 0;
    std::uint64_t no_data = 0;
    std::uint64_t nxdomain = 0;
    std::uint64_t failed = 0;
    std::uint64_t truncated = 0;
    std::uint64_t malformed = 0;
    std::uint64_t wrong = 0;
    std::uint64_t closed = 0;
    std::uint64_t unreachable = 0;
    std::uint64_t timeout = 0;
    std::uint64_t lost_self = 0;
    std::uint64_t errors = 0;
    std::uint64_t unfinished = 0;
    std::uint64_t by_tcp = 0;
    std::uint64_t late = 0;
    std::uint64_t dup = 0;
    std::uint64_t wrong_answers = 0;
    std::uint64_t foreign = 0;
    std::uint64_t unresolved = 0;
    std::uint64_t rejected_lines = 0;
    std::uint64_t rounds = 0;
    std::optional<double> rtt_min_us, rtt_avg_us, rtt_max_us;
    std::optional<double> rate_qps;
    std::optional<double> duration_ms;
};

template <>
inline constexpr auto describe<DnsSummary> = record(
    "probe.dns.summary", 1, "the whole run; queries is the sum of ok to errors and of unfinished",
    field("ts", &DnsSummary::ts, Role::time, "end of the run"),
    field("queries", &DnsSummary::queries, Role::value, "questions asked").column(),
    field("ok", &DnsSummary::ok, Role::value, "NOERROR with answers").column(),
    field("no_data", &DnsSummary::no_data, Role::value, "NOERROR without answers").column(),
    field("nxdomain", &DnsSummary::nxdomain, Role::value, "no such name").column(),
    field("failed", &DnsSummary::failed, Role::value, "any other response code").column(),
    field("truncated", &DnsSummary::truncated, Role::value, "only a truncated answer"),
    field("malformed", &DnsSummary::malformed, Role::value, "only an answer that cannot be read"),
    field("wrong", &DnsSummary::wrong, Role::value, "only answers that do not match the question"),
    field("closed", &DnsSummary::closed, Role::value, "refused by the server's host").column(),
    field("unreachable", &DnsSummary::unreachable, Role::value, "answered by another ICMP error"),
    field("timeout", &DnsSummary::timeout, Role::value, "not answered").column(),
    field("lost_self", &DnsSummary::lost_self, Role::value, "lost by this host"),
    field("errors", &DnsSummary::errors, Role::value, "could not be sent"),
    field("unfinished", &DnsSummary::unfinished, Role::value, "waiting when the run was stopped"),
    field("by_tcp", &DnsSummary::by_tcp, Role::value,
          "questions asked by TCP, at once or after a truncated answer"),
    field("late", &DnsSummary::late, Role::value, "answers after the timeout", Unit::packets),
    field("dup", &DnsSummary::dup, Role::value, "further answers to an answered query", Unit::packets),
    field("wrong_answers", &DnsSummary::wrong_answers, Role::value,
          "answers from another address, or to another question", Unit::packets),
    field("foreign", &DnsSummary::foreign, Role::value, "packets that belong to no query of this run",
          Unit::packets),
    field("unresolved", &DnsSummary::unresolved, Role::value, "servers without an address"),
    field("rejected_lines", &DnsSummary::rejected_lines, Role::value, "malformed lines of input"),
    field("rounds", &DnsSummary::rounds, Role::value, "rounds begun"),
    field("rtt_min_us", &DnsSummary::rtt_min_us, Role::value, "shortest time to an answer by UDP", Unit::us)
        .column(),
    field("rtt_avg_us", &DnsSummary::rtt_avg_us, Role::value, "mean time", Unit::us).column(),
    field("rtt_max_us", &DnsSummary::rtt_max_us, Role::value, "longest time", Unit::us).column(),
    field("rate_qps", &DnsSummary::rate_qps, Role::value,
          "queries per second from the first to the last one sent")
        .column(),
    field("duration_ms", &DnsSummary::duration_ms, Role::value, "length of the run", Unit::ms).column());

}  // namespace nm
