// nmflowtool decode --sflowtool: sFlow version 5 datagrams in the words and shapes that sflowtool prints, for
// scripts that read those. What differs on purpose: strings are always valid JSON and one line; a broken
// structure is passed over instead of ending the datagram; text leaves out ethernet_type, as the published
// listings do, JSON has it, as version 6 does; grep has no time in front. IPID is printed with its bytes
// swapped, as sflowtool does on little-endian machines. Proof: tests/cli/nmflowtool_sflow.bats.
#pragma once

#include "decode/datagram.hpp"
#include "decode/wire_sflow_structures.hpp"
#include "flow_input.hpp"
#include "sflowtool/listing.hpp"

namespace nmflowtool {

class SflowtoolPrinter {
  public:
    SflowtoolPrinter(SflowtoolStyle style, bool is_file)
        : style_(style), is_file_(is_file), listing_(style) {}

    // The text of one datagram without the last newline; empty when it is not sFlow version 5, or gives
    // nothing in this style. Valid until the next call.
    std::string_view print(const Datagram& datagram);
    // Samples that were broken.
    std::uint64_t malformed() const { return malformed_; }

  private:
    void print_times(const Datagram& datagram);
    void print_sample(std::uint32_t format, nm::ByteReader in);
    void print_flow_sample(nm::ByteReader& in, bool is_expanded);
    void print_drop(nm::ByteReader& in);
    void print_counter_sample(nm::ByteReader& in, bool is_expanded);
    // False, and nothing is printed, for a structure that is too short.
    using PrintStructure = bool (SflowtoolPrinter::*)(std::uint32_t number, nm::ByteReader in);
    // The structures of a sample, each under its tag.
    void print_elements(nm::ByteReader& in, std::string_view tag_name, PrintStructure print_one);
    void print_flow_structures(nm::ByteReader& in, std::string_view prefix);
    bool print_flow_structure(std::uint32_t number, nm::ByteReader in);
    bool print_header(nm::ByteReader in);
    void print_packet(const nm::Packet& packet, std::uint32_t ip_bytes);
    void print_ip(const nm::Packet& packet);
    void print_transport(const nm::Packet& packet);
    bool print_gateway(nm::ByteReader in);
    bool print_mpls(nm::ByteReader in);
    // prefix: of the names, and empty for the packet itself.
    bool print_sampled_ethernet(nm::ByteReader in, const std::string& prefix);
    bool print_sampled_ip(nm::ByteReader in, const std::string& prefix, std::size_t width);
    bool print_vlan_tunnel(nm::ByteReader in);
    bool print_counter_structure(std::uint32_t number, nm::ByteReader in);
    bool print_host_description(nm::ByteReader in);
    bool print_adapters(nm::ByteReader in);
    void print_port(std::string_view name, std::uint32_t format, std::uint32_t value);
    void print_source(std::uint32_t type, std::uint32_t index);
    void forget_sample();
    void set_grep_prefix(std::string_view structure_tag);

    // The fixed columns of csv.
    struct Row {
        std::uint32_t in_if = 0, out_if = 0, rate = 0, in_vlan = 0, out_vlan = 0;
        std::uint32_t frame_bytes = 0, ip_bytes = 0;
        std::uint32_t src_port = 0, dst_port = 0;  // of ICMP type and code
        nm::Packet packet;
    };
    void write_flow_row();
    void keep_switch(nm::ByteReader in);
    void keep_socket(nm::ByteReader in, std::size_t width);
    void write_counter_row();

    SflowtoolStyle style_;
    bool is_file_;
    Listing listing_;
    std::string agent_;
    std::uint32_t sub_agent_ = 0;
    std::uint32_t sequence_ = 0;
    std::string source_ = "0:0";
    std::string sample_tag_ = "0:0";
    Row row_;
    nm::ByteReader interface_counters_;
    bool is_broken_ = false;  // the sample being printed
    std::uint64_t malformed_ = 0;
};

nm::Exit run_sflowtool(const InputOptions& options, SflowtoolStyle style, nm::Context& context);

}  // namespace nmflowtool
