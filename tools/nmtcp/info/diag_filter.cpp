#include "info/diag_filter.hpp"

#include <linux/inet_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/result.hpp"
#include "base/text.hpp"

namespace nmtcp {
namespace {

using nm::TcpState;

constexpr std::uint32_t bit(TcpState state) {
    return 1U << static_cast<unsigned>(state);
}

constexpr std::uint32_t all_states = 0xFFE;  // 1 to 11
constexpr std::uint32_t connected_states = all_states & ~(bit(TcpState::listen) | bit(TcpState::close) |
                                                          bit(TcpState::time_wait) | bit(TcpState::syn_recv));

constexpr std::size_t longest_bytecode = 32 * 1024;  // jumps have 16 bits

bool any_contains(const std::vector<nm::Prefix>& prefixes, const nm::IpAddress& ip) {
    return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(),
                                           [&](const nm::Prefix& prefix) { return prefix.contains(ip); });
}

// A program of conditions. Alternatives are written one behind the other: each that holds jumps behind the
// last of them, each that does not goes on to the next, and the last one that does not rejects the socket.
class Program {
  public:
    using Condition = std::vector<std::uint8_t>;  // an operation with its argument; jumps are filled in here

    void require_one_of(const std::vector<Condition>& alternatives) {
        std::vector<std::size_t> jumps;
        for (std::size_t i = 0; i < alternatives.size(); ++i) {
            const bool is_last = i + 1 == alternatives.size();
            const std::size_t at = code_.size();
            const std::size_t size = alternatives[i].size();
            code_.insert(code_.end(), alternatives[i].begin(), alternatives[i].end());
            code_[at + 1] = static_cast<std::uint8_t>(size);
            if (is_last) {
                rejects_.push_back(at);
                continue;
            }
            set_no(at, size + sizeof(inet_diag_bc_op));
            jumps.push_back(code_.size());
            code_.insert(code_.end(), {INET_DIAG_BC_JMP, sizeof(inet_diag_bc_op), 0, 0});
        }
        for (const std::size_t at : jumps) set_no(at, code_.size() - at);
    }

    // A jump 4 bytes behind the end rejects.
    std::vector<std::uint8_t> finish() && {
        for (const std::size_t at : rejects_) set_no(at, code_.size() - at + 4);
        return std::move(code_);
    }

  private:
    void set_no(std::size_t at, std::size_t distance) {
        const auto no = static_cast<std::uint16_t>(distance);
        std::memcpy(code_.data() + at + offsetof(inet_diag_bc_op, no), &no, sizeof no);
    }

    std::vector<std::uint8_t> code_;
    std::vector<std::size_t> rejects_;
};

Program::Condition port_condition(std::uint8_t code, std::uint16_t port) {
    inet_diag_bc_op operations[2] = {};
    operations[0].code = code;
    operations[1].no = port;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(operations);
    return {bytes, bytes + sizeof operations};
}

Program::Condition prefix_condition(std::uint8_t code, const nm::Prefix& prefix) {
    inet_diag_bc_op operation{};
    operation.code = code;
    inet_diag_hostcond condition{};
    condition.family = prefix.address.is_v4() ? AF_INET : AF_INET6;
    condition.prefix_len = prefix.length;
    condition.port = -1;
    Program::Condition out(sizeof operation + sizeof condition + prefix.address.size());
    std::memcpy(out.data(), &operation, sizeof operation);
    std::memcpy(out.data() + sizeof operation, &condition, sizeof condition);
    std::memcpy(out.data() + sizeof operation + sizeof condition, prefix.address.bytes.data(),
                prefix.address.size());
    return out;
}

std::vector<Program::Condition> prefix_conditions(std::uint8_t code,
                                                  const std::vector<nm::Prefix>& prefixes) {
    std::vector<Program::Condition> out;
    for (const nm::Prefix& prefix : prefixes) out.push_back(prefix_condition(code, prefix));
    return out;
}

}  // namespace

std::uint32_t parse_states(const std::string& text) {
    std::uint32_t states = 0;
    for (const std::string_view part : nm::split(text, ',')) {
        std::string word(nm::trim(part));
        std::replace(word.begin(), word.end(), '-', '_');
        const auto state = nm::enum_of<TcpState>(word);
        if (word == "all") {
            states |= all_states;
        } else if (word == "connected") {
            states |= connected_states;
        } else if (state && *state != TcpState::none) {
            states |= bit(*state);
        } else {
            std::string words = "all, connected";
            for (const std::string_view known : nm::enum_words<TcpState>) {
                if (!known.empty()) words += ", " + std::string(known);
            }
            throw nm::UserError(nm::Exit::usage,
                                "--state: " + nm::in_quotes(part) + " is not one of " + words);
        }
    }
    return states;
}

bool DiagFilter::matches(const DiagSocket& socket) const {
    if (!has(socket.state)) return false;
    const bool port = ports.empty() || std::any_of(ports.begin(), ports.end(), [&](std::uint16_t wanted) {
                          return wanted == socket.local.port || wanted == socket.peer.port;
                      });
    return port && any_contains(peers, socket.peer.address) && any_contains(locals, socket.local.address);
}

std::vector<std::uint8_t> DiagFilter::bytecode() const {
    Program program;
    std::vector<Program::Condition> either;
    for (const std::uint16_t port : ports) {
        either.push_back(port_condition(INET_DIAG_BC_S_EQ, port));
        either.push_back(port_condition(INET_DIAG_BC_D_EQ, port));
    }
    program.require_one_of(either);
    program.require_one_of(prefix_conditions(INET_DIAG_BC_D_COND, peers));
    program.require_one_of(prefix_conditions(INET_DIAG_BC_S_COND, locals));
    std::vector<std::uint8_t> code = std::move(program).finish();
    return code.size() <= longest_bytecode ? code : std::vector<std::uint8_t>{};
}

}  // namespace nmtcp
