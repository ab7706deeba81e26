#include "net/resolver.hpp"

#include <ares.h>
#include <netdb.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <map>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace nm {
namespace {

constexpr int query_timeout_ms = 2000;
constexpr int query_tries = 2;

}  // namespace

struct Resolver::State {
    EventLoop& loop;
    ares_channel channel = nullptr;
    std::size_t pending = 0;
    std::map<int, bool> sockets;  // those that the loop watches

    explicit State(EventLoop& the_loop) : loop(the_loop) {}

    void watch(int fd, bool readable, bool writable) {
        const bool known = sockets.count(fd) > 0;
        if (!readable && !writable) {
            if (known) loop.remove(fd);
            sockets.erase(fd);
            return;
        }
        const std::uint32_t events = (readable ? EPOLLIN : 0U) | (writable ? EPOLLOUT : 0U);
        if (known) {
            loop.modify(fd, events);
            return;
        }
        sockets[fd] = true;
        loop.add(fd, events, [this, fd](std::uint32_t ready) {
            const bool failed = (ready & (EPOLLERR | EPOLLHUP)) != 0;
            const bool in = (ready & EPOLLIN) != 0 || failed;
            const bool out = (ready & EPOLLOUT) != 0 || failed;
            ares_process_fd(channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
        });
    }
};

namespace {

struct Query {
    std::size_t* pending;
    std::int64_t began_ns;
    Resolver::Callback callback;
};

std::string lower_case(std::string text) {
    for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return text;
}

std::string reason_of(int status) {
    if (status == ARES_ENOTFOUND) return "no such host";
    if (status == ARES_ENODATA) return "no address of this family";
    return lower_case(ares_strerror(status));
}

void on_answer(void* argument, int status, int, ares_addrinfo* info) {
    const std::unique_ptr<Query> query(static_cast<Query*>(argument));
    Resolved result;
    result.elapsed_ms = static_cast<double>(monotonic_ns() - query->began_ns) / 1e6;
    if (status != ARES_SUCCESS) result.reason = reason_of(status);
    for (const ares_addrinfo_node* node = info != nullptr ? info->nodes : nullptr; node != nullptr;
         node = node->ai_next) {
        const IpAddress ip = IpAddress::from_sockaddr(*node->ai_addr);
        const bool repeated =
            std::find(result.addresses.begin(), result.addresses.end(), ip) != result.addresses.end();
        if (ip.is_set() && !repeated) result.addresses.push_back(ip);
        if (node->ai_ttl > 0)
            result.ttl_s = result.ttl_s < 0 ? node->ai_ttl : std::min(result.ttl_s, node->ai_ttl);
    }
    if (info != nullptr) ares_freeaddrinfo(info);
    if (result.addresses.empty() && result.reason.empty()) result.reason = "no address";
    --*query->pending;
    if (status != ARES_EDESTRUCTION) query->callback(result);
}

struct NameQuery {
    std::size_t* pending;
    Resolver::NameCallback callback;
};

void on_name(void* argument, int status, int, char* name, char*) {
    const std::unique_ptr<NameQuery> query(static_cast<NameQuery*>(argument));
    --*query->pending;
    if (status != ARES_EDESTRUCTION) query->callback(status == ARES_SUCCESS && name != nullptr ? name : "");
}

}  // namespace

Resolver::Resolver(EventLoop& loop) : state_(std::make_unique<State>(loop)) {
    ares_library_init(ARES_LIB_INIT_ALL);
    ares_options options{};
    options.timeout = query_timeout_ms;
    options.tries = query_tries;
    options.sock_state_cb = [](void* state, ares_socket_t fd, int readable, int writable) {
        static_cast<State*>(state)->watch(fd, readable != 0, writable != 0);
    };
    options.sock_state_cb_data = state_.get();
    const int status = ares_init_options(&state_->channel, &options,
                                         ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
    if (status != ARES_SUCCESS)
        throw UserError(Exit::os_error, std::string("resolver: ") + ares_strerror(status));
}

Resolver::~Resolver() {
    ares_destroy(state_->channel);
    ares_library_cleanup();
}

void Resolver::resolve(const std::string& name, Family family, Callback callback) {
    if (const auto literal = parse_ip(name)) {
        Resolved result;
        if (family == Family::none || literal->family == family)
            result.addresses = {*literal};
        else
            result.reason = "an address of the other family";
        callback(result);
        return;
    }
    ares_addrinfo_hints hints{};
    hints.ai_family = family == Family::v4 ? AF_INET : family == Family::v6 ? AF_INET6 : AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    ++state_->pending;
    auto* query = new Query{&state_->pending, monotonic_ns(), std::move(callback)};
    ares_getaddrinfo(state_->channel, name.c_str(), nullptr, &hints, on_answer, query);
}

void Resolver::name_of(const IpAddress& address, NameCallback callback) {
    sockaddr_storage socket_address{};
    const auto length = static_cast<ares_socklen_t>(to_sockaddr(address, 0, socket_address));
    ++state_->pending;
    auto* query = new NameQuery{&state_->pending, std::move(callback)};
    ares_getnameinfo(state_->channel, reinterpret_cast<const sockaddr*>(&socket_address), length,
                     ARES_NI_LOOKUPHOST | ARES_NI_NAMEREQD, on_name, query);
}

std::size_t Resolver::pending() const {
    return state_->pending;
}

std::int64_t Resolver::next_timeout_ns() const {
    timeval wait{};
    if (ares_timeout(state_->channel, nullptr, &wait) == nullptr)
        return std::numeric_limits<std::int64_t>::max();
    return monotonic_ns() + wait.tv_sec * ns_per_s + wait.tv_usec * ns_per_us;
}

void Resolver::timeouts() {
    ares_process_fd(state_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

}  // namespace nm
