#include "http/http_engine.hpp"

#include <sys/epoll.h>

#include <algorithm>

#include "base/clock.hpp"

namespace nmprobe {

HttpEngine::HttpEngine(const HttpSettings& settings, nm::EventLoop& loop, nm::Schedule& schedule,
                       const std::vector<UrlParts>& targets, HttpSink& sink, nm::Output& out)
    : settings_(settings),
      loop_(loop),
      schedule_(schedule),
      targets_(targets),
      sink_(sink),
      out_(out),
      resolver_(loop),
      pacer_(settings.options().rate_pps),
      window_(std::max<std::size_t>(settings.options().window, 1)),
      multi_(curl().multi_init()),
      timer_ns_(nm::Schedule::never) {
    curl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &HttpEngine::on_socket);
    curl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &HttpEngine::on_timer);
    curl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    // One request on a connection at a time, or none of them could be timed.
    curl().multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(window_));
}

HttpEngine::~HttpEngine() {
    for (const auto& transfer : transfers_) curl().multi_remove_handle(multi_, transfer->easy());
    transfers_.clear();
    curl().multi_cleanup(multi_);
}

void HttpEngine::turn() {
    bool worked = loop_.wait(0) > 0;
    if (timer_ns_ <= nm::monotonic_ns()) {
        kick(CURL_SOCKET_TIMEOUT, 0);
        worked = true;
    }
    if (resolver_.pending() > 0) resolver_.timeouts();
    worked |= reap();
    if (worked || begin_one()) return;
    const std::int64_t flush_ns = out_.flush_before_wait(nm::monotonic_ns());
    loop_.wait(std::min(next_action_ns(), flush_ns));
}

std::int64_t HttpEngine::next_action_ns() const {
    std::int64_t next = std::min(timer_ns_, resolver_.next_timeout_ns());
    if (out_.congested()) return std::min(next, nm::monotonic_ns() + nm::ns_per_ms);
    if (waiting() < window_ && schedule_.next_ns() != nm::Schedule::never)
        next = std::min(next, std::max(schedule_.next_ns(), pacer_.next_ns()));
    return next;
}

std::optional<double> HttpEngine::rate_rps() const {
    if (begun_ < 2 || last_begin_ns_ <= first_begin_ns_) return std::nullopt;
    return static_cast<double>(begun_ - 1) * 1e9 / static_cast<double>(last_begin_ns_ - first_begin_ns_);
}

// --- beginning ---

bool HttpEngine::begin_one() {
    const std::int64_t now_ns = nm::monotonic_ns();
    if (waiting() >= window_ || out_.congested() || pacer_.allowed(now_ns, 1) == 0) return false;
    const auto due = schedule_.take(now_ns);
    if (!due) return false;
    pacer_.sent(1);
    ++begun_;
    if (first_begin_ns_ == 0) first_begin_ns_ = now_ns;
    last_begin_ns_ = now_ns;
    HttpJob job;
    job.target = due->target;
    job.seq = due->seq;
    job.round = due->round;
    job.url = targets_[due->target];
    const HttpOptions& options = settings_.options();
    job.with_data = !options.data.empty();
    job.method = !options.method.empty() ? options.method : job.with_data ? "POST" : "GET";
    resolve(std::move(job));
    return true;
}

void HttpEngine::resolve(HttpJob job) {
    const HttpOptions& options = settings_.options();
    const nm::Family family = options.only_v4   ? nm::Family::v4
                              : options.only_v6 ? nm::Family::v6
                                                : nm::Family::none;
    const bool is_name = !nm::parse_ip(job.url.host).has_value();
    const std::string host = job.url.host;
    resolver_.resolve(
        host, family, [this, is_name, job = std::move(job)](const nm::Resolved& resolved) mutable {
            if (is_name) job.resolve_ms = resolved.elapsed_ms;
            if (resolved.addresses.empty()) {
                sink_.unresolved(job, resolved.reason);
                return;
            }
            const bool all = settings_.options().addresses == nm::AddressChoice::all && job.hop == 0;
            const std::size_t chosen = all ? resolved.addresses.size() : 1;
            begun_ += chosen - 1;
            for (std::size_t i = 0; i < chosen; ++i) {
                HttpJob copy = job;
                copy.address = resolved.addresses[i];
                launch(std::move(copy));
            }
        });
}

