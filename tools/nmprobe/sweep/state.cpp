#include "sweep/state.hpp"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "json/record_parser.hpp"
#include "json/write.hpp"

namespace nmprobe {
namespace {

struct StateLine {
    std::string addresses;
    std::string seed;
    std::uint64_t next = 0;
    std::vector<std::uint64_t> open;
};

}  // namespace
}  // namespace nmprobe

template <>
inline constexpr auto nm::describe<nmprobe::StateLine> = nm::record(
    "sweep.state", 1, "the place of a sweep in its order",
    nm::field("addresses", &nmprobe::StateLine::addresses, nm::Role::text, "digest of what is swept"),
    nm::field("seed", &nmprobe::StateLine::seed, nm::Role::text, "of the order"),
    nm::field("next", &nmprobe::StateLine::next, nm::Role::value, "the next position"),
    nm::field("open", &nmprobe::StateLine::open, nm::Role::text, "earlier positions that are not done"));

namespace nmprobe {

std::string digest_of(const AddressSet& addresses, Shard shard) {
    nm::Sha256 digest;
    for (const AddressSpan& span : addresses.spans())
        digest.add(to_string(span.first.address()) + "-" + to_string(span.last.address()) + "\n");
    digest.add(std::to_string(shard.number) + "/" + std::to_string(shard.of));
    return digest.hex();
}

std::string write_state(const SweepProgress& state) {
    const StateLine line{state.addresses, std::to_string(state.seed), state.next, state.open};
    nm::TextBuffer out;
    nm::append_json(out, state.counts);
    nm::append_json(out, line);
    return std::string(out.view());
}

nm::Result<SweepProgress> read_state(std::string_view text) {
    const nm::Error no_state{nm::Exit::bad_data, "is not the state of a sweep"};
    nm::RecordParser parser;
    StateLine line;
    SweepProgress state;
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !parser.open(text.substr(0, end)) ||
        parser.type() != nm::describe<nm::SweepSummary>.type || !parser.read(state.counts))
        return no_state;
    if (!parser.open(nm::trim(text.substr(end + 1))) || parser.type() != nm::describe<StateLine>.type ||
        !parser.read(line))
        return no_state;
    const auto seed = nm::parse_number<std::uint64_t>(line.seed);
    if (!seed || line.addresses.empty()) return no_state;
    state.addresses = line.addresses;
    state.seed = *seed;
    state.next = line.next;
    state.open = line.open;
    return state;
}

std::optional<SweepProgress> load_state(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    if (!file) throw nm::UserError(nm::Exit::no_input, path + ": cannot be read");
    nm::Result<SweepProgress> state = read_state(text.str());
    if (!state)
        throw nm::UserError(state.error().exit,
                            path + ": " + state.error().message + ": remove it or name another file");
    return std::move(*state);
}

}  // namespace nmprobe
