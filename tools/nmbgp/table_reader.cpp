#include "table_reader.hpp"

namespace nmbgp {

namespace {

constexpr unsigned peer_index_table = 1;

struct SubtypeName {
    unsigned subtype;
    const char* name;
};

// TABLE_DUMP_V2 subtypes that are not read here: RFC 6396 section 4.3, RFC 6397 section 3, RFC 8050
// section 4.
constexpr SubtypeName other_subtypes[] = {
    {3, "RIB_IPV4_MULTICAST"},   {5, "RIB_IPV6_MULTICAST"},         {6, "RIB_GENERIC"},
    {7, "GEO_PEER_TABLE"},       {9, "RIB_IPV4_MULTICAST_ADDPATH"}, {11, "RIB_IPV6_MULTICAST_ADDPATH"},
    {12, "RIB_GENERIC_ADDPATH"},
};

std::string subtype_name(unsigned subtype) {
    for (const SubtypeName& row : other_subtypes) {
        if (row.subtype == subtype) return row.name;
    }
    return "TABLE_DUMP_V2 subtype " + std::to_string(subtype);
}

}  // namespace

TableReader::TableReader(nm::FileSource source, Tell tell)
    : reader_(std::move(source)), tell_(std::move(tell)) {}

bool TableReader::next(TableRoute& out) {
    while (true) {
        while (rib_.next(out.entry)) {
            if (out.entry.peer_index >= peers_.size()) {
                tell_damage("peer " + std::to_string(out.entry.peer_index) + " of " +
                            std::to_string(peers_.size()) + " in the table of peers");
                continue;
            }
            if (const char* malformed = decode_attributes(out.entry.attributes, attributes_)) {
                tell_damage("route to " + to_string(rib_.prefix()) + ": malformed " + malformed);
                continue;
            }
            out.ts = record_.ts;
            out.prefix = rib_.prefix();
            out.peer = &peers_[out.entry.peer_index];
            out.attributes = &attributes_;
            ++counts_.routes;
            return true;
        }
        if (rib_.damaged()) tell_damage("the entries do not fill the record");
        if (!next_rib()) return false;
    }
}

// Leaves the next record's entries in rib_, which may be none.
bool TableReader::next_rib() {
    rib_ = RibReader();
    switch (reader_.next(record_)) {
        case MrtReader::Step::end:
            return false;
        case MrtReader::Step::failed:
            if (!failed_) tell_(reader_.error().message);
            failed_ = true;
            return false;
        case MrtReader::Step::record:
            break;
    }
    ++counts_.records;
    if (record_.type == static_cast<unsigned>(MrtType::table_dump_v2))
        read_table_dump_v2();
    else if (is_mrt_type(record_.type))
        skip_unsupported(mrt_type_name(record_.type));
    else
        tell_damage(mrt_type_name(record_.type) + " is not MRT");
    return true;
}

void TableReader::read_table_dump_v2() {
    if (record_.subtype == peer_index_table) {
        auto peers = decode_peer_index(record_.body);
        has_peers_ = peers.has_value();
        peers_ = std::move(peers).value_or(std::vector<Peer>());
        if (has_peers_)
            ++counts_.tables;
        else
            tell_damage("damaged PEER_INDEX_TABLE");
        return;
    }
    if (!RibReader::reads(record_.subtype)) return skip_unsupported(subtype_name(record_.subtype));
    if (!has_peers_) return tell_damage("routes without a PEER_INDEX_TABLE before them");
    auto rib = RibReader::decode(record_.subtype, record_.body);
    if (rib)
        rib_ = *rib;
    else
        tell_damage("damaged prefix");
}

void TableReader::skip_unsupported(const std::string& kind) {
    ++counts_.unsupported;
    ++unsupported_[kind];
}

void TableReader::tell_damage(const std::string& what) {
    ++counts_.damaged;
    tell_("byte " + std::to_string(record_.offset) + ": " + what);
}

std::string TableReader::unsupported_text() const {
    std::string text;
    for (const auto& [kind, count] : unsupported_) {
        if (!text.empty()) text += ", ";
        text += std::to_string(count) + ' ' + kind;
    }
    return text;
}

}  // namespace nmbgp
