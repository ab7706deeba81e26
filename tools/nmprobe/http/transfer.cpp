#include "http/transfer.hpp"

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/clock.hpp"
#include "net/socket_option.hpp"
#include "net/tcp_info.hpp"
#include "probe/kernel_stamps.hpp"
#include "probe/socket_options.hpp"

namespace nmprobe {
namespace {

using nm::HttpPhase;
using nm::HttpState;

template <class Value>
Value info(CURL* easy, CURLINFO what) {
    Value value{};
    curl().easy_getinfo(easy, what, &value);
    return value;
}

std::string text_of(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

// libcurl's moments are microseconds since the request began.
std::optional<double> between_ms(CURL* easy, CURLINFO from, CURLINFO to) {
    const auto begin = info<curl_off_t>(easy, from);
    const auto end = info<curl_off_t>(easy, to);
    return end <= 0 || end < begin ? std::nullopt : std::optional(static_cast<double>(end - begin) / 1e3);
}

HttpState state_of_errno(long error) {
    switch (error) {
        case ECONNREFUSED:
            return HttpState::closed;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case ENETDOWN:
        case EHOSTDOWN:
            return HttpState::unreachable;
        case ETIMEDOUT:
            return HttpState::timeout;
        default:
            return HttpState::error;
    }
}

struct CodeRow {
    CURLcode code;
    HttpState state;
};
constexpr std::array code_rows{
    CodeRow{CURLE_OPERATION_TIMEDOUT, HttpState::timeout},
    CodeRow{CURLE_PEER_FAILED_VERIFICATION, HttpState::tls_failed},
    CodeRow{CURLE_SSL_CONNECT_ERROR, HttpState::tls_failed},
    CodeRow{CURLE_SSL_CERTPROBLEM, HttpState::tls_failed},
    CodeRow{CURLE_SSL_CIPHER, HttpState::tls_failed},
    CodeRow{CURLE_SSL_ISSUER_ERROR, HttpState::tls_failed},
    CodeRow{CURLE_SSL_CACERT_BADFILE, HttpState::tls_failed},
    CodeRow{CURLE_GOT_NOTHING, HttpState::no_reply},
    CodeRow{CURLE_PARTIAL_FILE, HttpState::cut},
    CodeRow{CURLE_WEIRD_SERVER_REPLY, HttpState::bad_reply},
    CodeRow{CURLE_UNSUPPORTED_PROTOCOL, HttpState::bad_reply},
    CodeRow{CURLE_BAD_CONTENT_ENCODING, HttpState::bad_reply},
    CodeRow{CURLE_HTTP2, HttpState::bad_reply},
    CodeRow{CURLE_HTTP2_STREAM, HttpState::bad_reply},
};

std::string version_name(long version) {
    switch (version) {
        case CURL_HTTP_VERSION_1_0:
            return "1.0";
        case CURL_HTTP_VERSION_1_1:
            return "1.1";
        case CURL_HTTP_VERSION_2_0:
            return "2";
        case CURL_HTTP_VERSION_3:
            return "3";
        default:
            return {};
    }
}

// When the first byte that waits on the socket came in, as CLOCK_MONOTONIC; 0 when the kernel has no stamp.
std::int64_t arrival_ns(int fd) {
    const std::int64_t stamp_ns = nm::next_receive_stamp_ns(fd, MSG_PEEK);
    return stamp_ns == 0 ? 0 : nm::monotonic_ns() - (nm::now().ns - stamp_ns);
}

}  // namespace

HttpTransfer::HttpTransfer(const HttpSettings& settings) : settings_(settings), easy_(curl().easy_init()) {
    if (easy_ == nullptr) throw nm::UserError(nm::Exit::os_error, "libcurl: no memory");
    set_constant_options();
}

HttpTransfer::~HttpTransfer() {
    curl().easy_cleanup(easy_);
    curl().slist_free_all(connect_to_);
}

void HttpTransfer::set_constant_options() {
    const HttpOptions& options = settings_.options();
    const auto set = [this](CURLoption option, auto value) { curl().easy_setopt(easy_, option, value); };
    set(CURLOPT_PRIVATE, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_DEBUGFUNCTION, &HttpTransfer::on_debug);
    set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
    set(CURLOPT_VERBOSE, 1L);  // only so can the end of the request be seen
    set(CURLOPT_PREREQFUNCTION, &HttpTransfer::on_ready);
    set(CURLOPT_PREREQDATA, static_cast<void*>(this));
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpTransfer::on_open);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, error_.data());
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PROXY, "");  // the server itself is measured, whatever the environment says
    const auto timeout_ms = static_cast<long>(std::max<std::int64_t>(options.timeout_ns / nm::ns_per_ms, 1));
    set(CURLOPT_TIMEOUT_MS, timeout_ms);
    set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms);
    set(CURLOPT_USERAGENT, "nmprobe/" NM_VERSION);
    set(CURLOPT_HTTP_VERSION,
        static_cast<long>(options.http1 ? CURL_HTTP_VERSION_1_1 : CURL_HTTP_VERSION_2TLS));
    set(CURLOPT_SSL_VERIFYPEER, options.insecure ? 0L : 1L);
    set(CURLOPT_SSL_VERIFYHOST, options.insecure ? 0L : 2L);
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    if (options.compressed) set(CURLOPT_ACCEPT_ENCODING, "");
    if (options.reuse) return;
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_FORBID_REUSE, 1L);
    set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
}

