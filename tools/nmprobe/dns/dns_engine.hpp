// Asks what the schedule says by UDP (and TCP after a truncated answer) and gives every query its one state.
//
// A few sockets a family, each with a port of the kernel's random choice; ids run through a keyed
// permutation, so that they are random to others and unique to us. An answer is one only if id, address, port
// and question are those of the query. Times come from the kernel's stamps. Proof:
// tests/unit/nmprobe_dns_test.cpp, tests/cli/nmprobe_dns.bats, tests/lab/nmprobe_dns.bats.
#pragma once

#include <memory>

#include "dns/id_cipher.hpp"
#include "dns/questions.hpp"
#include "dns/tcp_query.hpp"
#include "format/output.hpp"
#include "net/event_loop.hpp"
#include "probe/flight.hpp"
#include "probe/own_drops.hpp"
#include "probe/pacer.hpp"
#include "probe/rtt.hpp"
#include "probe/schedule.hpp"
#include "probe/stamp_socket.hpp"

namespace nmprobe {

// What is asked: target t of the schedule is name t / servers.size() and server t % servers.size().
struct DnsPlan {
    std::vector<DnsName> names;
    std::vector<DnsServer> servers;

    std::size_t size() const { return names.size() * servers.size(); }
    const DnsName& name(std::uint32_t target) const { return names[target / servers.size()]; }
    const DnsServer& server(std::uint32_t target) const { return servers[target % servers.size()]; }
};

struct DnsResult {
    std::uint32_t target = 0;
    std::uint32_t seq = 0;
    std::uint64_t round = 0;
    nm::Time ts;
    nm::DnsState state = nm::DnsState::timeout;
    const DnsMessage* message = nullptr;  // valid during the call
    std::size_t bytes = 0;                // of the message
    nm::DnsTransport transport = nm::DnsTransport::udp;
    std::int64_t rtt_ns = -1;
    nm::TsSource ts_source = nm::TsSource::none;
    std::int64_t tcp_connect_ns = -1;
    std::int64_t tcp_rtt_ns = -1;
    std::uint32_t wrong = 0;
    std::string error;
    bool unsent = false;  // the kernel would not send it
};

class DnsSink {
  public:
    virtual ~DnsSink() = default;
    virtual void result(const DnsResult& result) = 0;
};

class DnsEngine {
  public:
    // Opens the sockets. Throws UserError.
    DnsEngine(const DnsOptions& options, nm::EventLoop& loop, nm::Schedule& schedule, const DnsPlan& plan,
              DnsSink& sink, nm::Output& out);
    ~DnsEngine();

    // One turn; sleeps until deadline_ns at most when there is nothing to do.
    void turn(std::int64_t deadline_ns);
    bool idle() const;
    // The plan is about to be replaced.
    void forget() { flight_.clear(); }
    std::size_t waiting() const { return flight_.waiting() + tcp_.pending(); }
    // queries, by_tcp, late, dup, wrong_answers, foreign and rate_qps are counted here.
    const nm::DnsSummary& counts() const { return counts_; }
    std::optional<double> rate_qps() const;

  private:
    struct Lane {
        std::unique_ptr<nm::StampSocket> socket;
        bool in_use = false;  // something was sent: there may be answers
    };
    struct Query {  // beside the entry of its packet in flight
        std::uint64_t round = 0;
        std::uint32_t wrong = 0;
    };

    static constexpr std::size_t query_room = 320;  // name 255, header 12, type and class 4, OPT 15

    // Queries (dns_engine.cpp).
    std::size_t open_lanes(nm::Family family);
    bool send_due();
    void send_batch(std::vector<nm::Outgoing>& batch, std::size_t lane);
    nm::Bytes write_query(std::uint8_t* room, std::uint32_t index, const DnsQuery& query) const;
    std::uint16_t id_of(std::uint32_t index) const;
    nm::InFlight* find(std::uint16_t id, std::size_t lane);
    Query& query_of(std::uint32_t index) { return queries_[index & (queries_.size() - 1)]; }
    void expire(std::int64_t now_ns);
    void lose(nm::InFlight& entry);
    std::int64_t next_action_ns() const;

    // Answers (dns_engine_answers.cpp).
    std::size_t take(std::size_t lane);  // how many
    void take_errors(std::size_t lane);
    void on_error(const nm::QueuedError& error, std::size_t lane);
    void on_packet(const nm::Incoming& in, std::size_t lane, std::int64_t now_ns);
    bool matches(const nm::Incoming& in, const DnsHead& head, const nm::InFlight& entry) const;
    void on_answer(const nm::Incoming& in, const nm::InFlight& entry, DnsResult& result);
    void ask_by_tcp(DnsResult result, std::uint16_t id);
    void judge(DnsResult& result, nm::Bytes message);
    DnsResult result_of(const nm::InFlight& entry);

    const DnsOptions& options_;
    nm::EventLoop& loop_;
    nm::Schedule& schedule_;
    const DnsPlan& plan_;
    DnsSink& sink_;
    nm::Output& out_;
    nm::Pacer pacer_;
    nm::Flight flight_;
    TcpQueries tcp_;
    IdCipher cipher_;
    std::uint64_t case_key_ = 0;
    std::vector<Lane> lanes_;  // those of IPv4, then those of IPv6
    std::size_t window_ = 0;
    std::size_t received_ = 0;  // in the last turn
    std::vector<Query> queries_;
    std::vector<std::uint8_t> rooms_;
    std::vector<nm::Outgoing> v4_batch_, v6_batch_;
    std::vector<nm::Incoming> incoming_;
    std::vector<nm::TransmitStamp> stamps_;
    std::vector<nm::QueuedError> errors_;
    DnsMessage message_;
    nm::DnsSummary counts_;
    nm::OwnDrops own_drops_;
    std::int64_t first_send_ns_ = 0;
    std::int64_t last_send_ns_ = 0;
    std::int64_t last_fate_ns_ = 0;
};

}  // namespace nmprobe
