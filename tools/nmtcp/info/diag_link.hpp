// The netlink socket that lists TCP sockets.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "info/wire_inet_diag.hpp"

namespace nmtcp {

class DiagLink {
  public:
    struct Dump {
        bool interrupted = false;  // sockets may be missing
        bool stopped = false;      // by a signal
        std::uint64_t damaged = 0;
    };

    // netns: a name of ip-netns(8) or a path; empty: this one. The process stays there.
    static nm::Result<DiagLink> open(const std::string& netns);

    // Calls each(socket) for every socket of the list; what it points to is valid during the call only. A
    // kernel that refuses the bytecode is asked without.
    template <class Each>
    nm::Result<Dump> dump(nm::Family family, std::uint32_t states, const std::vector<std::uint8_t>& bytecode,
                          bool with_info, Each&& each) {
        Dump dump;
        if (const nm::Status sent = send(dump_request(family, states, bytecode, with_info)); !sent)
            return sent.error();
        for (;;) {
            const auto datagram = receive();
            if (!datagram) return datagram.error();
            if (datagram->empty()) {
                dump.stopped = true;
                return dump;
            }
            DiagReader reader(*datagram);
            auto got = reader.next(socket_);
            for (; got == DiagReader::Got::socket; got = reader.next(socket_)) each(socket_);
            dump.interrupted |= reader.interrupted();
            if (got == DiagReader::Got::done) return dump;
            if (got == DiagReader::Got::damaged) ++dump.damaged;
            if (got != DiagReader::Got::error) continue;
            if (reader.errno_value() == EINVAL && !bytecode.empty())
                return this->dump(family, states, {}, with_info, each);
            return nm::os_error("inet_diag", reader.errno_value());
        }
    }

  private:
    // The kernel fills at most 32 KiB of a dump at a time, when the reader offers as much.
    static constexpr std::size_t buffer_size = 64 * 1024;

    explicit DiagLink(nm::UniqueFd fd)
        : fd_(std::move(fd)), buffer_(std::make_unique_for_overwrite<std::uint8_t[]>(buffer_size)) {}

    nm::Status send(const std::vector<std::uint8_t>& request);
    // Empty when a signal asked to stop.
    nm::Result<nm::Bytes> receive();

    nm::UniqueFd fd_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    DiagSocket socket_;
};

}  // namespace nmtcp
