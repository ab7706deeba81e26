// One HTTP request on a libcurl easy handle, with the moments at which its phases ended.
//
// libcurl's own marks are as late as the loop is busy, so two come from the kernel: the length of the TCP
// handshake (TCP_INFO) and the arrival of the answer's first byte (a receive stamp, read by peeking before
// libcurl reads; not under TLS, whose records may carry something else first).
// Proof: tests/cli/nmprobe_http.bats, tests/lab/nmprobe_http.bats.
#pragma once

#include <array>

#include "http/settings.hpp"
#include "http/url.hpp"
#include "net/ip.hpp"
#include "record/probe_http.hpp"

namespace nmprobe {

// One request of a probe: its target and what the redirects so far have led to.
struct HttpJob {
    std::uint32_t target = 0;
    std::uint32_t seq = 0;
    std::uint64_t round = 0;
    std::uint64_t hop = 0;
    UrlParts url;
    bool own_server = true;  // still the server of the target
    std::string method;
    bool with_data = false;
    nm::IpAddress address;
    double resolve_ms = -1;  // below 0: was a literal
    double chain_ms = 0;     // of the hops before
};

class HttpTransfer {
  public:
    explicit HttpTransfer(const HttpSettings& settings);
    ~HttpTransfer();
    HttpTransfer(const HttpTransfer&) = delete;
    HttpTransfer& operator=(const HttpTransfer&) = delete;

    CURL* easy() const { return easy_; }
    const HttpJob& job() const { return job_; }
    // Readies the handle, which the caller then gives to its multi handle.
    void begin(HttpJob job);
    // The loop's events on the transfer's socket, before libcurl sees them.
    void before_event(int fd, bool readable, bool writable);
    // What came of it, after libcurl has ended it; everything but target and labels.
    void finish(CURLcode code, nm::HttpProbe& record);
    // The method of the request to the redirect's location (RFC 9110 section 15.4).
    static bool becomes_get(std::uint64_t status, const std::string& method);

  private:
    void set_constant_options();
    void set_request();
    void read_certificate();
    nm::HttpState judge(CURLcode code, const nm::HttpProbe& record, std::string& error);
    nm::HttpPhase phase() const;
    void set_times(bool whole, nm::HttpProbe& record) const;

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self);
    static int on_ready(void* self, char*, char*, int, int);
    static curl_socket_t on_open(void* self, curlsocktype, curl_sockaddr* address);

    const HttpSettings& settings_;
    CURL* easy_;
    HttpJob job_;
    curl_slist* connect_to_ = nullptr;
    std::array<char, CURL_ERROR_SIZE> error_{};
    int fd_ = -1;  // of a new connection
    std::int64_t began_ns_ = 0;
    std::int64_t opened_ns_ = 0;      // socket; 0: none was opened
    std::int64_t connected_ns_ = 0;   // as the loop saw it
    std::int64_t handshake_ns_ = -1;  // of the kernel; below 0: not valid
    std::int64_t ready_ns_ = 0;       // for the request
    std::int64_t sent_ns_ = 0;        // the last byte of the request
    std::int64_t stamp_ns_ = 0;       // the answer's first byte, by the kernel
    std::int64_t first_ns_ = 0;       // the same, as libcurl saw it
    std::int64_t last_ns_ = 0;        // the answer's last byte
    bool interim_ = false;            // 100 or 103 came first
    bool over_ = false;               // --max-bytes
    std::uint64_t body_bytes_ = 0;    // decoded
    std::string body_;
    std::string tls_version_;
    std::string tls_cipher_;
    nm::Time cert_not_after_;
};

}  // namespace nmprobe
