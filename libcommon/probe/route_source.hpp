// Which of our addresses the kernel would send from: what goes into checksums and headers that we write.
#pragma once

#include "base/unique_fd.hpp"
#include "net/ip.hpp"
#include "probe/options.hpp"

namespace nm {

class RouteSource {
  public:
    // --source if it is of this family, else the routes of --interface or all of them decide.
    RouteSource(const ProbeOptions& options, Family family);

    // The unspecified address when there is no route: the send will say so.
    IpAddress to(const IpAddress& target) const;

  private:
    IpAddress given_;
    UniqueFd asking_;  // a UDP socket: connecting it sends nothing
};

}  // namespace nm
