#include "net/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>

#include <array>
#include <ctime>
#include <limits>

#include "app/signals.hpp"
#include "base/clock.hpp"

namespace nm {

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);  // the default slack of 50 us would make every wait late
    watch(epoll_.get());
    if (signal_event_fd() >= 0) add(signal_event_fd(), EPOLLIN, [](std::uint32_t) { clear_signal_event(); });
}

void EventLoop::add(int fd, std::uint32_t events, Callback callback) {
    const auto at = static_cast<std::size_t>(fd);
    if (callbacks_.size() <= at) callbacks_.resize(at + 1);
    callbacks_[at] = std::make_shared<Callback>(std::move(callback));
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void EventLoop::modify(int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::remove(int fd) {
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    forget(fd);
}

void EventLoop::forget(int fd) {
    const auto at = static_cast<std::size_t>(fd);
    if (at < callbacks_.size()) callbacks_[at].reset();
}

void EventLoop::unwatch(int fd) {
    std::erase_if(watched_, [&](const pollfd& watched) { return watched.fd == fd; });
}

short EventLoop::found(int fd) const {
    for (const pollfd& watched : watched_) {
        if (watched.fd == fd) return watched.revents;
    }
    return 0;
}

void EventLoop::pause(std::int64_t deadline_ns) {
    const timespec until{deadline_ns / ns_per_s, deadline_ns % ns_per_s};
    ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

int EventLoop::wait(std::int64_t deadline_ns) {
    std::array<epoll_event, 128> events;
    timespec timeout{};
    const bool for_ever = deadline_ns == std::numeric_limits<std::int64_t>::max();
    if (!for_ever) {
        const std::int64_t left = std::max<std::int64_t>(0, deadline_ns - monotonic_ns());
        timeout.tv_sec = left / ns_per_s;
        timeout.tv_nsec = left % ns_per_s;
    }
    const timespec* until = for_ever ? nullptr : &timeout;
    if (watched_.size() > 1) {
        static constexpr timespec at_once{};
        const int ready = ::ppoll(watched_.data(), watched_.size(), until, nullptr);
        if (ready < 0) {  // a signal: poll has told nothing
            for (pollfd& watched : watched_) watched.revents = 0;
        }
        if (watched_.front().revents == 0) return 0;
        until = &at_once;
    }
    const int n =
        ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), until, nullptr);
    for (int i = 0; i < n; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        const std::shared_ptr<Callback> callback = callbacks_[static_cast<std::size_t>(event.data.fd)];
        if (callback) (*callback)(event.events);  // else removed by an earlier callback
    }
    return std::max(n, 0);
}

}  // namespace nm
