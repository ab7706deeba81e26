// A table file of any bytes: what is read can be printed, and counts agree with what was given out.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "json/write.hpp"
#include "route_table.hpp"
#include "table_reader.hpp"

namespace {

// The reader reads files: these live in memory.
nm::FileSource source_of(const std::uint8_t* data, std::size_t size) {
    const int fd = ::memfd_create("mrt", 0);
    if (fd < 0 || ::write(fd, data, size) != static_cast<ssize_t>(size)) std::abort();
    auto source = nm::FileSource::open("/proc/self/fd/" + std::to_string(fd));
    ::close(fd);
    if (!source) std::abort();
    return std::move(*source);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint64_t told = 0;
    const auto tell = [&](const std::string&) { ++told; };
    nmbgp::TableReader reader(source_of(data, size), tell);
    nmbgp::TableRoute route;
    nm::Route record;
    nm::TextBuffer out;
    std::uint64_t routes = 0;
    while (reader.next(route)) {
        ++routes;
        nmbgp::set_members(*route.attributes, record);
        out.clear();
        nm::append_json(out, record);
    }
    const bool counted =
        routes == reader.counts().routes && told == reader.counts().damaged + reader.failed();
    if (!counted) std::abort();

    nmbgp::TableReader again(source_of(data, size), tell);
    nmbgp::RouteTable table;
    table.read(again);
    if (table.size() > routes) std::abort();
    return 0;
}
