// The back end for one machine: podman by its command line, with storage and run directories of its own, so
// that it neither sees nor touches anybody else's containers. Every call is about one container or image.
// Proof: tests/lab/nmdeploy.bats.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/process.hpp"
#include "desired.hpp"
#include "image.hpp"
#include "store.hpp"

namespace nmdeploy {

// Containers run as this user, with the right to open raw sockets and none else.
inline constexpr unsigned container_uid = 65532;

class Podman {
  public:
    explicit Podman(const Store& store) : store_(store) {}

    // The owner's containers, running or not.
    nm::Result<std::vector<Running>> list() const;
    // Sets restarts, started_s and image_id of each that is still there.
    nm::Status add_details(std::vector<Running>& containers) const;
    nm::Result<bool> has_image(const std::string& tag) const;

    // Each of these changes the engine's state, and is counted.
    nm::Status import_image(const Image& image);
    nm::Status start(const Container& container);
    nm::Status remove(const std::string& name);  // fine when there is none
    // Our images that no container uses, except these.
    void remove_unused_images(const std::vector<std::string>& kept);
    // The control group that held the owner's containers, when none is left.
    void remove_control_group() const;
    std::uint64_t writes() const { return writes_; }

    // The last words of a container, for a message.
    std::string last_log_line(const std::string& name) const;

    nm::Status prepare() const;  // writes the configuration file

  private:
    nm::Result<nm::ProcessEnd> run(std::vector<std::string> arguments) const;
    nm::Status change(std::vector<std::string> arguments);
    std::vector<std::string> run_arguments(const Container& container) const;
    std::string control_group() const { return "/nmdeploy-" + store_.owner(); }

    const Store& store_;
    std::uint64_t writes_ = 0;
};

}  // namespace nmdeploy