void HttpEngine::launch(HttpJob job) {
    if (free_.empty()) {
        transfers_.push_back(std::make_unique<HttpTransfer>(settings_));
        free_.push_back(transfers_.back().get());
    }
    HttpTransfer& transfer = *free_.back();
    free_.pop_back();
    ++active_;
    transfer.begin(std::move(job));
    curl().multi_add_handle(multi_, transfer.easy());
    timer_ns_ = nm::monotonic_ns();
}

// The target's own method, data and headers go with a redirect as RFC 9110 section 15.4 has it; credentials
// stay with the server that they are for.
void HttpEngine::follow(const HttpJob& job, const nm::HttpProbe& record) {
    HttpJob next = job;
    std::string reason;
    const auto url = parse_url(record.location, reason);
    ++next.hop;
    next.chain_ms += record.total_ms.value_or(0);
    next.resolve_ms = -1;
    if (!url) {
        sink_.bad_redirect(next, reason);
        return;
    }
    next.own_server = job.own_server && url->same_server(job.url);
    next.url = *url;
    if (HttpTransfer::becomes_get(record.status.value_or(0), job.method)) {
        next.method = "GET";
        next.with_data = false;
    }
    resolve(std::move(next));
}

// --- libcurl's side ---

int HttpEngine::on_timer(CURLM*, long timeout_ms, void* self) {
    auto& engine = *static_cast<HttpEngine*>(self);
    engine.timer_ns_ = timeout_ms < 0 ? nm::Schedule::never : nm::monotonic_ns() + timeout_ms * nm::ns_per_ms;
    return 0;
}

int HttpEngine::on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void*) {
    auto& engine = *static_cast<HttpEngine*>(self);
    const bool known = engine.sockets_.count(fd) > 0;
    if (what == CURL_POLL_REMOVE) {
        if (known) engine.loop_.remove(fd);
        engine.sockets_.erase(fd);
        return 0;
    }
    void* transfer = nullptr;
    curl().easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    engine.sockets_[fd] = static_cast<HttpTransfer*>(transfer);
    const std::uint32_t events =
        ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    if (known) {
        engine.loop_.modify(fd, events);
        return 0;
    }
    engine.loop_.add(fd, events, [&engine, fd](std::uint32_t ready) {
        const bool in = (ready & (EPOLLIN | EPOLLHUP)) != 0;
        const bool out = (ready & EPOLLOUT) != 0;
        const bool failed = (ready & EPOLLERR) != 0;
        engine.sockets_.at(fd)->before_event(fd, in, out && !failed);
        engine.kick(
            fd, (in ? CURL_CSELECT_IN : 0) | (out ? CURL_CSELECT_OUT : 0) | (failed ? CURL_CSELECT_ERR : 0));
    });
    return 0;
}

void HttpEngine::kick(int fd, int events) {
    if (fd == CURL_SOCKET_TIMEOUT) timer_ns_ = nm::Schedule::never;  // it sets the next one itself
    int running = 0;
    curl().multi_socket_action(multi_, fd, events, &running);
}

bool HttpEngine::reap() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = curl().multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        void* transfer = nullptr;
        curl().easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        finish(*static_cast<HttpTransfer*>(transfer), message->data.result);
        any = true;
    }
    return any;
}

void HttpEngine::finish(HttpTransfer& transfer, CURLcode code) {
    transfer.finish(code, record_);
    curl().multi_remove_handle(multi_, transfer.easy());
    const HttpJob job = transfer.job();
    free_.push_back(&transfer);
    --active_;
    sink_.result(job, record_);
    if (record_.state == nm::HttpState::redirect) follow(job, record_);
}

}  // namespace nmprobe
