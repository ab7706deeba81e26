// nm-netsim: answers for whole prefixes behind a TUN device as scripted, and keeps the truth in a ledger.
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <limits>
#include <memory>
#include <system_error>

#include "device.hpp"
#include "responder.hpp"

namespace netsim {
namespace {

constexpr int exit_usage = 64;
constexpr int exit_os = 71;
constexpr int exit_create = 73;

struct Options {
    DeviceOptions device;
    std::vector<Rule> rules;
    std::string script;
    std::string ledger;
    bool counts = false;
    bool spin = false;
    std::uint64_t seed = 1;
    int ready_fd = -1;
};

volatile std::sig_atomic_t stop_requested = 0;
volatile std::sig_atomic_t reload_requested = 0;

void request_stop(int) {
    stop_requested = 1;
}
void request_reload(int) {
    reload_requested = 1;
}

Nanoseconds clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return Nanoseconds{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void print_help() {
    std::cout <<
        R"(usage: nm-netsim [OPTION...]
Creates a TUN device in the current network namespace and answers for the prefixes behind it by rule.
Prints "ready" when it answers; ends on SIGINT or SIGTERM and writes the ledger then.

  --device NAME        device (sim0)
  --address ADDR/LEN   address of the host's side; the rest of the prefix is simulated (repeatable)
  --route PREFIX       another prefix behind the device (repeatable)
  --mtu N              (1500)
  --queue N            packets the kernel queues for the simulator (100000)
  --rule RULE          'PREFIX: key=value,...'; the first rule that holds the destination wins;
                       without any rule every address answers
  --script FILE        a rule per line, # comments; behind those of --rule; read again on SIGHUP
  --seed N             of losses and jitter; each destination has its own sequence (1)
  --ledger FILE        JSON lines: every packet with its fate and what was sent for it, then a summary
  --ledger-counts      the ledger holds totals per destination instead
  --spin               never sleep: deadlines are met within microseconds, at the price of a core
  --ready-fd N         write "ready" to descriptor N instead of stdout
  --help

keys of a rule (durations: 250us, 10ms, 2s; flags need no value):
)";
    for (const RuleKey& key : rule_keys()) {
        std::string help(key.help);
        for (std::size_t at = 0; (at = help.find('\n', at)) != std::string::npos; at += 22) {
            help.replace(at, 1, "\n" + std::string(21, ' '));
        }
        std::cout << "  " << key.name << std::string(19 - key.name.size(), ' ') << help << '\n';
    }
    std::cout << R"(
fates: )";
    for (std::size_t fate = 0; fate < fates; ++fate) {
        std::cout << (fate == 0 ? "" : fate == 7 ? ",\n       " : ", ") << name(static_cast<Fate>(fate));
    }
    std::cout << R"(

EXAMPLES
  nm-netsim --address 10.99.0.1/16 --address fd99::1/64 --rule '10.99.0.0/16: delay=10ms' \
      --rule 'fd99::/64: delay=10ms,loss=10%' --ledger truth.jsonl
  nm-netsim --address 10.99.0.1/16 --rule '10.99.1.0/24: icmp_error=3/1,from=10.99.0.254,quote=8' \
      --rule '10.99.2.0/24: path=10.98.0.1+10.98.1.1|10.98.1.2+*,mpls=16001/0/1' \
      --rule '10.99.3.0/24: tcp_open=80,443,tcp=silent,swallow_first_syn=1' \
      --rule '10.99.4.0/24: dup=1,dup_delay=5ms,corrupt=tag,every=10'
)";
}

template <class Number>
Number read_number(const char* text) {
    Number value{};
    const std::string_view digits(text);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        throw BadRule("'" + std::string(digits) + "' is not a number");
    }
    return value;
}

