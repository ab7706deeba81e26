// Netlink datagrams of any bytes: every message ends within them, and every socket makes a record.
#include <cstdlib>

#include "info/socket_record.hpp"
#include "json/write.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static nmtcp::SocketRecorder recorder;
    nmtcp::DiagReader reader(nm::Bytes(data, size));
    nmtcp::DiagSocket socket;
    nm::TcpInfo record;
    nm::TextBuffer out;
    std::size_t messages = 0;
    while (reader.next(socket) == nmtcp::DiagReader::Got::socket) {
        if (++messages * 16 > size) std::abort();
        recorder.fill(socket, record);
        out.clear();
        nm::append_json(out, record);
    }
    return 0;
}
