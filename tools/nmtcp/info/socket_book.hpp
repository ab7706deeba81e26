// The counters of each socket, this round and the one before, by the kernel's cookie: what a socket has added
// since, and whether the kernel listed it twice. A table with open addressing: nothing is allocated for a
// socket once it has grown. Proof: tests/unit/nmtcp_inet_diag_test.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace nmtcp {

struct Counters {
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_retrans = 0;
    std::uint64_t bytes_acked = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t retrans = 0;
};

class SocketBook {
  public:
    // False when the cookie is there already in this round.
    bool add(std::uint64_t cookie, const Counters& counters) {
        if ((now_.used + 1) * 2 > now_.entries.size()) now_.grow();
        Entry& entry = now_.slot(cookie);
        if (entry.is_used) return false;
        entry = {cookie, counters, true};
        ++now_.used;
        return true;
    }
    // Of the round before, or nullptr.
    const Counters* before(std::uint64_t cookie) {
        if (before_.used == 0) return nullptr;
        const Entry& entry = before_.slot(cookie);
        return entry.is_used ? &entry.counters : nullptr;
    }
    std::size_t size() const { return now_.used; }
    std::size_t size_before() const { return before_.used; }
    void next_round() {
        std::swap(now_, before_);
        std::fill(now_.entries.begin(), now_.entries.end(), Entry{});
        now_.used = 0;
    }

  private:
    struct Entry {
        std::uint64_t cookie = 0;
        Counters counters;
        bool is_used = false;
    };
    struct Table {
        std::vector<Entry> entries;  // a power of two, half full at most
        std::size_t used = 0;

        Entry& slot(std::uint64_t cookie) {
            const std::size_t mask = entries.size() - 1;
            std::size_t at = static_cast<std::size_t>((cookie * 0x9E3779B97F4A7C15u) >> 20) & mask;
            while (entries[at].is_used && entries[at].cookie != cookie) at = (at + 1) & mask;
            return entries[at];
        }
        void grow() {
            const std::vector<Entry> old = std::move(entries);
            entries.assign(std::max<std::size_t>(old.size() * 2, 1024), Entry{});
            for (const Entry& entry : old) {
                if (entry.is_used) slot(entry.cookie) = entry;
            }
        }
    };

    Table now_;
    Table before_;
};

}  // namespace nmtcp
