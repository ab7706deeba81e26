// What came of a request: its state, phase and times, from what libcurl and the transfer itself have noted.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/clock.hpp"
#include "http/transfer.hpp"

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

}  // namespace

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
