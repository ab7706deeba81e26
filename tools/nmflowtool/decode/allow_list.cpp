#include "decode/allow_list.hpp"

#include <unistd.h>

#include <algorithm>
#include <tuple>

#include "base/result.hpp"
#include "base/text.hpp"
#include "base/whole_file.hpp"

namespace nmflowtool {
namespace {

auto order_of(const nm::IpAddress& ip) {
    return std::tuple(ip.family, ip.bytes);
}

std::string no_network(std::string_view text) {
    return nm::in_quotes(text) + " is no network: write 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32";
}

}  // namespace

AllowList AllowList::read(std::span<const std::string> texts) {
    AllowList list;
    list.is_given_ = !texts.empty();
    for (const std::string& text : texts) {
        if (const auto network = nm::parse_prefix(text)) {
            list.networks_.push_back(*network);
        } else if (::access(text.c_str(), F_OK) == 0) {
            list.add_file(text);
        } else {
            throw nm::UserError(nm::Exit::no_input, "--allow: no such file, and " + no_network(text));
        }
    }
    list.sort();
    return list;
}

void AllowList::add_file(const std::string& path) {
    const std::string text = nm::read_whole_file(path).value_or_throw();
    std::size_t number = 0;
    for (std::string_view line : nm::split(text, '\n')) {
        ++number;
        line = nm::trim(line.substr(0, line.find('#')));
        if (line.empty()) continue;
        const auto network = nm::parse_prefix(line);
        if (!network) {
            throw nm::UserError(nm::Exit::bad_config,
                                path + ":" + std::to_string(number) + ": " + no_network(line));
        }
        networks_.push_back(*network);
    }
}

// Two networks are apart or one is inside the other: without the inner ones, an address can only lie in the
// last that begins at or before it.
void AllowList::sort() {
    std::ranges::sort(networks_, {}, [](const nm::Prefix& network) {
        return std::tuple(order_of(network.address), network.length);
    });
    std::vector<nm::Prefix> outer;
    for (const nm::Prefix& network : networks_) {
        if (outer.empty() || !outer.back().contains(network.address)) outer.push_back(network);
    }
    networks_ = std::move(outer);
}

bool AllowList::contains(const nm::IpAddress& sender) const {
    const auto after = std::ranges::upper_bound(
        networks_, order_of(sender), {}, [](const nm::Prefix& network) { return order_of(network.address); });
    return after != networks_.begin() && after[-1].contains(sender);
}

}  // namespace nmflowtool