Options read_options(int argc, char** argv) {
    enum Name : int {
        device = 1,
        address,
        route,
        mtu,
        queue,
        rule,
        script,
        seed,
        ledger,
        counts,
        spin,
        ready_fd,
        help
    };
    const std::array<option, 14> names{{{"device", required_argument, nullptr, device},
                                        {"address", required_argument, nullptr, address},
                                        {"route", required_argument, nullptr, route},
                                        {"mtu", required_argument, nullptr, mtu},
                                        {"queue", required_argument, nullptr, queue},
                                        {"rule", required_argument, nullptr, rule},
                                        {"script", required_argument, nullptr, script},
                                        {"seed", required_argument, nullptr, seed},
                                        {"ledger", required_argument, nullptr, ledger},
                                        {"ledger-counts", no_argument, nullptr, counts},
                                        {"spin", no_argument, nullptr, spin},
                                        {"ready-fd", required_argument, nullptr, ready_fd},
                                        {"help", no_argument, nullptr, help},
                                        {nullptr, 0, nullptr, 0}}};
    Options options;
    for (int name = 0; (name = getopt_long(argc, argv, "", names.data(), nullptr)) != -1;) {
        switch (name) {
            case device:
                options.device.name = optarg;
                break;
            case address:
                options.device.addresses.emplace_back(optarg);
                break;
            case route:
                options.device.routes.emplace_back(optarg);
                break;
            case mtu:
                options.device.mtu = optarg;
                break;
            case queue:
                options.device.queue = optarg;
                break;
            case rule:
                options.rules.push_back(parse_rule(optarg));
                break;
            case script:
                options.script = optarg;
                break;
            case seed:
                options.seed = read_number<std::uint64_t>(optarg);
                break;
            case ledger:
                options.ledger = optarg;
                break;
            case counts:
                options.counts = true;
                break;
            case spin:
                options.spin = true;
                break;
            case ready_fd:
                options.ready_fd = read_number<int>(optarg);
                break;
            case help:
                print_help();
                std::exit(0);
            default:
                std::exit(exit_usage);
        }
    }
    if (optind != argc) throw BadRule("unexpected argument '" + std::string(argv[optind]) + "'");
    return options;
}

std::vector<Rule> all_rules(const Options& options) {
    std::vector<Rule> rules = options.rules;
    if (!options.script.empty()) {
        for (Rule& rule : read_script(options.script)) rules.push_back(std::move(rule));
    } else if (rules.empty()) {
        rules = {parse_rule("0.0.0.0/0:"), parse_rule("::/0:")};
    }
    return rules;
}

class Loop {
  public:
    Loop(const Options& options, Device& device, Schedule& schedule, Responder& responder, Ledger& ledger)
        : options_(options), device_(device), schedule_(schedule), responder_(responder), ledger_(ledger) {}

    RunTotals run() {
        while (stop_requested == 0) {
            if (reload_requested != 0) reload();
            align_clocks();
            const bool sent = send_due();
            const bool received = receive();
            if (!options_.spin) rest(sent || received);
        }
        while (schedule_.due(std::numeric_limits<Nanoseconds>::max())) ++run_.unsent;
        run_.device_dropped = device_.dropped();
        return run_;
    }

  private:
    static constexpr int batch = 64;
    static constexpr Nanoseconds longest_wait = 100'000'000;  // a signal just before poll waits no longer
    // Under load the next packet is near: to sleep in between costs us and the sender more than to look
    // again.
    static constexpr Nanoseconds stay_awake = 30'000;

