// Sockets by what they have in common: "peer/24,port,cgroup". A key is packed as bytes; the words of a group
// are those of its first socket. Proof: tests/unit/nmtcp_inet_diag_test.cpp, tests/lab/nmtcp_info.bats.
#pragma once

#include <bitset>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "record/tcp_info.hpp"

namespace nmtcp {

using ListeningPorts = std::bitset<65536>;

class SocketGroups {
  public:
    // Throws UserError(usage) that names the part which is no key.
    explicit SocketGroups(const std::string& by);
    ~SocketGroups();

    // Whether add() needs to know the ports that this host listens on.
    bool needs_listening() const { return needs_listening_; }
    void add(const nm::TcpInfo& socket, const ListeningPorts& listening);
    // The groups, the largest first, and forgets them.
    std::vector<nm::TcpGroup> take(nm::Time ts);

  private:
    struct Group {
        nm::TcpGroup sums;
        std::vector<std::uint32_t> srtts_us;
    };
    struct Part;
    struct KeyHash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    void add_part(std::string_view text);
    Group& group_of(const nm::TcpInfo& socket, const ListeningPorts& listening);

    std::vector<Part> parts_;
    bool needs_listening_ = false;
    std::string packed_;
    std::unordered_map<std::string, std::size_t, KeyHash, std::equal_to<>> index_;
    std::vector<Group> groups_;
};

}  // namespace nmtcp
