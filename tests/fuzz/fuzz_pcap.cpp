// A whole capture file, pcap or pcapng, through the packet parser and whatever flow protocol is in it.
#include "decode/source_pcap.hpp"
#include "flow_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto reader = nm::PcapReader::over({data, size});
    if (!reader) return 0;
    nmflowtool::PcapSource source(std::move(*reader));
    nmflowtool::Decoder decoder;
    nmflowtool::Records records;
    nm::TextBuffer line;
    nmflowtool::Datagram datagram;
    while (source.next(datagram)) nmflowtool::check_datagram(decoder, datagram, records, line);
    check_books(decoder, line);
    return 0;
}
