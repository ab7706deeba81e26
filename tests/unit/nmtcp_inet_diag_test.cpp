// The kernel's list of sockets: read from recorded bytes, with lengths that lie, with a short tcp_info; the
// filter as bytecode and as our own question; deltas and groups.
#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>

#include "base/result.hpp"
#include "inet_diag_bytes.hpp"
#include "info/diag_filter.hpp"
#include "info/groups.hpp"
#include "info/socket_record.hpp"

namespace nmtcp {
namespace {

using Got = DiagReader::Got;
using Dump = std::vector<std::uint8_t>;

constexpr std::size_t message_size = 416;  // of the socket; the end of the list follows
constexpr std::size_t attributes_at = sizeof(nlmsghdr) + sizeof(inet_diag_msg);
constexpr std::size_t info_at = 0x80;  // the payload of INET_DIAG_INFO

Dump recorded() {
    return {recorded_dump.begin(), recorded_dump.end()};
}

template <class Value>
void put(Dump& dump, std::size_t at, Value value) {
    std::memcpy(dump.data() + at, &value, sizeof value);
}

DiagSocket socket_of(const Dump& dump) {
    DiagSocket socket;
    DiagReader reader(dump);
    EXPECT_EQ(reader.next(socket), Got::socket);
    return socket;
}

nm::TcpInfo record_of(const Dump& dump) {
    nm::TcpInfo record;
    SocketRecorder().fill(socket_of(dump), record);
    return record;
}

TEST(InetDiag, ReadsWhatTheKernelSent) {
    const Dump dump = recorded();
    DiagReader reader(dump);
    DiagSocket socket;
    ASSERT_EQ(reader.next(socket), Got::socket);
    EXPECT_EQ(socket.state, nm::TcpState::established);
    EXPECT_EQ(nm::to_string(socket.local), "127.0.0.1:56388");
    EXPECT_EQ(nm::to_string(socket.peer), "127.0.0.1:51203");
    EXPECT_EQ(socket.congestion_control, "bbr");
    EXPECT_EQ(socket.cgroup_id, 1u);
    EXPECT_EQ(socket.cookie, 0x19u);
    EXPECT_EQ(reader.next(socket), Got::done);
    EXPECT_FALSE(reader.interrupted());
}

TEST(InetDiag, ARecordHoldsTheFiguresOfTcpInfo) {
    const nm::TcpInfo record = record_of(recorded());
    EXPECT_EQ(record.srtt_us, 37u);
    EXPECT_EQ(record.rttvar_us, 20u);
    EXPECT_EQ(record.min_rtt_us, 13u);
    EXPECT_EQ(record.cwnd, 11u);
    EXPECT_EQ(record.pmtu, 65535u);
    EXPECT_EQ(record.mss, 35328u);
    EXPECT_EQ(record.bytes_sent, 1000u);
    EXPECT_EQ(record.bytes_acked, 1001u);  // the kernel counts the SYN
    EXPECT_EQ(record.bytes_received, 300u);
    EXPECT_EQ(record.retrans_total, 0u);
    EXPECT_EQ(record.uid, 0u);
    EXPECT_EQ(record.cookie, "19");
}

TEST(InetDiag, WhatHasNoMeaningYetIsAbsent) {
    EXPECT_FALSE(record_of(recorded()).ssthresh) << "infinite";
    Dump dump = recorded();
    put(dump, info_at + offsetof(tcp_info, tcpi_rtt), std::uint32_t{0});
    put(dump, info_at + offsetof(tcp_info, tcpi_min_rtt), ~std::uint32_t{0});
    put(dump, info_at + offsetof(tcp_info, tcpi_delivery_rate), std::uint64_t{0});
    put(dump, info_at + offsetof(tcp_info, tcpi_pacing_rate), ~std::uint64_t{0});
    const nm::TcpInfo record = record_of(dump);
    EXPECT_FALSE(record.srtt_us);
    EXPECT_FALSE(record.rttvar_us) << "a guess before the first measurement";
    EXPECT_FALSE(record.min_rtt_us);
    EXPECT_FALSE(record.delivery_rate_bytes_s);
    EXPECT_FALSE(record.app_limited);
    EXPECT_FALSE(record.pacing_rate_bytes_s);
}

TEST(InetDiag, AnOlderKernelsTcpInfoIsShorter) {
    for (std::size_t size = 0; size < sizeof(tcp_info); ++size) {
        const Dump dump = recorded();
        KernelInfo info;
        info.set(nm::Bytes(dump).subspan(info_at, size));
        const auto has = [&](std::size_t end) { return size >= end; };
        EXPECT_EQ(info.get(&tcp_info::tcpi_rtt).has_value(), has(offsetof(tcp_info, tcpi_rtt) + 4)) << size;
        EXPECT_EQ(info.get(&tcp_info::tcpi_bytes_sent).has_value(),
                  has(offsetof(tcp_info, tcpi_bytes_sent) + 8))
            << size;
    }
}

TEST(InetDiag, MappedAddressesAreIpv4) {
    Dump dump = recorded();
    dump[sizeof(nlmsghdr)] = AF_INET6;
    const std::size_t source =
        sizeof(nlmsghdr) + offsetof(inet_diag_msg, id) + offsetof(inet_diag_sockid, idiag_src);
    const std::array<std::uint8_t, 16> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 192, 0, 2, 7};
    put(dump, source, mapped);
    const DiagSocket socket = socket_of(dump);
    EXPECT_EQ(nm::to_string(socket.local), "192.0.2.7:56388");
    EXPECT_TRUE(socket.peer.address.is_v6());
}

TEST(InetDiag, AListThatChangedSaysSo) {
    Dump dump = recorded();
    put(dump, offsetof(nlmsghdr, nlmsg_flags), std::uint16_t{NLM_F_MULTI | NLM_F_DUMP_INTR});
    DiagReader reader(dump);
    DiagSocket socket;
    EXPECT_EQ(reader.next(socket), Got::socket);
    EXPECT_TRUE(reader.interrupted());
}

TEST(InetDiag, ErrorsCarryTheirNumber) {
    Dump dump(sizeof(nlmsghdr) + 4);
    put(dump, 0, nlmsghdr{static_cast<std::uint32_t>(dump.size()), NLMSG_ERROR, 0, 1, 0});
    put(dump, sizeof(nlmsghdr), std::int32_t{-EINVAL});
    DiagSocket socket;
    DiagReader refused(dump);
    EXPECT_EQ(refused.next(socket), Got::error);
    EXPECT_EQ(refused.errno_value(), EINVAL);
    put(dump, offsetof(nlmsghdr, nlmsg_type), std::uint16_t{NLMSG_DONE});  // a list that broke off
    DiagReader broken(dump);
    EXPECT_EQ(broken.next(socket), Got::error);
    EXPECT_EQ(broken.errno_value(), EINVAL);
}

TEST(InetDiag, LengthsThatLieEndTheDatagramAndNothingElse) {
    const auto read_all = [](const Dump& dump) {
        DiagReader reader(dump);
        DiagSocket socket;
        nm::TcpInfo record;
        SocketRecorder recorder;
        Got got;
        int messages = 0;
        while ((got = reader.next(socket)) == Got::socket) {
            recorder.fill(socket, record);
            EXPECT_LT(++messages, 1000);
        }
        return got;
    };
    for (const std::uint32_t length : {0u, 1u, 15u, 16u, 87u, 437u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
        Dump dump = recorded();
        put(dump, 0, length);
        EXPECT_EQ(read_all(dump), Got::damaged) << length;
    }
    for (std::size_t size = 0; size < recorded().size(); ++size) {
        Dump dump = recorded();
        dump.resize(size);
        const Got got = read_all(dump);
        EXPECT_TRUE(got == Got::damaged || (size == 0 || size == message_size ? got == Got::end : false))
            << size;
    }
    // Attributes of any length: what they name may be lost, the message is not.
    for (std::uint32_t length = 0; length < 0x10000; length += 3) {
        Dump dump = recorded();
        put(dump, attributes_at, static_cast<std::uint16_t>(length));
        EXPECT_EQ(read_all(dump), Got::done) << length;
    }
}

TEST(InetDiag, ARequestIsAlignedAndCountsItself) {
    const std::vector<std::uint8_t> code(12);
    for (const auto& bytecode : {std::vector<std::uint8_t>{}, code}) {
        const auto request = dump_request(nm::Family::v6, 2, bytecode, true);
        nlmsghdr header{};
        std::memcpy(&header, request.data(), sizeof header);
        EXPECT_EQ(header.nlmsg_len, request.size());
        EXPECT_EQ(request.size() % 4, 0u);
    }
}

// What the kernel's inet_diag_bc_run does with a program.
bool runs(const std::vector<std::uint8_t>& code, const DiagSocket& socket) {
    std::size_t at = 0;
    while (at < code.size()) {
        inet_diag_bc_op op{};
        std::memcpy(&op, code.data() + at, sizeof op);
        bool yes = false;
        inet_diag_bc_op port{};
        if (op.code == INET_DIAG_BC_S_EQ || op.code == INET_DIAG_BC_D_EQ) {
            std::memcpy(&port, code.data() + at + sizeof op, sizeof port);
            yes = port.no == (op.code == INET_DIAG_BC_S_EQ ? socket.local.port : socket.peer.port);
        } else if (op.code == INET_DIAG_BC_S_COND || op.code == INET_DIAG_BC_D_COND) {
            inet_diag_hostcond condition{};
            std::memcpy(&condition, code.data() + at + sizeof op, sizeof condition);
            const auto* address = code.data() + at + sizeof op + sizeof condition;
            const nm::IpAddress ip =
                condition.family == AF_INET ? nm::IpAddress::v4(address) : nm::IpAddress::v6(address);
            const auto& end = op.code == INET_DIAG_BC_S_COND ? socket.local : socket.peer;
            yes = nm::make_prefix(ip, condition.prefix_len).contains(end.address);
        } else {
            EXPECT_EQ(op.code, INET_DIAG_BC_JMP);
        }
        EXPECT_EQ(op.yes % 4 + op.no % 4, 0);
        EXPECT_GT(yes ? op.yes : op.no, 0);
        at += yes ? op.yes : op.no;
    }
    return at == code.size();
}

TEST(DiagFilter, TheBytecodeAsksTheSameAsWe) {
    const auto prefix = [](const char* text) { return *nm::parse_prefix(text); };
    std::vector<DiagFilter> filters(6);
    filters[1].ports = {443};
    filters[2].ports = {22, 443, 80};
    filters[3].peers = {prefix("10.0.0.0/8"), prefix("2001:db8::/32"), prefix("192.0.2.7")};
    filters[4].locals = {prefix("10.1.0.0/16")};
    filters[5].ports = {443, 80};
    filters[5].peers = {prefix("10.0.0.0/8"), prefix("192.0.2.0/24")};
    filters[5].locals = {prefix("10.1.0.0/16"), prefix("10.2.0.0/16")};
    const std::array addresses{"10.1.2.3", "10.2.0.1", "192.0.2.7", "192.0.3.1", "2001:db8::1", "::1"};
    int kept = 0, dropped = 0;
    for (DiagFilter& filter : filters) {
        filter.states = parse_states("all");
        const auto code = filter.bytecode();
        for (const char* local : addresses) {
            for (const char* peer : addresses) {
                for (const std::uint16_t port : std::array<std::uint16_t, 4>{22, 80, 443, 999}) {
                    DiagSocket socket;
                    socket.state = nm::TcpState::established;
                    socket.local = {*nm::parse_ip(local), port};
                    socket.peer = {*nm::parse_ip(peer), 50000};
                    EXPECT_EQ(runs(code, socket), filter.matches(socket))
                        << local << ' ' << peer << ' ' << port;
                    ++(filter.matches(socket) ? kept : dropped);
                }
            }
        }
    }
    EXPECT_GT(kept, 50);
    EXPECT_GT(dropped, 50);
}

TEST(DiagFilter, StatesByTheirNames) {
    EXPECT_EQ(parse_states("established"), 1u << 1);
    EXPECT_EQ(parse_states("time-wait,listen"), 1u << 6 | 1u << 10);
    EXPECT_EQ(parse_states("all"), 0xFFEu);
    EXPECT_EQ(parse_states("connected") & (1u << 10 | 1u << 7 | 1u << 6 | 1u << 3), 0u);
    EXPECT_THROW(parse_states("open"), nm::UserError);
    EXPECT_THROW(parse_states(""), nm::UserError);
}

TEST(SocketBook, KnowsASocketByItsCookie) {
    SocketBook book;
    for (std::uint64_t cookie = 0; cookie < 5000; ++cookie) {
        EXPECT_TRUE(book.add(cookie, {.bytes_sent = cookie}));
        EXPECT_FALSE(book.add(cookie, {}));
    }
    EXPECT_EQ(book.before(1), nullptr);
    book.next_round();
    EXPECT_EQ(book.size(), 0u);
    EXPECT_EQ(book.size_before(), 5000u);
    for (std::uint64_t cookie = 0; cookie < 5000; ++cookie)
        ASSERT_EQ(book.before(cookie)->bytes_sent, cookie);
    EXPECT_EQ(book.before(5000), nullptr);
    EXPECT_TRUE(book.add(7, {}));
}

TEST(SocketBook, DeltasAreWhatWasAdded) {
    nm::TcpInfo record;
    record.bytes_sent = 1500;
    record.bytes_received = 10;
    record.retrans_total = 3;
    set_deltas(record, {.bytes_sent = 1000, .bytes_received = 200, .retrans = 3}, 500);
    EXPECT_EQ(record.delta_bytes_sent, 500u);
    EXPECT_EQ(record.delta_bytes_received, 10u) << "the socket connected anew";
    EXPECT_EQ(record.delta_retrans, 0u);
    EXPECT_FALSE(record.delta_bytes_acked) << "the kernel does not tell it";
}

nm::TcpInfo socket(const char* peer, std::uint16_t local_port, std::uint16_t peer_port,
                   std::optional<std::uint32_t> srtt_us = std::nullopt) {
    nm::TcpInfo out;
    out.state = nm::TcpState::established;
    out.local_ip = *nm::parse_ip("10.0.0.1");
    out.local_port = local_port;
    out.peer_ip = *nm::parse_ip(peer);
    out.peer_port = peer_port;
    out.srtt_us = srtt_us;
    out.bytes_sent = 100;
    return out;
}

TEST(SocketGroups, PrefixesAndTheServicesPort) {
    ListeningPorts listening;
    listening.set(22);
    SocketGroups groups("peer/24/48,port");
    EXPECT_TRUE(groups.needs_listening());
    groups.add(socket("192.0.2.1", 22, 50000, 10), listening);
    groups.add(socket("192.0.2.9", 22, 50001, 30), listening);
    groups.add(socket("192.0.2.9", 22, 50002, 20), listening);
    groups.add(socket("192.0.2.9", 40000, 443), listening);
    groups.add(socket("2001:db8:0:1::1", 40001, 443), listening);
    groups.add(socket("2001:db8:0:2::1", 40002, 443), listening);
    const auto out = groups.take({1});
    ASSERT_EQ(out.size(), 3u);
    EXPECT_EQ(out[0].sockets, 3u);
    EXPECT_EQ(nm::to_string(out[0].peer_prefix), "192.0.2.0/24");
    EXPECT_EQ(out[0].port, 22);
    EXPECT_EQ(out[0].srtt_min_us, 10u);
    EXPECT_EQ(out[0].srtt_p50_us, 20u);
    EXPECT_EQ(out[0].bytes_sent, 300u);
    EXPECT_FALSE(out[0].retrans) << "no socket told it";
    EXPECT_EQ(nm::to_string(out[1].peer_prefix), "2001:db8::/48");
    EXPECT_EQ(out[1].sockets, 2u);
    EXPECT_EQ(out[2].port, 443);
    EXPECT_FALSE(out[2].srtt_min_us);
    EXPECT_TRUE(groups.take({1}).empty());
}

TEST(SocketGroups, WhatIsAbsentIsAGroupOfItsOwn) {
    SocketGroups groups("cgroup,state");
    nm::TcpInfo with = socket("192.0.2.1", 1, 2), without = with;
    with.cgroup = "/a";
    groups.add(with, {});
    groups.add(without, {});
    const auto out = groups.take({1});
    ASSERT_EQ(out.size(), 2u);
    EXPECT_NE(out[0].cgroup, out[1].cgroup);
}

TEST(SocketGroups, AKeyThatIsNoneIsRefused) {
    for (const char* by : {"", "peer,", "peer/33", "peer/24/129", "port/8", "address", "peer/x"})
        EXPECT_THROW(SocketGroups{by}, nm::UserError) << by;
}

}  // namespace
}  // namespace nmtcp
