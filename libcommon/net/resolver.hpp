// Names to addresses without blocking the loop: c-ares, which reads /etc/hosts, nsswitch.conf and
// resolv.conf. An address literal is answered at once. Proof: tests/lab/resolver.bats.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/event_loop.hpp"
#include "net/ip.hpp"

namespace nm {

struct Resolved {
    std::vector<IpAddress> addresses;  // in the order of preference (RFC 6724)
    std::string reason;                // why there is none
    double elapsed_ms = 0;
    int ttl_s = -1;  // smallest of the answers; -1 when it came from a file or a literal
};

class Resolver {
  public:
    using Callback = std::function<void(const Resolved&)>;

    explicit Resolver(EventLoop& loop);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    // family none: both. The callback runs inside EventLoop::wait, or before resolve returns.
    void resolve(const std::string& name, Family family, Callback callback);
    using NameCallback = std::function<void(const std::string& name)>;
    // The name of an address (PTR); empty when it has none. The callback runs as that of resolve().
    void name_of(const IpAddress& address, NameCallback callback);
    // Calls whose callback has not run yet.
    std::size_t pending() const;
    // When timeouts() must be called next; INT64_MAX when nothing is pending.
    std::int64_t next_timeout_ns() const;
    // Lets queries time out and be sent again; cheap.
    void timeouts();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace nm
