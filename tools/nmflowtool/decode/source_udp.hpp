// Flow datagrams from UDP sockets, in batches (recvmmsg), with the kernel's receive times and its count of
// datagrams that it had no room for. Proof: tests/cli/nmflowtool.bats,
// tests/lab/nmflowtool.bats.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "decode/datagram.hpp"

namespace nmflowtool {

class UdpSource {
  public:
    // Binds every address. receive_buffer: bytes that the kernel keeps for each socket while we are busy.
    static nm::Result<UdpSource> open(std::span<const nm::Endpoint> endpoints, std::size_t receive_buffer);
    UdpSource(UdpSource&&) noexcept;
    UdpSource& operator=(UdpSource&&) noexcept;
    ~UdpSource();

    // Takes what the kernel has; false when it has nothing.
    bool receive();
    // Sleeps until there is something to receive, the time is over (-1: no limit) or a signal came; false
    // when that signal asks to stop.
    bool wait(int timeout_ms = -1);
    // The next datagram of the batch; false when it is used up.
    bool next(Datagram& datagram);
    std::uint64_t kernel_drops() const;
    // What the kernel granted, bytes: the least of all sockets.
    std::size_t receive_buffer() const;

  private:
    struct Batch;

    UdpSource();
    void gather();
    // What the fullest of the kernel's buffers holds, of what it may hold.
    double fullest_buffer() const;

    std::vector<nm::UniqueFd> sockets_;
    std::int64_t woke_ns_ = 0;
    std::int64_t gather_ns_ = nm::ns_per_ms;
    std::size_t turn_ = 0;  // the socket asked last, so that none starves
    std::unique_ptr<Batch> batch_;
};

}  // namespace nmflowtool
