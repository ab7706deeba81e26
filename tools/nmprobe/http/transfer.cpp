#include "http/transfer.hpp"

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/clock.hpp"
#include "net/socket_option.hpp"
#include "net/tcp_info.hpp"
#include "probe/kernel_stamps.hpp"
#include "probe/socket_options.hpp"

namespace nmprobe {
namespace {

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
    nm::set_option(fd, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE);
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

}  // namespace nmprobe
