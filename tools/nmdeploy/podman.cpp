#include "podman.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>

#include "base/text.hpp"
#include "json/document.hpp"
#include "json/line_writer.hpp"

namespace nmdeploy {
namespace {

using nm::Document;

constexpr std::int64_t call_timeout_ns = 120 * nm::ns_per_s;
// Time for an app to write what it has before it is killed.
constexpr const char* stop_seconds = "5";

// A machine without systemd, with the old control groups and without the right to raise limits must do.
constexpr const char* engine_conf =
    "[engine]\n"
    "runtime = \"runc\"\n"
    "cgroup_manager = \"cgroupfs\"\n"
    "events_logger = \"file\"\n"
    "[network]\n"
    "network_backend = \"netavark\"\n";

std::string text_of(const Document& object, std::string_view key) {
    const Document* member = object.find(key);
    return member == nullptr ? std::string() : member->text().value_or("");
}

std::int64_t integer_of(const Document& object, std::string_view key) {
    const Document* member = object.find(key);
    return member == nullptr ? 0 : member->integer().value_or(0);
}

std::string first_text(const Document* list) {
    if (list == nullptr || list->items().empty()) return {};
    return list->items().front().text().value_or("");
}

Running running_of(const Document& row) {
    Running running;
    if (const Document* labels = row.find("Labels")) {
        running.app = text_of(*labels, "nm.app");
        running.node = text_of(*labels, "nm.node");
        running.hash = text_of(*labels, "nm.hash");
    }
    running.id = text_of(row, "Id");
    running.name = first_text(row.find("Names"));
    running.image = text_of(row, "Image");
    running.image_id = text_of(row, "ImageID");
    running.status = text_of(row, "State");
    running.exit_code = integer_of(row, "ExitCode");
    running.pid = integer_of(row, "Pid");
    running.started_s = std::max<std::int64_t>(0, integer_of(row, "StartedAt"));
    if (running.pid > 0)
        running.netns_inode = netns_inode("/proc/" + std::to_string(running.pid) + "/ns/net");
    return running;
}

// A hard limit of ours cannot be passed on raised.
std::string limit(const char* name, __rlimit_resource resource, rlim_t wanted) {
    struct rlimit own {};
    ::getrlimit(resource, &own);
    const std::string value = std::to_string(std::min(wanted, own.rlim_max));
    return std::string(name) + "=" + value + ":" + value;
}

std::string decimal(std::int64_t thousandths) {
    const std::string digits = std::to_string(1000 + thousandths % 1000);
    return std::to_string(thousandths / 1000) + "." + digits.substr(1);
}

void clear(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error))
        std::filesystem::remove_all(entry, error);
}

}  // namespace

nm::Status Podman::prepare() const {
    const std::string path = store_.path("containers.conf");
    std::ofstream out(path);
    out << engine_conf << std::flush;
    if (!out) return nm::os_error(path, errno, nm::Exit::cannot_create);
    std::error_code error;
    std::filesystem::create_directories(store_.path("tmp"), error);
    if (error) return nm::os_error(store_.path("tmp"), error.value(), nm::Exit::cannot_create);
    return nm::Done{};
}

nm::Result<nm::ProcessEnd> Podman::run(std::vector<std::string> arguments) const {
    nm::Process process;
    process.argv = {"podman",
                    "--root",
                    store_.path("storage"),
                    "--runroot",
                    store_.run_directory() + "/run",
                    "--tmpdir",
                    store_.run_directory() + "/tmp"};
    process.argv.insert(process.argv.end(), std::make_move_iterator(arguments.begin()),
                        std::make_move_iterator(arguments.end()));
    process.environment = {"CONTAINERS_CONF=" + store_.path("containers.conf"),
                           "TMPDIR=" + store_.path("tmp"), "LC_ALL=C"};
    process.timeout_ns = call_timeout_ns;
    return nm::run_process(process);
}

nm::Status Podman::change(std::vector<std::string> arguments) {
    ++writes_;
    const auto end = run(std::move(arguments));
    if (!end) return end.error();
    if (!end->ok()) return nm::Error{nm::Exit::no, end->reason()};
    return nm::Done{};
}

nm::Result<std::vector<Running>> Podman::list() const {
    const auto end = run({"ps", "--all", "--no-trunc", "--format", "json", "--filter",
                          "label=managed-by=nmtools", "--filter", "label=nm.owner=" + store_.owner()});
    if (!end) return end.error();
    if (!end->ok()) return nm::Error{nm::Exit::unavailable, "podman ps: " + end->reason()};
    const auto rows = Document::parse(end->out);
    if (!rows || !rows->is_list()) return nm::Error{nm::Exit::unavailable, "podman ps: not the JSON we know"};
    std::vector<Running> found;
    for (const Document& row : rows->items()) found.push_back(running_of(row));
    return found;
}

nm::Status Podman::add_details(std::vector<Running>& containers) const {
    if (containers.empty()) return nm::Done{};
    std::vector<std::string> arguments{"container", "inspect"};
    for (const Running& container : containers) arguments.push_back(container.id);
    const auto end = run(std::move(arguments));
    if (!end) return end.error();
    // The exit status is 125 when one of them went meanwhile; the others are told all the same.
    const auto rows = Document::parse(end->out);
    if (!rows || !rows->is_list())
        return nm::Error{nm::Exit::unavailable, "podman inspect: not the JSON we know"};
    std::map<std::string, const Document*> by_id;
    for (const Document& row : rows->items()) by_id[text_of(row, "Id")] = &row;
    for (Running& container : containers) {
        const auto at = by_id.find(container.id);
        if (at == by_id.end()) continue;
        container.restarts = integer_of(*at->second, "RestartCount");
        if (const Document* state = at->second->find("State"))
            container.exit_code = integer_of(*state, "ExitCode");
    }
    return nm::Done{};
}