void HttpTransfer::begin(HttpJob job) {
    job_ = std::move(job);
    error_[0] = '\0';
    fd_ = -1;
    opened_ns_ = connected_ns_ = ready_ns_ = sent_ns_ = stamp_ns_ = first_ns_ = last_ns_ = 0;
    handshake_ns_ = -1;
    interim_ = over_ = false;
    body_bytes_ = 0;
    body_.clear();
    tls_version_.clear();
    tls_cipher_.clear();
    cert_not_after_ = {};
    set_request();
    began_ns_ = nm::monotonic_ns();
}

void HttpTransfer::set_request() {
    const auto set = [this](CURLoption option, auto value) { curl().easy_setopt(easy_, option, value); };
    set(CURLOPT_URL, job_.url.url.c_str());
    curl().slist_free_all(connect_to_);
    connect_to_ = nullptr;
    if (job_.resolve_ms >= 0) {  // the name is resolved: libcurl only connects
        nm::IpAddress address = job_.address;
        address.zone = 0;  // on_open puts it in
        const std::string text = nm::to_string(address);
        connect_to_ =
            curl().slist_append(nullptr, ("::" + (address.is_v6() ? "[" + text + "]" : text) + ":").c_str());
    }
    set(CURLOPT_CONNECT_TO, connect_to_);
    set(CURLOPT_HTTPHEADER, settings_.headers(job_.own_server));
    set(CURLOPT_HTTPGET, 1L);
    set(CURLOPT_NOBODY, job_.method == "HEAD" ? 1L : 0L);
    if (job_.with_data) {
        set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(settings_.data().size()));
        set(CURLOPT_POSTFIELDS, settings_.data().c_str());
        set(CURLOPT_POST, 1L);
    }
    const bool own_word =
        job_.method != "GET" && job_.method != "HEAD" && !(job_.with_data && job_.method == "POST");
    set(CURLOPT_CUSTOMREQUEST, own_word ? job_.method.c_str() : nullptr);
}

// --- what libcurl tells ---

curl_socket_t HttpTransfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const HttpOptions& options = transfer.settings_.options();
    const bool v4 = address->family == AF_INET;
    const int fd = ::socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return CURL_SOCKET_BAD;
    nm::set_option(fd, SOL_SOCKET, SO_TIMESTAMPING,
                   SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
    const linger at_once{1, 0};
    if (options.reset) (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    const int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
    if (options.tos >= 0) nm::set_option(fd, level, v4 ? IP_TOS : IPV6_TCLASS, options.tos);
    if (options.ttl >= 0) nm::set_option(fd, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, options.ttl);
    nm::bind_to_interface(fd, options.interface);
    const nm::IpAddress source = nm::source_address(options, v4 ? nm::Family::v4 : nm::Family::v6);
    sockaddr_storage own;
    if (source.is_set()) {
        const socklen_t length = nm::to_sockaddr(source, 0, own);
        if (::bind(fd, reinterpret_cast<const sockaddr*>(&own), length) != 0) {
            ::close(fd);
            return CURL_SOCKET_BAD;
        }
    }
    // The address that was chosen, with its zone.
    sockaddr_storage peer;
    const socklen_t length = nm::to_sockaddr(transfer.job_.address, transfer.job_.url.port, peer);
    if (length <= address->addrlen) std::memcpy(&address->addr, &peer, length);
    transfer.fd_ = fd;
    transfer.opened_ns_ = nm::monotonic_ns();
    return fd;
}

void HttpTransfer::before_event(int fd, bool readable, bool writable) {
    if (fd == fd_ && connected_ns_ == 0 && writable) {
        connected_ns_ = nm::monotonic_ns();
        handshake_ns_ = nm::tcp_handshake(fd).rtt_ns;
    }
    const bool plain = job_.url.scheme == "http";
    if (plain && readable && sent_ns_ != 0 && stamp_ns_ == 0 && first_ns_ == 0) stamp_ns_ = arrival_ns(fd);
}

int HttpTransfer::on_ready(void* self, char*, char*, int, int) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    transfer.ready_ns_ = nm::monotonic_ns();
    if (transfer.job_.url.scheme == "https") transfer.read_certificate();
    return CURL_PREREQFUNC_OK;
}

