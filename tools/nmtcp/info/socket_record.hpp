// A socket as the kernel tells it, as a record. Values that have no meaning yet are left out (trap T34): the
// round-trip time before there was one, a threshold that was never set, a rate that is not limited.
// Proof: tests/unit/nmtcp_inet_diag_test.cpp.
#pragma once

#include <map>

#include "info/cgroups.hpp"
#include "info/socket_book.hpp"
#include "info/wire_inet_diag.hpp"
#include "record/tcp_info.hpp"

namespace nmtcp {

class SocketRecorder {
  public:
    // Sets every member that depends on the socket alone: the record is reused. The deltas stay.
    void fill(const DiagSocket& socket, nm::TcpInfo& record);
    void next_round() { cgroups_.next_round(); }

  private:
    const std::string& interface_name(std::uint32_t index);

    Cgroups cgroups_;
    std::map<std::uint32_t, std::string> interfaces_;
};

Counters counters_of(const nm::TcpInfo& record);
// What its counters have added.
void set_deltas(nm::TcpInfo& record, const Counters& before, double interval_ms);

}  // namespace nmtcp
