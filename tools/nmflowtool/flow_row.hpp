// A flow as people know it from nfdump's listing: one row of --format table, and of no other format.
// Proof: tests/cli/nmflowtool_input.bats.
#pragma once

#include "format/output.hpp"
#include "record/sflow.hpp"

namespace nmflowtool {

struct FlowRow {
    nm::Time ts;
    nm::Time first_seen;
    std::optional<double> duration_s;
    std::string proto;
    std::string from;
    std::string arrow = "->";
    std::string to;
    std::string flags;
    std::optional<std::uint64_t> packets;
    std::optional<std::uint64_t> bytes;
    std::uint64_t flows = 1;
};

FlowRow row_of(const nm::FlowRecord& flow);

// A flow or sample in the format of the run. --fields chooses among the members of the record itself.
template <class Flow>
void write_flow(nm::Output& out, const Flow& flow) {
    if (out.format() == nm::Format::table && out.all_fields()) {
        out.write(row_of(flow));
    } else {
        out.write(flow);
    }
}

// What is no flow: in a table it would tear the flows apart, and the summary counts it.
template <class Record>
void write_beside_flows(nm::Output& out, const Record& record) {
    if (out.format() != nm::Format::table) out.write(record);
}

}  // namespace nmflowtool

template <>
inline constexpr auto nm::describe<nmflowtool::FlowRow> = [] {
    using R = nmflowtool::FlowRow;
    return record("flow.row", 1, "one flow in a table", field("ts", &R::ts, Role::time, "time of the record"),
                  field("date_first_seen", &R::first_seen, Role::text, "first packet").column(),
                  field("duration", &R::duration_s, Role::value, "seconds").column(),
                  field("proto", &R::proto, Role::text, "IP protocol").column(),
                  field("src_ip:port", &R::from, Role::text, "source").column(),
                  field("->", &R::arrow, Role::text, "direction").column(),
                  field("dst_ip:port", &R::to, Role::text, "destination").column(),
                  field("flags", &R::flags, Role::tag, "TCP flags").column(),
                  field("packets", &R::packets, Role::value, "packets").column(),
                  field("bytes", &R::bytes, Role::value, "bytes").column(),
                  field("flows", &R::flows, Role::value, "flow records").column());
}();