int HttpTransfer::on_debug(CURL*, curl_infotype type, char*, std::size_t, void* self) {
    if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT) {
        auto& transfer = *static_cast<HttpTransfer*>(self);
        transfer.sent_ns_ = nm::monotonic_ns();
        transfer.stamp_ns_ = 0;  // what came before the request was whole is no answer to it
    }
    return 0;
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const std::string_view line(data, size * count);
    transfer.last_ns_ = nm::monotonic_ns();
    if (!line.starts_with("HTTP/")) return line.size();
    const auto space = line.find(' ');
    const bool interim = space != std::string_view::npos && space + 1 < line.size() && line[space + 1] == '1';
    if (interim)
        transfer.interim_ = true;
    else if (transfer.first_ns_ == 0)
        transfer.first_ns_ = transfer.last_ns_;
    return line.size();
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<HttpTransfer*>(self);
    const std::size_t bytes = size * count;
    transfer.last_ns_ = nm::monotonic_ns();
    transfer.body_bytes_ += bytes;
    if (transfer.body_bytes_ > transfer.settings_.options().max_bytes) {
        transfer.over_ = true;
        return 0;
    }
    if (transfer.settings_.expects_body()) transfer.body_.append(data, bytes);
    return bytes;
}

void HttpTransfer::read_certificate() {
    const auto* session = info<curl_tlssessioninfo*>(easy_, CURLINFO_TLS_SSL_PTR);
    if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL || session->internals == nullptr)
        return;
    const auto* ssl = static_cast<const SSL*>(session->internals);
    tls_version_ = text_of(curl().ssl_get_version(ssl));
    tls_cipher_ = text_of(curl().ssl_cipher_get_name(curl().ssl_get_current_cipher(ssl)));
    const X509* certificate = curl().ssl_get0_peer_certificate(ssl);
    std::tm when{};
    if (certificate != nullptr && curl().asn1_time_to_tm(curl().x509_get0_not_after(certificate), &when) == 1)
        cert_not_after_ = {std::int64_t{::timegm(&when)} * nm::ns_per_s};
}

// --- what came of it ---

HttpPhase HttpTransfer::phase() const {
    if (opened_ns_ != 0 && connected_ns_ == 0) return HttpPhase::connect;
    if (ready_ns_ == 0) return job_.url.scheme == "https" ? HttpPhase::tls : HttpPhase::connect;
    if (sent_ns_ == 0) return HttpPhase::request;
    return first_ns_ == 0 ? HttpPhase::first_byte : HttpPhase::transfer;
}

HttpState HttpTransfer::judge(CURLcode code, const nm::HttpProbe& record, std::string& error) {
    if (over_) {
        error = "more than " + std::to_string(settings_.options().max_bytes) + " bytes of body";
        return HttpState::too_large;
    }
    if (code == CURLE_OK) {
        if (!record.location.empty() && settings_.options().redirects > 0) {
            if (job_.hop < settings_.options().redirects) return HttpState::redirect;
            error = "more than " + std::to_string(settings_.options().redirects) + " redirects";
            return HttpState::too_many_redirects;
        }
        if (!settings_.expects_status(record.status.value_or(0))) {
            error = "status " + std::to_string(record.status.value_or(0));
            return HttpState::unexpected_status;
        }
        if (settings_.body_matches(body_)) return HttpState::ok;
        error = "the body does not match";
        return HttpState::unexpected_body;
    }
    error = error_[0] != '\0' ? error_.data() : curl().easy_strerror(code);
    if (code == CURLE_COULDNT_CONNECT) {
        const long failed = info<long>(easy_, CURLINFO_OS_ERRNO);
        if (failed != 0) error = std::strerror(static_cast<int>(failed));
        return state_of_errno(failed);
    }
    if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR)
        return first_ns_ == 0 ? HttpState::no_reply : HttpState::cut;
    const auto row =
        std::find_if(code_rows.begin(), code_rows.end(), [code](const CodeRow& r) { return r.code == code; });
    return row == code_rows.end() ? HttpState::error : row->state;
}

