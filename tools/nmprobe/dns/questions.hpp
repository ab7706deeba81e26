// What nmprobe dns asks, and whom: names from arguments, a file or JSON lines; servers from @SERVER, --server
// or /etc/resolv.conf.
//
// The file is YAML as the other probes take it (region: [name, ...], or targets: with labels), or lines of
// NAME [TYPE] as dnsperf takes them.
#pragma once

#include "dns/dns.hpp"
#include "dns/wire_dns.hpp"

namespace nmprobe {

struct DnsName {
    std::string text;  // as the user wrote it
    nm::Labels labels;
    std::uint16_t type = 1;
    DnsQuery query;
};

struct DnsServer {
    std::string text;  // as the user wrote it
    nm::IpAddress address;
    std::uint16_t port = 53;
};

struct DnsServerSpec {
    std::string text;
    std::string host;
    std::uint16_t port = 53;
};

// Every name with every type asked for. Throws UserError.
std::vector<DnsName> collect_names(const DnsOptions& options, nm::BadInput& bad);
// Those of the file alone, which SIGHUP reads again.
std::vector<DnsName> read_names_file(const DnsOptions& options);
std::vector<DnsServerSpec> collect_servers(const DnsOptions& options);

// Lines of NAME [TYPE]; file is for messages. Types default to those of the options.
std::vector<DnsName> parse_name_lines(const std::string& text, const std::string& file,
                                      const DnsOptions& options);
// "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53", "2001:db8::53", "ns1.example:53".
std::optional<DnsServerSpec> parse_server(std::string_view text);
// The nameserver lines of a resolv.conf.
std::vector<DnsServerSpec> parse_resolv_conf(const std::string& text);

}  // namespace nmprobe