    // A pair of readings with a preemption in between would shift every stamp that follows.
    void align_clocks() {
        const Nanoseconds before = clock_ns(CLOCK_MONOTONIC);
        const Nanoseconds real = clock_ns(CLOCK_REALTIME);
        const Nanoseconds took = clock_ns(CLOCK_MONOTONIC) - before;
        if (took < 1'000 || real_offset_ == 0) real_offset_ = real - before - took / 2;
    }

    Moment moment() const {
        const Nanoseconds now = clock_ns(CLOCK_MONOTONIC);
        return {now, now + real_offset_};
    }

    bool send_due() {
        for (int i = 0; i < batch; ++i) {
            const Moment now = moment();
            const std::optional<Schedule::Slot> slot = schedule_.due(now.monotonic);
            if (!slot) return i > 0;
            Outgoing& outgoing = schedule_[*slot];
            const int error = device_.write(outgoing.packet);
            const Nanoseconds late = now.monotonic - outgoing.deadline;
            ledger_.sent(outgoing.sent_index, now.real, late, error);
            count(outgoing, late, error);
            schedule_.release(*slot);
        }
        return true;
    }

    void count(const Outgoing& outgoing, Nanoseconds late, int error) {
        run_.late_max_ns = std::max(run_.late_max_ns, late);
        run_.late_over_100us += late > 100'000 ? 1 : 0;
        run_.late_over_1ms += late > 1'000'000 ? 1 : 0;
        if (error != 0) {
            ++run_.write_errors;
            return;
        }
        ++run_.sent;
        ++outgoing.totals->sent;
        outgoing.totals->dup += outgoing.is_dup ? 1 : 0;
    }

    bool receive() {
        for (int i = 0; i < batch; ++i) {
            const std::optional<View> packet = device_.read(buffer_);
            if (!packet) return i > 0;
            ++run_.received;
            responder_.handle(*packet, moment());
        }
        return true;
    }

    void rest(bool was_busy) {
        const Nanoseconds now = clock_ns(CLOCK_MONOTONIC);
        if (was_busy) busy_until_ = now + stay_awake;
        if (now >= busy_until_) wait();
    }

    void wait() const {
        Nanoseconds left = longest_wait;
        if (const std::optional<Nanoseconds> next = schedule_.next()) {
            left = std::min(left, *next - clock_ns(CLOCK_MONOTONIC));
        }
        if (left <= 0) return;
        const timespec timeout{left / 1'000'000'000, left % 1'000'000'000};
        pollfd readable{device_.fd(), POLLIN, 0};
        ppoll(&readable, 1, &timeout, nullptr);
    }

    void reload() {
        reload_requested = 0;
        try {
            responder_.replace_rules(all_rules(options_));
        } catch (const BadRule& why) {
            std::cerr << "nm-netsim: " << why.what() << ": the rules stay\n";
        }
    }

    const Options& options_;
    Device& device_;
    Schedule& schedule_;
    Responder& responder_;
    Ledger& ledger_;
    RunTotals run_;
    Nanoseconds real_offset_ = 0;
    Nanoseconds busy_until_ = 0;
    Bytes buffer_ = Bytes(65536);
};

// Answers that leave late would be read as network delay, so we go before the programs under test; a
// spinning simulator stays an ordinary process, or it would take its core from all others.
void ask_for_priority(bool spin) {
    const sched_param lowest_realtime{1};
    if (spin || sched_setscheduler(0, SCHED_FIFO, &lowest_realtime) != 0) setpriority(PRIO_PROCESS, 0, -20);
    prctl(PR_SET_TIMERSLACK, 1UL);
}

void say_ready(const Options& options) {
    constexpr std::string_view word = "ready\n";
    const int fd = options.ready_fd >= 0 ? options.ready_fd : STDOUT_FILENO;
    if (::write(fd, word.data(), word.size()) < 0)
        throw std::system_error(errno, std::generic_category(), "ready");
    if (options.ready_fd >= 0) ::close(options.ready_fd);
}

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

int simulate(const Options& options) {
    std::vector<Rule> rules = all_rules(options);
    std::unique_ptr<std::FILE, CloseFile> out;
    if (!options.ledger.empty()) {
        out.reset(std::fopen(options.ledger.c_str(), "we"));
        if (!out) {
            std::cerr << "nm-netsim: " << options.ledger << ": " << std::generic_category().message(errno)
                      << '\n';
            return exit_create;
        }
    }
    for (const int number : {SIGINT, SIGTERM}) std::signal(number, request_stop);
    std::signal(SIGHUP, request_reload);

    Device device(options.device);
    Ledger ledger(out && !options.counts);
    Schedule schedule;
    Responder responder(std::move(rules), options.seed, ledger, schedule);
    ask_for_priority(options.spin);
    say_ready(options);
    const RunTotals run = Loop(options, device, schedule, responder, ledger).run();
    if (!out) return 0;
    if (options.counts) {
        responder.write_totals(out.get());
    } else {
        ledger.write_packets(out.get());
    }
    write_summary(out.get(), run);
    if (std::fflush(out.get()) == 0 && std::ferror(out.get()) == 0) return 0;
    std::cerr << "nm-netsim: " << options.ledger << ": write failed\n";
    return 74;
}

}  // namespace
}  // namespace netsim

int main(int argc, char** argv) {
    try {
        return netsim::simulate(netsim::read_options(argc, argv));
    } catch (const netsim::BadRule& why) {
        std::cerr << "nm-netsim: " << why.what() << '\n';
        return netsim::exit_usage;
    } catch (const std::exception& why) {
        std::cerr << "nm-netsim: " << why.what() << '\n';
        return netsim::exit_os;
    }
}