nm::Result<bool> Podman::has_image(const std::string& tag) const {
    const auto end = run({"image", "exists", tag});
    if (!end) return end.error();
    if (end->exit_code > 1 || end->timed_out)
        return nm::Error{nm::Exit::unavailable, "podman image exists: " + end->reason()};
    return end->ok();
}

nm::Status Podman::import_image(const Image& image) {
    const std::string temporary = store_.path("tmp");
    clear(temporary);  // of what a killed run left
    const std::string tar = temporary + "/image.tar";
    const nm::UniqueFd fd(::open(tar.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!fd) return nm::os_error(tar, errno, nm::Exit::cannot_create);
    if (const int failed = nm::write_fully(fd.get(), image.tar); failed != 0)
        return nm::os_error(tar, failed, nm::Exit::io_error);
    const nm::Status done =
        change({"import", "--quiet", "--change", "LABEL managed-by=nmtools", tar, image.tag});
    clear(temporary);
    return done;
}

std::vector<std::string> Podman::run_arguments(const Container& container) const {
    const std::string uid = std::to_string(container_uid);
    std::vector<std::string> arguments{"run",
                                       "--detach",
                                       "--name",
                                       container.name,
                                       "--hostname",
                                       container.node,
                                       "--network",
                                       container.netns.empty() ? "host" : "ns:" + container.netns,
                                       "--pull",
                                       "never",
                                       "--read-only",
                                       "--read-only-tmpfs=false",
                                       "--cap-drop",
                                       "all",
                                       "--cap-add",
                                       "NET_RAW",
                                       "--security-opt",
                                       "no-new-privileges",
                                       "--user",
                                       uid + ":" + uid,
                                       "--memory",
                                       std::to_string(container.memory_bytes),
                                       "--cpus",
                                       decimal(container.cpu_milli),
                                       "--pids-limit",
                                       std::to_string(container.pids),
                                       "--ulimit",
                                       limit("nofile", RLIMIT_NOFILE, 1024),
                                       "--ulimit",
                                       limit("nproc", RLIMIT_NPROC, 4096),
                                       "--ulimit",
                                       "core=0:0",
                                       "--restart",
                                       "on-failure:3",
                                       "--stop-timeout",
                                       stop_seconds,
                                       "--log-driver",
                                       "k8s-file",
                                       "--log-opt",
                                       "max-size=1mb",
                                       "--cgroup-parent",
                                       control_group(),
                                       "--label",
                                       "managed-by=nmtools",
                                       "--label",
                                       "nm.owner=" + store_.owner(),
                                       "--label",
                                       "nm.app=" + container.app,
                                       "--label",
                                       "nm.node=" + container.node,
                                       "--label",
                                       "nm.hash=" + container.hash,
                                       "--workdir",
                                       "/files",
                                       "--mount",
                                       "type=bind,src=" + container.records + ",dst=/records.jsonl"};
    for (const AppFile& file : container.files) {
        arguments.emplace_back("--mount");
        arguments.push_back("type=bind,src=" + store_.file_path(file.sha256) + ",dst=/files/" + file.name +
                            ",readonly");
    }
    arguments.push_back(container.image);
    arguments.push_back("/bin/" + container.command.front());
    arguments.insert(arguments.end(), container.command.begin() + 1, container.command.end());
    arguments.insert(arguments.end(), {"--output", "/records.jsonl", "--append"});
    return arguments;
}

nm::Status Podman::start(const Container& container) {
    for (const AppFile& file : container.files) {
        if (const nm::Status kept = store_.keep_file(file.sha256, file.bytes); !kept) return kept;
    }
    if (const nm::Status prepared = store_.prepare_records(container.records); !prepared) return prepared;
    nm::Status started = change(run_arguments(container));
    if (started) return started;
    // A start that was killed half way leaves a name that podman ps does not show: free it and try again.
    if (const nm::Status removed = remove(container.name); !removed) return started;
    nm::Status again = change(run_arguments(container));
    if (!again) (void)static_cast<bool>(remove(container.name));
    return again;
}

nm::Status Podman::remove(const std::string& name) {
    return change({"rm", "--force", "--ignore", "--time", stop_seconds, name});
}

void Podman::remove_unused_images(const std::vector<std::string>& kept) {
    const auto end =
        run({"images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "label=managed-by=nmtools"});
    if (!end || !end->ok()) return;
    for (const std::string_view line : nm::split(end->out, '\n')) {
        const std::string tag(nm::trim(line));
        if (!tag.starts_with(image_prefix) || std::find(kept.begin(), kept.end(), tag) != kept.end())
            continue;
        (void)static_cast<bool>(change({"rmi", tag}));  // refused while another owner's container uses it
    }
}

void Podman::remove_control_group() const {
    std::error_code error;
    std::vector<std::string> roots{"/sys/fs/cgroup"};
    for (const auto& entry : std::filesystem::directory_iterator("/sys/fs/cgroup", error)) {
        if (entry.is_directory(error)) roots.push_back(entry.path());
    }
    // The engine's monitors end a moment after their containers.
    constexpr int attempts = 20;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        bool busy = false;
        for (const std::string& root : roots) {
            for (const std::string& group : {root + control_group() + "/conmon", root + control_group()})
                busy |= ::rmdir(group.c_str()) != 0 && errno != ENOENT;
        }
        if (!busy) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

std::string Podman::last_log_line(const std::string& name) const {
    const auto end = run({"logs", "--tail", "1", name});
    if (!end || !end->ok()) return {};
    return std::string(nm::trim(end->err.empty() ? end->out : end->err));
}

}  // namespace nmdeploy
