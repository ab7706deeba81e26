// One thread waiting for descriptors and a deadline: epoll with nanosecond timeouts, woken by signals through
// their eventfd. Callbacks run inside wait(). Proof: tests/unit/net_test.cpp.
#pragma once

#include <poll.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/unique_fd.hpp"

namespace nm {

class EventLoop {
  public:
    using Callback = std::function<void(std::uint32_t events)>;

    EventLoop();

    // events: EPOLLIN, EPOLLOUT... The descriptor must be removed before it is closed.
    void add(int fd, std::uint32_t events, Callback callback);
    void modify(int fd, std::uint32_t events);
    void remove(int fd);
    // The same for a descriptor that is closed next and has no duplicate: closing tells epoll.
    void forget(int fd);

    // A descriptor that also ends a wait, without a callback. Unlike those above it is looked at only while
    // waiting: epoll would be told of every packet that comes in meanwhile.
    void watch(int fd) { watched_.push_back({fd, POLLIN, 0}); }
    void unwatch(int fd);
    // What the last wait found of a watched descriptor: POLLIN, POLLERR...
    short found(int fd) const;

    // Waits until a descriptor is ready, a signal came, or CLOCK_MONOTONIC reaches deadline_ns; runs the
    // callbacks. A deadline in the past polls; INT64_MAX waits for ever. Returns the number of callbacks run.
    int wait(std::int64_t deadline_ns);
    // Sleeps until deadline_ns, or a signal, whatever comes in meanwhile: so that packets are read many at a
    // time.
    static void pause(std::int64_t deadline_ns);

  private:
    UniqueFd epoll_;
    std::vector<pollfd> watched_;                       // the first is epoll's own
    std::vector<std::shared_ptr<Callback>> callbacks_;  // by descriptor
};

}  // namespace nm
