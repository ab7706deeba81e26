// Packets of any bytes to nmtcp's readers: an answer names a port of ours, and only a SYN/ACK has options.
#include <cstdlib>

#include "ping/wire_tcp.hpp"

namespace {

void check(const nmtcp::SynRun& run, const nm::Answer& answer) {
    if (answer.kind == nm::Answer::Kind::foreign) return;
    if (run.index_of(run.sequence_of(answer.index)) != answer.index) std::abort();
    if (answer.refused && (answer.mss != 0 || answer.tcp_options != 0)) std::abort();
    (void)nmtcp::option_words(answer.tcp_options);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nmtcp::SynRun run;
    run.key.key[0] = 0xDEADBEEF;
    run.key.key[1] = 0x01234567;
    run.first_port = 40'000;
    const nm::Bytes packet(data, size);
    check(run, nmtcp::parse_tcp_v4(run, packet));
    check(run, nmtcp::parse_tcp_v6(run, packet));
    check(run, nmtcp::parse_icmp(run, nm::Family::v4, packet));
    check(run, nmtcp::parse_icmp(run, nm::Family::v6, packet));
    return 0;
}
