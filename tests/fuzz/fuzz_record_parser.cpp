// One line into records: what is read is written again as a line that reads to the same bytes.
#include <cstdlib>
#include <string>

#include "json/record_parser.hpp"
#include "json/write.hpp"
#include "record/error.hpp"
#include "record/probe_icmp.hpp"
#include "record/tcp_probe.hpp"

namespace {

template <class T>
std::string written(const T& record) {
    nm::TextBuffer out;
    nm::append_json(out, record);
    return std::string(out.view().substr(0, out.size() - 1));
}

template <class T>
void round_trip(nm::RecordParser& parser, std::string_view line) {
    T record;
    if (!parser.open(line) || !parser.read(record)) {
        if (parser.error().empty()) std::abort();
        return;
    }
    const std::string once = written(record);
    T again;
    if (!parser.open(once) || parser.type() != nm::describe<T>.type || !parser.read(again)) std::abort();
    if (written(again) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    nm::RecordParser parser;
    round_trip<nm::IcmpProbe>(parser, line);
    round_trip<nm::IcmpError>(parser, line);
    round_trip<nm::TcpProbe>(parser, line);
    round_trip<nm::ErrorRecord>(parser, line);
    return 0;
}
