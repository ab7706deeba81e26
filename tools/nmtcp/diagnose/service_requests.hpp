// What to say to a service so that it speaks: by its well-known port, or as the user asks.
// Proof: tests/unit/nmtcp_diagnose_test.cpp, tests/lab/nmtcp_diagnose.bats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nmtcp {

struct ServiceRequest {
    std::string protocol;  // empty: nothing is known of this port
    std::string text;      // empty: the service speaks first
};

// Of a well-known port.
ServiceRequest request_for_port(std::uint16_t port, const std::string& host);
ServiceRequest http_request(const std::string& host, std::uint16_t port, const std::string& path);
// A ClientHello (RFC 8446 section 4.1.2) that servers of TLS 1.2 and 1.3 answer; SNI unless host is an
// address.
ServiceRequest tls_request(const std::string& host);

// The text with \r \n \t \0 \\ and \xHH as the bytes they stand for; nothing when there is another escape.
std::optional<std::string> unescape(std::string_view text);

}  // namespace nmtcp
