#include "flow_annotator.hpp"

#include <algorithm>

#include "json/write.hpp"

namespace nmbgp {

namespace {

constexpr std::size_t field_count = nm::field_count<nm::FlowRoute>;
// Keys looked for: the fields of FlowRoute at their own index, then the addresses.
constexpr std::size_t src_ip = field_count;
constexpr std::size_t dst_ip = field_count + 1;

std::vector<std::string_view> wanted_keys() {
    std::vector<std::string_view> keys;
    for (const nm::FieldInfo& info : nm::field_infos<nm::FlowRoute>) keys.push_back(info.key);
    keys.insert(keys.end(), {"src_ip", "dst_ip"});
    return keys;
}

bool says_nothing(std::string_view key, std::string_view value) {
    if (value == "null" || value == "\"\"" || value == "[]") return true;
    if (key.ends_with("_as")) return value == "0";
    return value == "\"0.0.0.0\"" || value == "\"::\"";
}

}  // namespace

FlowAnnotator::FlowAnnotator(const RouteTable& table) : table_(table), members_(wanted_keys()) {}

bool FlowAnnotator::read_address(std::size_t key, nm::IpAddress& out) {
    if (!members_.has(key)) return true;
    const auto ip = nm::parse_ip(members_.text(key));
    if (ip)
        out = *ip;
    else
        reason_ = std::string(wanted_keys()[key]) + " is not an address";
    return ip.has_value();
}

FlowAnnotator::Fate FlowAnnotator::annotate(std::string_view line) {
    if (!members_.read(line)) {
        reason_ = members_.error();
        return Fate::rejected;
    }
    if (!members_.has(src_ip) && !members_.has(dst_ip)) return Fate::forwarded;
    nm::IpAddress src;
    nm::IpAddress dst;
    if (!read_address(src_ip, src) || !read_address(dst_ip, dst)) return Fate::rejected;
    const RouteTable::Entry* src_entry = table_.find(src);
    const RouteTable::Entry* dst_entry = table_.find(dst);
    if (src_entry == nullptr && dst_entry == nullptr) return Fate::no_route;
    appended_.clear();
    replaced_.clear();
    write_ends(src_entry, dst_entry);
    write_line(line, dst_entry != nullptr ? &table_.shared(*dst_entry) : nullptr);
    return Fate::annotated;
}

// What belongs to a prefix or to the source is written per line; the rest of a route is ready in the table.
void FlowAnnotator::write_ends(const RouteTable::Entry* src, const RouteTable::Entry* dst) {
    nm::FlowRoute ends;
    if (src != nullptr) {
        ends.src_as = table_.shared(*src).origin_as;
        ends.src_prefix = src->prefix;
    }
    if (dst != nullptr) {
        ends.dst_as = table_.shared(*dst).origin_as;
        ends.dst_prefix = dst->prefix;
    }
    ends_.clear();
    ends_.room(1024);  // the members must not move while replaced_ points to them
    nm::for_each_field<nm::FlowRoute>([&](auto index, const auto&) {
        const std::size_t before = ends_.size();
        nm::append_json_member<decltype(index)::value>(ends_, ends);
        if (ends_.size() > before) place(index, ends_.view().substr(before));
    });
}

void FlowAnnotator::place(std::size_t field, std::string_view member) {
    if (!members_.has(field)) return appended_.append(member);
    const std::string_view key = nm::field_infos<nm::FlowRoute>[field].key;
    const std::string_view value = members_.value(field);
    if (says_nothing(key, value)) replaced_.push_back({value, member, key.size()});
}

void FlowAnnotator::write_line(std::string_view line, const RouteTable::Shared* dst) {
    if (dst != nullptr) {
        bool any_there = false;
        for (std::size_t field = 0; field < field_count; ++field) any_there |= members_.has(field);
        if (!any_there) {
            appended_.append(table_.members_text(*dst));
        } else {
            for (std::uint32_t i = 0; i < dst->member_count; ++i) {
                const RouteTable::Member member = table_.member(*dst, i);
                place(member.field, member.text);
            }
        }
    }
    out_.clear();
    std::ranges::sort(replaced_, {}, [](const Replacement& item) { return item.old_value.data(); });
    std::size_t done = 0;
    for (const Replacement& item : replaced_) {
        const auto at = static_cast<std::size_t>(item.old_value.data() - line.data());
        out_.append(line.substr(done, at - done));
        out_.append(item.member.substr(item.key_size + 4));  // ,"":
        done = at + item.old_value.size();
    }
    out_.append(line.substr(done, members_.closing_brace() - done));
    out_.append(appended_.view());
    out_.append(line.substr(members_.closing_brace()));
}

}  // namespace nmbgp
