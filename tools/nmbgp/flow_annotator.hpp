// One JSON line in, the same line with what the table knows about its addresses out.
//
// A record with src_ip or dst_ip gets src_as, src_prefix, dst_as, dst_prefix and, of the route to dst_ip,
// next_hop, as_path, origin, med, local_pref, communities, large_communities, peer_ip and peer_as: the keys
// of describe<nm::FlowRoute>. New keys stand at the end of the record. A key that the record has already is
// left as it is, since the exporter may know better than a dump; only where its value says nothing (null, "",
// [], an AS of 0, the address 0.0.0.0 or ::) is that value replaced in its place. So no key ever stands
// twice, and every other byte of the line stays. Proof: tests/unit/nmbgp_flow_annotator_test.cpp,
// tests/lab/nmbgp.bats against birdc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/text_buffer.hpp"
#include "json/line_members.hpp"
#include "route_table.hpp"

namespace nmbgp {

class FlowAnnotator {
  public:
    explicit FlowAnnotator(const RouteTable& table);

    enum class Fate {
        annotated,  // line() has more than came
        no_route,   // it has addresses, the table has no prefix for them
        forwarded,  // it has no addresses
        rejected,   // not a record, or an address that is none: reason() says
    };
    Fate annotate(std::string_view line);
    // What to write for annotated; for no_route and forwarded the line goes on as it came.
    std::string_view line() const { return out_.view(); }
    const std::string& reason() const { return reason_; }

  private:
    struct Replacement {
        std::string_view old_value;  // in the line
        std::string_view member;     // ,"key":value
        std::size_t key_size;
    };

    bool read_address(std::size_t key, nm::IpAddress& out);
    void write_ends(const RouteTable::Entry* src, const RouteTable::Entry* dst);
    void place(std::size_t field, std::string_view member);
    void write_line(std::string_view line, const RouteTable::Shared* dst);

    const RouteTable& table_;
    nm::LineMembers members_;
    nm::TextBuffer ends_;      // members that depend on the prefix
    nm::TextBuffer appended_;  // members that the line does not have
    std::vector<Replacement> replaced_;
    nm::TextBuffer out_;
    std::string reason_;
};

}  // namespace nmbgp
