// When a search ends: a deadline, a budget of iterations, or a signal. Asked inside every long loop.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace nmsched {

class Stop {
  public:
    // deadline_ns on the monotonic clock, 0 for none; `signalled` may be null.
    Stop(std::int64_t deadline_ns, bool (*signalled)()) : deadline_ns_(deadline_ns), signalled_(signalled) {}

    // Sticky. Reads the clock every few calls only: the callers' steps take microseconds.
    bool now() {
        if (stopped_ || (++calls_ & 15U) != 0) return stopped_;
        stopped_ = (signalled_ != nullptr && signalled_()) ||
                   (deadline_ns_ != 0 && nm::monotonic_ns() >= deadline_ns_);
        return stopped_;
    }

  private:
    std::int64_t deadline_ns_;
    bool (*signalled_)();
    std::uint32_t calls_ = 0;
    bool stopped_ = false;
};

}  // namespace nmsched
