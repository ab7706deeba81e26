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
    listing_.open_list("elements");
    print_elements(in, "counterBlock_tag", &SflowtoolPrinter::print_counter_structure);
    listing_.close_list();
}

void SflowtoolPrinter::print_counter_structure(std::uint32_t number, ByteReader in) {
    enum : std::uint32_t { generic = 1, host_description = 2000, adapters = 2001 };
    if (number == host_description) return print_host_description(in);
    if (number == adapters) return print_adapters(in);
    if (number == generic && style_ == SflowtoolStyle::csv) return write_counter_row(in);
    list_structure(listed_counter_structures(), number, in, listing_);
}

// The UUID was bytes with dashes in the published listings, and is in its own form in version 6's JSON.
void SflowtoolPrinter::print_host_description(ByteReader& in) {
    std::string text;
    xdr_string(in, text);
    const nm::Bytes uuid = in.bytes(16);
    const std::uint32_t machine = in.u32(), os = in.u32();
    if (!in.ok()) return;
    listing_.value("hostname", text);
    text.clear();
    if (listing_.is_json()) {
        nm::append_hex(text, uuid);
        for (const std::size_t at : {8u, 13u, 18u, 23u}) text.insert(at, 1, '-');
    } else {
        text = dashed_hex(uuid, false);
    }
    listing_.value("UUID", text);
    listing_.number("machine_type", machine);
    listing_.number("os_name", os);
    xdr_string(in, text);
    if (in.ok()) listing_.value("os_release", text);
}

void SflowtoolPrinter::print_adapters(ByteReader& in) {
    listing_.open_list("adaptor_list");
    for (std::uint32_t left = in.u32(); left > 0 && in.left() > 0; --left) {
        const std::uint32_t if_index = in.u32();
        const std::uint32_t count = in.u32();
        ByteReader macs = in.sub(std::size_t{count} * 8);
        if (!in.ok()) break;
        listing_.open_object();
        listing_.number("ifIndex", if_index);
        listing_.number("MACs", count);
        listing_.open_list("mac_list");
        while (macs.left() > 0) listing_.item("MAC", mac_text(xdr_mac(macs)));
        listing_.close_list();
        listing_.close_object();
    }
    listing_.close_list();
}

void SflowtoolPrinter::write_counter_row(ByteReader in) {
    std::string line = "CNTR," + agent_;
    constexpr std::size_t numbers = 19;
    for (std::size_t i = 0; i < numbers; ++i) {
        // ifSpeed, ifInOctets and ifOutOctets are wide.
        const bool is_wide = i == 2 || i == 5 || i == 12;
        line += ',' + std::to_string(is_wide ? in.u64() : in.u32());
    }
    if (!in.ok()) return;
    listing_.out().append(line);
    listing_.out().append('\n');
}

}  // namespace nmflowtool
