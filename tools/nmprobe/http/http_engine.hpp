// Makes the requests that the schedule says, on libcurl's multi interface.
//
// What has happened is always handled before anything new is begun, and one request is begun at a time: so
// the times of those under way do not depend on how many there are. Names are resolved by our own resolver,
// so that their time and the choice of an address are ours. Proof: tests/cli/nmprobe_http.bats.
#pragma once

#include <memory>
#include <unordered_map>

#include "format/output.hpp"
#include "http/transfer.hpp"
#include "net/resolver.hpp"
#include "probe/pacer.hpp"
#include "probe/schedule.hpp"

namespace nmprobe {

class HttpSink {
  public:
    virtual ~HttpSink() = default;
    // One request ended; record has everything but target and labels, and may be changed.
    virtual void result(const HttpJob& job, nm::HttpProbe& record) = 0;
    virtual void unresolved(const HttpJob& job, const std::string& reason) = 0;
    // A redirect to what is no URL of HTTP.
    virtual void bad_redirect(const HttpJob& job, const std::string& reason) = 0;
};

class HttpEngine {
  public:
    HttpEngine(const HttpSettings& settings, nm::EventLoop& loop, nm::Schedule& schedule,
               const std::vector<UrlParts>& targets, HttpSink& sink, nm::Output& out);
    ~HttpEngine();
    HttpEngine(const HttpEngine&) = delete;
    HttpEngine& operator=(const HttpEngine&) = delete;

    // One turn; sleeps when there is nothing to do.
    void turn();
    bool idle() const { return waiting() == 0; }
    std::size_t waiting() const { return active_ + resolver_.pending(); }
    std::uint64_t begun() const { return begun_; }
    std::optional<double> rate_rps() const;

  private:
    bool begin_one();
    void resolve(HttpJob job);
    void launch(HttpJob job);
    void kick(int fd, int events);
    bool reap();
    void finish(HttpTransfer& transfer, CURLcode code);
    void follow(const HttpJob& job, const nm::HttpProbe& record);
    std::int64_t next_action_ns() const;

    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* known);
    static int on_timer(CURLM*, long timeout_ms, void* self);

    const HttpSettings& settings_;
    nm::EventLoop& loop_;
    nm::Schedule& schedule_;
    const std::vector<UrlParts>& targets_;
    HttpSink& sink_;
    nm::Output& out_;
    nm::Resolver resolver_;
    nm::Pacer pacer_;
    std::size_t window_;
    CURLM* multi_;
    std::int64_t timer_ns_;  // when libcurl wants to be called; never: it does not
    std::vector<std::unique_ptr<HttpTransfer>> transfers_;
    std::vector<HttpTransfer*> free_;
    std::unordered_map<int, HttpTransfer*> sockets_;  // that the loop watches
    std::size_t active_ = 0;
    nm::HttpProbe record_;  // reused: its strings keep their room
    std::uint64_t begun_ = 0;
    std::int64_t first_begin_ns_ = 0;
    std::int64_t last_begin_ns_ = 0;
};

}  // namespace nmprobe
