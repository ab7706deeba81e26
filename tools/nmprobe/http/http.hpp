// nmprobe http: requests with the time of each of their phases.
#pragma once

#include "app/tool.hpp"
#include "probe/options.hpp"

namespace nmprobe {

// Loaded when the first request is made (http/curl_library).
inline constexpr const char* curl_library_name = "libcurl.so.4";
// Whom libcurl trusts unless --ca-file says otherwise, as Debian builds it.
inline constexpr const char* trusted_certificates = "/etc/ssl/certs/ca-certificates.crt";

struct HttpOptions : nm::ProbeOptions {
    HttpOptions() {
        timeout_ns = 10 * nm::ns_per_s;
        rate_pps = 1000;
    }
    std::uint64_t window = 50;  // requests under way at once
    std::string method;         // empty: GET, or POST with data
    std::vector<std::string> headers;
    std::string data;
    std::uint64_t redirects = 10;
    std::uint64_t max_bytes = 10'000'000;
    std::string expect_status;
    std::string expect_body;
    std::string ca_file;
    bool insecure = false;
    bool compressed = false;
    bool http1 = false;
    bool reuse = false;
    bool reset = false;
};

nm::Exit run_http(const HttpOptions& options, nm::Context& context);

}  // namespace nmprobe