void HttpTransfer::set_times(bool whole, nm::HttpProbe& record) const {
    const bool fresh = opened_ns_ != 0;
    record.resolve_ms = job_.resolve_ms >= 0 ? std::optional(job_.resolve_ms) : std::nullopt;
    record.connect_ms.reset();
    record.tls_ms.reset();
    if (fresh && connected_ns_ != 0)
        record.connect_ms = nm::in_ms(handshake_ns_ >= 0 ? handshake_ns_ : connected_ns_ - opened_ns_);
    if (fresh && job_.url.scheme == "https" && ready_ns_ != 0)
        record.tls_ms = between_ms(easy_, CURLINFO_CONNECT_TIME_T, CURLINFO_APPCONNECT_TIME_T);
    record.request_ms = ready_ns_ != 0 ? nm::in_ms(sent_ns_ - ready_ns_) : std::nullopt;
    // The stamp is believed inside the bracket of our own clock: it may have been stepped.
    const bool stamped = stamp_ns_ >= sent_ns_ && stamp_ns_ <= first_ns_ && !interim_;
    const std::int64_t first_ns = stamped ? stamp_ns_ : first_ns_;
    const bool answered = first_ns_ != 0 && sent_ns_ != 0;
    record.first_byte_ms = answered ? nm::in_ms(first_ns - sent_ns_) : std::nullopt;
    record.transfer_ms = answered ? nm::in_ms(last_ns_ - first_ns) : std::nullopt;
    const std::int64_t end_ns = whole && last_ns_ != 0 ? last_ns_ : nm::monotonic_ns();
    record.total_ms = static_cast<double>(end_ns - began_ns_) / 1e6 + std::max(job_.resolve_ms, 0.0);
}

void HttpTransfer::finish(CURLcode code, nm::HttpProbe& record) {
    record.ts = nm::now();
    record.hop = job_.hop;
    record.url = job_.url.url;
    record.round = job_.round;
    record.seq = job_.seq;
    record.address = job_.address;
    record.port = job_.url.port;
    record.family = job_.address.is_v4() ? "ipv4" : "ipv6";
    const long status = info<long>(easy_, CURLINFO_RESPONSE_CODE);
    record.status =
        first_ns_ != 0 && status > 0 ? std::optional(static_cast<std::uint64_t>(status)) : std::nullopt;
    record.http_version =
        first_ns_ != 0 ? version_name(info<long>(easy_, CURLINFO_HTTP_VERSION)) : std::string();
    record.reused = ready_ns_ != 0 ? std::optional(opened_ns_ == 0) : std::nullopt;
    record.location = text_of(info<const char*>(easy_, CURLINFO_REDIRECT_URL));
    record.content_type =
        first_ns_ != 0 ? text_of(info<const char*>(easy_, CURLINFO_CONTENT_TYPE)) : std::string();
    record.tls_version = tls_version_;
    record.tls_cipher = tls_cipher_;
    record.cert_not_after = cert_not_after_;
    constexpr double ns_per_day = 86'400e9;
    record.cert_days_left =
        cert_not_after_.ns != 0
            ? std::optional(static_cast<double>(cert_not_after_.ns - record.ts.ns) / ns_per_day)
            : std::nullopt;
    const auto bytes_if_any = [&](curl_off_t n) {
        return first_ns_ != 0 ? std::optional(static_cast<std::uint64_t>(n)) : std::nullopt;
    };
    record.bytes = bytes_if_any(info<curl_off_t>(easy_, CURLINFO_SIZE_DOWNLOAD_T));
    record.header_bytes = bytes_if_any(info<long>(easy_, CURLINFO_HEADER_SIZE));
    set_times(code == CURLE_OK, record);
    record.error.clear();
    record.state = judge(code, record, record.error);
    record.phase = record.state == HttpState::timeout ? phase() : HttpPhase::none;
    const bool last = record.state != HttpState::redirect;
    record.chain_ms = last ? std::optional(job_.chain_ms + *record.total_ms) : std::nullopt;
    record.redirects = last ? std::optional(job_.hop) : std::nullopt;
}

bool HttpTransfer::becomes_get(std::uint64_t status, const std::string& method) {
    if (status == 303) return method != "HEAD";
    return (status == 301 || status == 302) && method == "POST";
}

}  // namespace nmprobe
