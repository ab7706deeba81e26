// Which senders of datagrams are expected: addresses and networks. Looked up once per datagram, before
// anything is decoded or remembered. Proof: tests/unit/nmflowtool_allow_list_test.cpp.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "net/ip.hpp"

namespace nmflowtool {

class AllowList {
  public:
    // Each text is an address, a network, or a file of them: one a line, # begins a comment. No texts:
    // everybody is allowed. Throws UserError.
    static AllowList read(std::span<const std::string> texts);

    // Whether there is a list at all.
    bool is_given() const { return is_given_; }
    bool admits(const nm::IpAddress& sender) {
        if (!is_given_) return true;
        if (sender != last_) {
            last_ = sender;
            last_admitted_ = contains(sender);
        }
        return last_admitted_;
    }

  private:
    void add_file(const std::string& path);
    void sort();
    bool contains(const nm::IpAddress& sender) const;

    std::vector<nm::Prefix> networks_;  // sorted, none inside another
    bool is_given_ = false;
    nm::IpAddress last_;
    bool last_admitted_ = false;
};

}  // namespace nmflowtool
