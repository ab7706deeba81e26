// Packets of any bytes to the readers of ICMP echo: a reply is only what we sent, and an answer stays within its
// bits.
#include <cstdlib>

#include "probe/wire_icmp.hpp"

namespace {

void check(const nm::Answer& answer) {
    using Kind = nm::Answer::Kind;
    if (answer.kind == Kind::foreign) return;
    if (answer.index_bits < 32 && answer.index >> answer.index_bits != 0) std::abort();
    // Without the key nobody can make a reply; with nothing but a header an error names some bits only.
    if (answer.kind == Kind::reply && answer.index_bits != 32) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    nm::EchoRun run;
    run.key[0] = 0x0123456789ABCDEF;
    run.key[1] = 0xFEDCBA9876543210;
    run.identifier = 0x4D20;
    const nm::Bytes packet(data, size);
    check(nm::parse_raw_v4(run, packet));
    check(nm::parse_raw_v6(run, packet));
    check(nm::parse_dgram(run, packet));
    check(nm::parse_dgram_quote(run, packet));
    return 0;
}
