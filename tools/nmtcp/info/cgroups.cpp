#include "info/cgroups.hpp"

#include <fts.h>
#include <mntent.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>

namespace nmtcp {
namespace {

std::string mount_point() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> mounts(::setmntent("/proc/self/mounts", "re"),
                                                                 ::endmntent);
    if (!mounts) return {};
    while (const mntent* entry = ::getmntent(mounts.get())) {
        if (std::string_view(entry->mnt_type) == "cgroup2") return entry->mnt_dir;
    }
    return {};
}

}  // namespace

const std::string& Cgroups::path_of(std::uint64_t id) {
    auto at = paths_.find(id);
    if (at == paths_.end()) {
        if (!read_in_round_) read();
        at = paths_.try_emplace(id).first;  // unknown ones are empty until the next round
    }
    return at->second;
}

void Cgroups::read() {
    read_in_round_ = true;
    paths_.clear();
    std::string root = mount_point();
    if (root.empty()) return;
    char* const folders[] = {root.data(), nullptr};
    const std::unique_ptr<FTS, int (*)(FTS*)> walk(::fts_open(folders, FTS_PHYSICAL | FTS_NOCHDIR, nullptr),
                                                   ::fts_close);
    if (!walk) return;
    while (const FTSENT* entry = ::fts_read(walk.get())) {
        if (entry->fts_info != FTS_D) continue;
        const std::string path(entry->fts_path + root.size());
        paths_[entry->fts_statp->st_ino] = path.empty() ? "/" : path;
    }
}

}  // namespace nmtcp
