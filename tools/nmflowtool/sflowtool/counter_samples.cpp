// Counter samples.
#include "base/hex.hpp"
#include "decode/wire_sflow.hpp"
#include "decode/xdr.hpp"
#include "sflowtool/sflowtool.hpp"
#include "sflowtool/structures.hpp"
#include "sflowtool/words.hpp"

namespace nmflowtool {

using nm::ByteReader;

void SflowtoolPrinter::print_counter_sample(ByteReader& in, bool is_expanded) {
    listing_.value("sampleType", "COUNTERSSAMPLE");
    listing_.number("sampleSequenceNo", in.u32());
    const SflowDataSource source = read_data_source(in, is_expanded);
    print_source(source.type, source.index);
    interface_counters_ = ByteReader();
    listing_.open_list("elements");
    print_elements(in, "counterBlock_tag", &SflowtoolPrinter::print_counter_structure);
    listing_.close_list();
    if (style_ == SflowtoolStyle::csv && in.ok()) write_counter_row();
}

bool SflowtoolPrinter::print_counter_structure(std::uint32_t number, ByteReader in) {
    enum : std::uint32_t { generic = 1, host_description = 2000, adapters = 2001 };
    if (number == host_description) return print_host_description(in);
    if (number == adapters) return print_adapters(in);
    if (number == generic) interface_counters_ = in;
    return list_structure(listed_counter_structures(), number, in, listing_);
}

// The UUID was bytes with dashes in the published listings, and is in its own form in version 6's JSON.
bool SflowtoolPrinter::print_host_description(ByteReader in) {
    std::string name, release, text;
    xdr_string(in, name);
    const nm::Bytes uuid = in.bytes(16);
    const std::uint32_t machine = in.u32(), os = in.u32();
    xdr_string(in, release);
    if (!in.ok()) return false;
    if (!name.empty()) listing_.value("hostname", name);
    if (listing_.is_json()) {
        nm::append_hex(text, uuid);
        for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
    } else {
        text = dashed_hex(uuid, false);
    }
    listing_.value("UUID", text);
    listing_.number("machine_type", machine);
    listing_.number("os_name", os);
    if (!release.empty()) listing_.value("os_release", release);
    return true;
}

// JSON has a list of objects, the others have the place of each in its names.
bool SflowtoolPrinter::print_adapters(ByteReader in) {
    listing_.open_list("adaptor_list");
    const std::uint32_t count = in.u32();
    for (std::uint32_t i = 0; i < count && in.left() > 0; ++i) {
        const std::uint32_t if_index = in.u32();
        const std::uint32_t mac_count = in.u32();
        ByteReader macs = in.sub(std::size_t{mac_count} * 8);
        if (!in.ok()) break;
        const std::string prefix = listing_.is_json() ? "" : "adaptor_" + std::to_string(i) + '_';
        listing_.open_object();
        listing_.number(prefix + "ifIndex", if_index);
        listing_.number(prefix + "MACs", mac_count);
        listing_.open_list("mac_list");
        for (std::uint32_t mac = 0; macs.left() > 0; ++mac)
            listing_.item(prefix + "MAC_" + std::to_string(mac), mac_text(xdr_mac(macs)));
        listing_.close_list();
        listing_.close_object();
    }
    listing_.close_list();
    return in.ok();
}

// A row for each counter sample, of zeros when it tells of no interface.
void SflowtoolPrinter::write_counter_row() {
    std::string line = "CNTR," + agent_;
    constexpr std::size_t numbers = 19;
    for (std::size_t i = 0; i < numbers; ++i) {
        // ifSpeed, ifInOctets and ifOutOctets are wide.
        const bool is_wide = i == 2 || i == 5 || i == 12;
        line += ',' + std::to_string(is_wide ? interface_counters_.u64() : interface_counters_.u32());
    }
    listing_.out().append(line);
    listing_.out().append('\n');
}

}  // namespace nmflowtool
