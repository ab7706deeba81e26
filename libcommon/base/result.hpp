// What a run can end with, and how a failure of the world travels: Result<T> carries a value or an Error.
// Exceptions are for the user's mistakes (UserError) and are caught only by run_tool.
// Proof: tests/unit/base_test.cpp, tests/cli/contract.bats.
#pragma once

#include <cassert>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace nm {

// 0-63 is an answer, 64-78 (sysexits.h) means no answer. Only run_tool turns it into an int.
enum class Exit {
    ok = 0,
    no = 1,       // the answer is no: a target lost, a plan infeasible, drift found
    changed = 2,  // only with --detailed-exitcode
    // The answer is no, and for all targets that are not well it is this that is wrong:
    unreachable = 3,   // somebody said that it cannot be reached (ICMP)
    closed = 4,        // the host refused the connection
    unresolved = 5,    // the name has no address
    unsent = 6,        // nothing could be sent from here
    usage = 64,        // the command line is wrong
    bad_data = 65,     // input that could not be read as records
    no_input = 66,     // an input file is missing
    unavailable = 69,  // a service is down
    software = 70,     // a bug of ours
    os_error = 71,     // the system refused: fork, socket, memory
    cannot_create = 73,
    io_error = 74,   // reading or writing failed: full disk
    try_later = 75,  // a lock is held
    no_permission = 77,
    bad_config = 78,
};

// Of two answers the one for both: what is wrong, if it is one thing, or no.
constexpr Exit worse_of(Exit a, Exit b) {
    if (a == Exit::ok || a == b) return b;
    return b == Exit::ok ? a : Exit::no;
}

struct Error {
    Exit exit = Exit::software;
    std::string message;  // "what: why", lower case, no full stop
};

// The user is wrong: an option, a file, a plan. The message names file:line:column or the option.
class UserError : public std::runtime_error {
  public:
    UserError(Exit exit, const std::string& message) : std::runtime_error(message), exit_(exit) {}
    Exit exit() const { return exit_; }

  private:
    Exit exit_;
};

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::move(value)) {}
    Result(Error error) : state_(std::move(error)) {}

    explicit operator bool() const { return std::holds_alternative<T>(state_); }
    T& operator*() {
        assert(*this);
        return *std::get_if<T>(&state_);
    }
    const T& operator*() const {
        assert(*this);
        return *std::get_if<T>(&state_);
    }
    T* operator->() { return &**this; }
    const T* operator->() const { return &**this; }
    const Error& error() const {
        assert(!*this);
        return *std::get_if<Error>(&state_);
    }

    // The value, or the error thrown to run_tool: for the start of a verb, where there is nothing to save.
    T value_or_throw() && {
        if (!*this) throw UserError(error().exit, error().message);
        return std::move(**this);
    }

  private:
    std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

// "what: strerror(errno_value)" with the exit status that fits the errno (EACCES and EPERM: no_permission).
Error os_error(const std::string& what, int errno_value, Exit otherwise = Exit::os_error);

}  // namespace nm
