// What nmdeploy keeps on this machine: one directory for the engine's storage, copies of the apps' files,
// their records and a lock; and one on a file system that a restart of the machine empties, as podman needs.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace nmdeploy {

struct EngineOptions {
    std::string engine = "podman";
    std::string directory = "/var/lib/nmdeploy";
    std::string run_directory;      // empty: below /run, named after directory
    std::string records_directory;  // empty: directory/records
    std::string owner = "default";
};

class Store {
  public:
    // Makes the directories. Throws UserError: usage for a path or owner that cannot be used.
    explicit Store(const EngineOptions& options);

    // Held until the store ends. Throws UserError(try_later) when another run holds it.
    void lock();

    const std::string& owner() const { return owner_; }
    const std::string& run_directory() const { return run_; }
    std::string path(const std::string& name) const { return directory_ + "/" + name; }
    std::string records_path(const std::string& app, const std::string& node) const {
        return records_ + "/" + app + "@" + node + ".jsonl";
    }
    std::string file_path(const std::string& sha256) const { return path("files/" + sha256); }

    // Puts bytes there, complete or not at all; a file that is there already stays.
    nm::Status keep_file(const std::string& sha256, const std::string& bytes) const;
    // The file that the container appends its records to; what is in it stays.
    nm::Status prepare_records(const std::string& path) const;

  private:
    std::string directory_, run_, records_, owner_;
    nm::UniqueFd lock_;
};

// The inode that names a network namespace; empty path: ours.
std::optional<std::uint64_t> netns_inode(const std::string& path);

}  // namespace nmdeploy
