// Packets of any bytes to the readers of a trace: no harm, and nobody without the key makes an echo reply.
#include <cstdlib>

#include "trace/wire_trace.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const nm::Bytes packet(data, size);
    for (const nm::TraceMethod method : {nm::TraceMethod::icmp, nm::TraceMethod::udp, nm::TraceMethod::tcp}) {
        nm::TraceRun run;
        run.method = method;
        run.key[0] = {{0xDEADBEEF, 0x01234567}};
        run.key[1] = {{0x89ABCDEF, 0xCAFEF00D}};
        run.flows = 16;
        run.first_mark = 33'280;
        for (const nm::Family family : {nm::Family::v4, nm::Family::v6}) {
            for (const nm::TraceHit& hit : {nm::parse_trace_icmp(run, family, packet),
                                            nm::parse_trace_transport(run, family, packet)}) {
                if (hit.kind == nm::TraceHit::Kind::foreign) continue;
                if (hit.flow >= run.flows || hit.mpls.count > hit.mpls.entries.size()) std::abort();
                if (method != nm::TraceMethod::tcp && hit.index &&
                    run.key[0].find(run.key[0].hide(*hit.index)) != *hit.index)
                    std::abort();
            }
        }
    }
    return 0;
}
