// Verdicts from evidence, and what is said to a service.
#include <gtest/gtest.h>

#include <array>

#include "diagnose/service_requests.hpp"
#include "diagnose/verdict.hpp"

namespace nmtcp {
namespace {

using nm::StepState;
using nm::TcpDiagnosis;
using nm::Verdict;

// A service that is well: 1 ms away, first byte in 5 ms.
TcpDiagnosis healthy() {
    TcpDiagnosis d;
    d.target = "db1";
    d.address = *nm::parse_ip("192.0.2.1");
    d.port = 5432;
    d.resolve_ms = 2;
    d.ping_sent = d.ping_received = 10;
    d.ping_rtt_p50_us = 1000;
    d.handshakes = d.handshakes_open = 10;
    d.handshakes_closed = d.handshakes_lost = d.handshakes_rejected = d.handshakes_unsent = 0;
    d.handshake_p50_us = 1100;
    d.service_state = StepState::ok;
    d.first_byte_p50_ms = 5;
    return d;
}

Verdict verdict_of(TcpDiagnosis d, std::string* reason = nullptr) {
    const Limits limits;
    d.ping_state = judge_ping(d, limits);
    d.handshake_state = judge_handshake(d, limits);
    if (d.service_state == StepState::ok && is_first_byte_slow(d, limits)) d.service_state = StepState::slow;
    judge(d, limits);
    EXPECT_FALSE(d.reason.empty());
    if (reason != nullptr) *reason = d.reason;
    return d.verdict;
}

TcpDiagnosis with_handshakes(std::uint64_t open, std::uint64_t closed, std::uint64_t lost,
                             std::uint64_t rejected = 0, std::uint64_t unsent = 0) {
    TcpDiagnosis d = healthy();
    d.handshakes_open = open;
    d.handshakes_closed = closed;
    d.handshakes_lost = lost;
    d.handshakes_rejected = rejected;
    d.handshakes_unsent = unsent;
    if (open + closed == 0) d.handshake_p50_us.reset();
    if (open == 0) {
        d.service_state.reset();
        d.first_byte_p50_ms.reset();
    }
    return d;
}

TEST(Verdict, NothingIsWrong) {
    EXPECT_EQ(verdict_of(healthy()), Verdict::none);
}

TEST(Verdict, PingsThatAreFilteredAreNoFault) {
    TcpDiagnosis d = healthy();
    d.ping_received = 0;
    d.ping_rtt_p50_us.reset();
    EXPECT_EQ(verdict_of(d), Verdict::none);
    d.ping_received = 7;  // a limit on pings: no handshake was lost
    EXPECT_EQ(verdict_of(d), Verdict::none);
    d.ping_sent.reset();
    d.ping_received.reset();
    d.ping_error = "not allowed";
    EXPECT_EQ(verdict_of(d), Verdict::none);
}

TEST(Verdict, ANameWithoutAnAddress) {
    TcpDiagnosis d;
    d.target = "db1";
    d.resolve_error = "no such host";
    EXPECT_EQ(verdict_of(d), Verdict::name);
}

TEST(Verdict, ASlowNameIsTheFaultOnlyWhenTheRestIsWell) {
    TcpDiagnosis d = healthy();
    d.resolve_ms = 2500;
    EXPECT_EQ(verdict_of(d), Verdict::name);
    d.service_state = StepState::silent;
    EXPECT_EQ(verdict_of(d), Verdict::service);
}

TEST(Verdict, HandshakesThatDoNotComeUp) {
    EXPECT_EQ(verdict_of(with_handshakes(0, 10, 0)), Verdict::service);
    EXPECT_EQ(verdict_of(with_handshakes(0, 0, 10)), Verdict::network);
    EXPECT_EQ(verdict_of(with_handshakes(0, 0, 0, 10)), Verdict::network);
    EXPECT_EQ(verdict_of(with_handshakes(0, 0, 0, 0, 10)), Verdict::local);
}

nm::Exit exit_of_address(TcpDiagnosis d, TcpDiagnosis* judged = nullptr) {
    const Limits limits;
    d.handshake_state = judge_handshake(d, limits);
    judge(d, limits);
    if (judged != nullptr) *judged = d;
    return exit_of(std::array{d});
}

TEST(Verdict, TheExitStatusSaysWhatIsWrongWithAll) {
    TcpDiagnosis well, closed, cut, local;
    EXPECT_EQ(exit_of_address(healthy(), &well), nm::Exit::ok);
    EXPECT_EQ(exit_of_address(with_handshakes(0, 10, 0), &closed), nm::Exit::closed);
    EXPECT_EQ(exit_of_address(with_handshakes(0, 0, 0, 10), &cut), nm::Exit::unreachable);
    EXPECT_EQ(exit_of_address(with_handshakes(0, 0, 0, 0, 10), &local), nm::Exit::unsent);
    EXPECT_EQ(exit_of_address(with_handshakes(0, 0, 10)), nm::Exit::no);
    TcpDiagnosis told = with_handshakes(0, 0, 10);
    told.ping_received = 0;
    told.ping_state = StepState::unreachable;
    EXPECT_EQ(exit_of_address(told), nm::Exit::unreachable);
    EXPECT_EQ(exit_of_address(with_handshakes(7, 0, 3)), nm::Exit::no);
    TcpDiagnosis nameless;
    nameless.resolve_error = "no such host";
    EXPECT_EQ(exit_of_address(nameless), nm::Exit::unresolved);
    EXPECT_EQ(exit_of(std::array{well, closed}), nm::Exit::closed);
    EXPECT_EQ(exit_of(std::array{closed, cut}), nm::Exit::no);
    // A host of one family only: no fault of the service, unless there is no other way to it.
    EXPECT_EQ(exit_of(std::array{well, local}), nm::Exit::ok);
    EXPECT_EQ(exit_of(std::array{closed, local}), nm::Exit::closed);
    EXPECT_EQ(exit_of(std::array{local, local}), nm::Exit::unsent);
}

TEST(Verdict, SilenceSaysWhetherTheHostAnswersPings) {
    std::string reason;
    TcpDiagnosis d = with_handshakes(0, 0, 10);
    EXPECT_EQ(verdict_of(d, &reason), Verdict::network);
    EXPECT_NE(reason.find("although pings are answered"), std::string::npos) << reason;
    d.ping_received = 0;
    d.ping_rtt_p50_us.reset();
    EXPECT_EQ(verdict_of(d, &reason), Verdict::network);
    EXPECT_NE(reason.find("nothing comes back"), std::string::npos) << reason;
}

TEST(Verdict, LossIsTheNetwork) {
    EXPECT_EQ(verdict_of(with_handshakes(7, 0, 3)), Verdict::network);
    TcpDiagnosis d = healthy();
    d.syn_retrans = 1;
    EXPECT_EQ(verdict_of(d), Verdict::network);
    d = with_handshakes(5, 5, 0);
    EXPECT_EQ(verdict_of(d), Verdict::service) << "a service that refuses some";
}

TEST(Verdict, SlowPathAndSlowHandshakes) {
    TcpDiagnosis d = healthy();
    d.ping_rtt_p50_us = d.handshake_p50_us = 400'000;
    EXPECT_EQ(verdict_of(d), Verdict::network);
    d = healthy();
    d.handshake_p50_us = 200'000;
    std::string reason;
    EXPECT_EQ(verdict_of(d, &reason), Verdict::network);
    EXPECT_NE(reason.find("although pings are answered in 1 ms"), std::string::npos) << reason;
}

TEST(Verdict, TheFirstByteWithoutTheWay) {
    TcpDiagnosis d = healthy();
    d.first_byte_p50_ms = 800;
    EXPECT_EQ(verdict_of(d), Verdict::service);
    d.service_retrans = 2;
    EXPECT_EQ(verdict_of(d), Verdict::network) << "it was late because of losses";
    d = healthy();
    d.ping_rtt_p50_us = d.handshake_p50_us = 250'000;
    d.first_byte_p50_ms = 700;  // 250 of them on the way
    EXPECT_EQ(verdict_of(d), Verdict::none);
}

TEST(Verdict, ASilentService) {
    TcpDiagnosis d = healthy();
    d.service_state = StepState::silent;
    d.first_byte_p50_ms.reset();
    EXPECT_EQ(verdict_of(d), Verdict::service);
    d.large_ping_bytes = 1500;
    d.large_ping_sent = 3;
    d.large_ping_received = 3;
    EXPECT_EQ(verdict_of(d), Verdict::service);
    d.large_ping_received = 0;
    EXPECT_EQ(verdict_of(d), Verdict::network) << "large packets are dropped";
    d = healthy();
    d.service_state = StepState::closed;
    EXPECT_EQ(verdict_of(d), Verdict::service);
    d.service_state = StepState::unknown;
    EXPECT_EQ(verdict_of(d), Verdict::none);
}

TEST(ServiceRequests, ByWellKnownPort) {
    EXPECT_EQ(request_for_port(22, "x").protocol, "ssh");
    EXPECT_TRUE(request_for_port(22, "x").text.empty());
    EXPECT_TRUE(request_for_port(80, "x").text.starts_with("GET / HTTP/1.1\r\nHost: x\r\n"));
    EXPECT_EQ(request_for_port(443, "x").protocol, "tls");
    EXPECT_EQ(request_for_port(5432, "x").text.size(), 8u);
    EXPECT_EQ(request_for_port(53, "x").text.size(), 19u);
    EXPECT_TRUE(request_for_port(9, "x").protocol.empty());
}

TEST(ServiceRequests, TheHostOfHttpIsWrittenAsInAUrl) {
    EXPECT_NE(http_request("::1", 8080, "/h").text.find("Host: [::1]:8080\r\n"), std::string::npos);
    EXPECT_NE(http_request("www", 80, "/").text.find("Host: www\r\n"), std::string::npos);
}

TEST(ServiceRequests, AClientHelloCountsItself) {
    const std::string hello = tls_request("www.example").text;
    const auto u16 = [&](std::size_t at) {
        return static_cast<std::size_t>(static_cast<unsigned char>(hello[at]) << 8 |
                                        static_cast<unsigned char>(hello[at + 1]));
    };
    EXPECT_EQ(u16(3), hello.size() - 5);
    EXPECT_EQ(u16(7), hello.size() - 9);
    EXPECT_NE(hello.find("www.example"), std::string::npos);
    EXPECT_EQ(tls_request("192.0.2.1").text.find("192.0.2.1"), std::string::npos) << "no SNI for addresses";
}

TEST(ServiceRequests, EscapesOfText) {
    EXPECT_EQ(unescape(R"(PING\r\n)"), "PING\r\n");
    EXPECT_EQ(unescape(R"(\x00\xFf\\)"), std::string("\0\xFF\\", 3));
    for (const char* bad : {"\\", "\\q", "\\x1", "\\xg0"}) EXPECT_FALSE(unescape(bad)) << bad;
}

}  // namespace
}  // namespace nmtcp
