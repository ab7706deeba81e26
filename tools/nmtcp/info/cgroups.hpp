// Numbers of control groups (version 2) to their paths: the number is the inode of the folder. The hierarchy
// is read when the first number is asked for, and again at most once a round when an unknown one comes.
#pragma once

#include <string>
#include <unordered_map>

namespace nmtcp {

class Cgroups {
  public:
    // "/system.slice/ssh.service", or empty when no such folder is seen from here.
    const std::string& path_of(std::uint64_t id);
    void next_round() { read_in_round_ = false; }

  private:
    void read();

    std::unordered_map<std::uint64_t, std::string> paths_;
    bool read_in_round_ = false;
};

}  // namespace nmtcp
