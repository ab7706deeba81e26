// A preloaded library that does to a program's clock and stamps what a test cannot do from outside:
//   NM_SHIM_STEP_MS=N         CLOCK_REALTIME, and with it the kernel's packet stamps, jumps by N ms...
//   NM_SHIM_STEP_AFTER_MS=N   ...this long after the first stamp
//   NM_SHIM_LOSE_STAMP=N      each Nth transmit stamp never comes
// Only the kernel's own stamps can test the rules for them, so they are changed on their way in.
// clang-format off: errqueue.h needs timespec before it
#include <ctime>
// clang-format on

#include <dlfcn.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

long long setting(const char* name) {
    const char* text = std::getenv(name);
    return text == nullptr ? 0 : std::atoll(text);
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

constexpr long long ns_per_s = 1'000'000'000, ns_per_ms = 1'000'000;

long long step_from_ns = 0;  // 0: no stamp was seen yet

long long ns_of(const timespec& time) {
    return time.tv_sec * ns_per_s + time.tv_nsec;
}

// Moments behind the step are told as the stepped clock would.
void step(timespec& time) {
    static const long long step_ns = setting("NM_SHIM_STEP_MS") * ns_per_ms;
    const long long ns = ns_of(time);
    if (step_ns == 0 || step_from_ns == 0 || ns < step_from_ns) return;
    time = {(ns + step_ns) / ns_per_s, (ns + step_ns) % ns_per_s};
}

void change(msghdr& message) {
    static const long long lose_each = setting("NM_SHIM_LOSE_STAMP");
    static long long stamps = 0;
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING) {
            scm_timestamping value{};
            std::memcpy(&value, CMSG_DATA(c), sizeof value);
            if (step_from_ns == 0)
                step_from_ns = ns_of(value.ts[0]) + setting("NM_SHIM_STEP_AFTER_MS") * ns_per_ms;
            step(value.ts[0]);
            std::memcpy(CMSG_DATA(c), &value, sizeof value);
        }
        const bool is_error = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
                              (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
        if (!is_error || lose_each == 0) continue;
        sock_extended_err cause{};
        std::memcpy(&cause, CMSG_DATA(c), sizeof cause);
        if (cause.ee_origin != SO_EE_ORIGIN_TIMESTAMPING || ++stamps % lose_each != 0) continue;
        cause.ee_origin = SO_EE_ORIGIN_NONE;
        std::memcpy(CMSG_DATA(c), &cause, sizeof cause);
    }
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
    static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
    const int result = real(clock, now);
    if (result == 0 && clock == CLOCK_REALTIME) step(*now);
    return result;
}

extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
    static auto* const real = next<int(int, mmsghdr*, unsigned, int, timespec*)>("recvmmsg");
    const int n = real(fd, messages, count, flags, timeout);
    for (int i = 0; i < n; ++i) change(messages[i].msg_hdr);
    return n;
}
