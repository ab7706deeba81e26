// What a protocol opens of each address family, or why it could not.
#pragma once

#include <array>
#include <string>

#include "base/result.hpp"
#include "probe/options.hpp"

namespace nm {

// The base of a protocol's own lane, which adds its sockets.
struct FamilyLane {
    std::string why_not;  // why it is not open
    Exit exit = Exit::ok;
    bool is_open = false;

    void fail(const Error& error) {
        why_not = error.message;
        exit = error.exit;
    }
};

template <class Lane>
class FamilyLanes {
  public:
    // open(lane, family) for each family that the options want. Throws UserError, with the hint behind what
    // went wrong, when no family could be opened.
    template <class Open>
    void open(const ProbeOptions& options, const std::string& hint, Open open) {
        for (const Family family : {Family::v4, Family::v6}) {
            Lane& lane = of(family);
            if (options.wants(family))
                open(lane, family);
            else
                lane.why_not = family == Family::v4 ? "IPv4 is switched off by --ipv6"
                                                    : "IPv6 is switched off by --ipv4";
        }
        if (lanes_[0].is_open || lanes_[1].is_open) return;
        const Lane& asked = of(options.wants(Family::v4) ? Family::v4 : Family::v6);
        throw UserError(asked.exit, asked.why_not + hint);
    }

    Lane& of(Family family) { return lanes_[family == Family::v4 ? 0 : 1]; }
    const Lane& of(Family family) const { return lanes_[family == Family::v4 ? 0 : 1]; }
    // Empty when addresses of this family can be probed.
    std::string why_not(Family family) const {
        return of(family).is_open ? std::string() : of(family).why_not;
    }
    // IPv4, then IPv6, open or not.
    const std::array<Lane, 2>& all() const { return lanes_; }

  private:
    std::array<Lane, 2> lanes_;
};

}  // namespace nm
