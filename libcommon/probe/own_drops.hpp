// Answers that our own full receive buffers dropped, and which packets they are charged to: as many of those
// that were sent before and expire now were lost by us. What was sent later is not among them, however long
// that list is. Packets must expire in the order of sending. Proof: tests/unit/probe_test.cpp;
// tests/lab/ledger.bats (trap T2).
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "probe/stamp_socket.hpp"

namespace nm {

class OwnDrops {
  public:
    // What the socket dropped before is nobody's loss.
    void watch(StampSocket& socket) { watched_.push_back({&socket, socket.drops()}); }

    // Looks at the counts of the sockets.
    void notice(std::int64_t now_ns) {
        looked_ns_ = now_ns;
        for (Watched& watched : watched_) {
            const std::uint32_t drops = watched.socket->drops();
            if (drops == watched.seen) continue;
            add(drops - watched.seen, now_ns);
            watched.seen = drops;
        }
    }
    // Now and then, beside every expiry: the closer to a drop, the fewer packets are sent before it is seen.
    void notice_at_times(std::int64_t now_ns) {
        if (now_ns >= looked_ns_ + look_every_ns) notice(now_ns);
    }
    // So many answers fell out of a buffer before now_ns.
    void add(std::uint32_t answers, std::int64_t now_ns) {
        uncharged_ += answers;
        dropped_before_ns_ = now_ns;
    }

    // A packet that was sent at this time expires. When that was behind the last drop, no earlier one is left
    // to charge anything to.
    void settle(std::int64_t sent_mono_ns) {
        if (sent_mono_ns > dropped_before_ns_) uncharged_ = 0;
    }
    // Charges a drop to the packet that was just settled; false when there is none.
    bool take() {
        if (uncharged_ == 0) return false;
        --uncharged_;
        return true;
    }

  private:
    static constexpr std::int64_t look_every_ns = 10 * ns_per_ms;

    struct Watched {
        StampSocket* socket;
        std::uint32_t seen;
    };
    std::vector<Watched> watched_;
    std::uint64_t uncharged_ = 0;
    std::int64_t dropped_before_ns_ = 0;
    std::int64_t looked_ns_ = 0;
};

}  // namespace nm
