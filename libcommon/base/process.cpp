#include "base/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/text.hpp"
#include "base/unique_fd.hpp"

namespace nm {
namespace {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Result<Pipe> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return os_error("pipe", errno);
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// "NAME=value" entries of ours that the given ones do not replace, then the given ones.
std::vector<std::string> merged_environment(const std::vector<std::string>& given) {
    std::vector<std::string> merged;
    const auto replaced = [&](std::string_view entry) {
        const std::string_view name = entry.substr(0, entry.find('=') + 1);
        return std::any_of(given.begin(), given.end(),
                           [&](const std::string& other) { return other.starts_with(name); });
    };
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!replaced(*entry)) merged.emplace_back(*entry);
    }
    merged.insert(merged.end(), given.begin(), given.end());
    return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

// Between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* argv, char* const* environment, int out, int err, int failure,
                         pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(127);  // died before the line above
    struct sigaction action {};
    action.sa_handler = SIG_DFL;
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGPIPE})
        ::sigaction(number, &action, nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    ::execvpe(argv[0], argv, environment);
    const int error = errno;
    [[maybe_unused]] const auto ignored = ::write(failure, &error, sizeof error);
    ::_exit(127);
}

// False at the end of the pipe.
bool take(int fd, std::string& into) {
    std::array<char, 64 * 1024> chunk;
    const ssize_t n = ::read(fd, chunk.data(), chunk.size());
    if (n < 0) return errno == EAGAIN || errno == EINTR;
    const std::size_t room = ProcessEnd::most_output - std::min(ProcessEnd::most_output, into.size());
    into.append(chunk.data(), std::min(room, static_cast<std::size_t>(n)));
    return n > 0;
}

void take_rest(int fd, std::string& into) {
    for (std::size_t before = into.size() + 1; before != into.size();) {
        before = into.size();
        if (!take(fd, into)) return;
    }
}

int exit_code_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// A process that stays behind may hold the pipes open for ever: the end of the program counts, not theirs.
ProcessEnd supervise(pid_t pid, const Pipe& out, const Pipe& err, std::int64_t timeout_ns) {
    // glibc 2.36 declares pidfd_open without C linkage.
    const UniqueFd ended(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    ProcessEnd end;
    const std::int64_t deadline = monotonic_ns() + timeout_ns;
    std::array<pollfd, 3> waits{
        {{ended.get(), POLLIN, 0}, {out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}}};
    while ((waits[0].revents & POLLIN) == 0) {
        const std::int64_t left_ms = (deadline - monotonic_ns()) / ns_per_ms;
        if (left_ms <= 0) {
            end.timed_out = true;
            ::kill(-pid, SIGKILL);
            break;
        }
        if (::poll(waits.data(), waits.size(), static_cast<int>(std::min<std::int64_t>(left_ms, 60'000))) < 0)
            continue;  // a signal: the caller looks at it after the program's end
        if (waits[1].revents != 0 && !take(waits[1].fd, end.out)) waits[1].fd = -1;
        if (waits[2].revents != 0 && !take(waits[2].fd, end.err)) waits[2].fd = -1;
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    take_rest(out.read.get(), end.out);
    take_rest(err.read.get(), end.err);
    end.exit_code = exit_code_of(status);
    return end;
}

}  // namespace

std::string ProcessEnd::reason() const {
    if (timed_out) return "took too long";
    std::string_view last;
    for (const std::string_view line : split(err, '\n')) {
        if (!trim(line).empty()) last = trim(line);
    }
    if (!last.empty()) return std::string(last);
    return exit_code > 128 ? "ended by signal " + std::to_string(exit_code - 128)
                           : "exit status " + std::to_string(exit_code);
}

Result<ProcessEnd> run_process(const Process& process) {
    auto out = make_pipe();
    if (!out) return out.error();
    auto err = make_pipe();
    if (!err) return err.error();
    auto failure = make_pipe();
    if (!failure) return failure.error();
    std::vector<std::string> arguments = process.argv;
    std::vector<std::string> environment = merged_environment(process.environment);
    const std::vector<char*> argv = pointers(arguments);
    const std::vector<char*> envp = pointers(environment);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return os_error("fork", errno);
    if (pid == 0)
        become(argv.data(), envp.data(), out->write.get(), err->write.get(), failure->write.get(), parent);
    out->write.reset();
    err->write.reset();
    failure->write.reset();
    int error = 0;
    ssize_t n = 0;
    do n = ::read(failure->read.get(), &error, sizeof error);
    while (n < 0 && errno == EINTR);
    if (n == sizeof error) {
        ::waitpid(pid, nullptr, 0);
        return os_error(process.argv.front(), error, error == ENOENT ? Exit::unavailable : Exit::os_error);
    }
    ::fcntl(out->read.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(err->read.get(), F_SETFL, O_NONBLOCK);
    return supervise(pid, *out, *err, process.timeout_ns);
}

}  // namespace nm
