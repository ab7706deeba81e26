#include "app/signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <initializer_list>

namespace nm {
namespace {

volatile std::sig_atomic_t stop_signal_number = 0;
volatile std::sig_atomic_t reload_asked = 0;
volatile std::sig_atomic_t counters_asked = 0;
volatile std::sig_atomic_t window_changed = 0;
volatile std::sig_atomic_t continued = 0;
int event_fd = -1;

void on_signal(int number) {
    const int saved = errno;
    if (number == SIGHUP) {
        reload_asked = 1;
    } else if (number == SIGUSR1) {
        counters_asked = 1;
    } else if (number == SIGWINCH) {
        window_changed = 1;
    } else if (number == SIGCONT) {
        continued = 1;
    } else {
        stop_signal_number = number;
        std::signal(SIGINT, SIG_DFL);
        std::signal(SIGTERM, SIG_DFL);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto ignored = ::write(event_fd, &one, sizeof one);
    errno = saved;
}

bool take(volatile std::sig_atomic_t& flag) {
    const bool was = flag != 0;
    flag = 0;
    return was;
}

}  // namespace

void install_signal_handlers() {
    event_fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
        struct sigaction before {};
        sigaction(number, nullptr, &before);
        // nohup and background jobs of a shell without job control ignore these: so do we.
        if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
    }
    std::signal(SIGPIPE, SIG_IGN);
}

void watch_terminal() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGWINCH, SIGCONT}) sigaction(number, &action, nullptr);
}

bool take_resize_request() {
    return take(window_changed);
}

bool take_continue_request() {
    return take(continued);
}

bool stop_requested() {
    return stop_signal_number != 0;
}

int stop_signal() {
    return stop_signal_number;
}

bool take_reload_request() {
    return take(reload_asked);
}

bool take_counters_request() {
    return take(counters_asked);
}

int signal_event_fd() {
    return event_fd;
}

void clear_signal_event() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto ignored = ::read(event_fd, &count, sizeof count);
}

void restore_default_signals() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGWINCH, SIGCONT, SIGPIPE})
        std::signal(number, SIG_DFL);
}

}  // namespace nm
