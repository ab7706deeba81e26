#include "sweep/sweep.hpp"

#include <unistd.h>

#include <limits>

#include "app/signals.hpp"
#include "base/random.hpp"
#include "base/replace_file.hpp"
#include "base/text.hpp"
#include "probe/options.hpp"
#include "probe/session.hpp"
#include "record/error.hpp"
#include "sweep/engine.hpp"
#include "sweep/input.hpp"

namespace nmprobe {
namespace {

using nm::Exit;
using nm::UserError;

constexpr std::int64_t state_every_ns = nm::ns_per_s;
constexpr std::size_t output_waiting_bytes = 16U << 20;

Shard parse_shard(const SweepOptions& options) {
    if (options.shard.empty()) return {};
    const auto parts = nm::split(options.shard, '/');
    const auto number = nm::parse_number<std::uint32_t>(parts.front());
    const auto of = nm::parse_number<std::uint32_t>(parts.back());
    if (parts.size() != 2 || !number || !of || *number == 0 || *number > *of)
        throw UserError(Exit::usage, "--shard: " + nm::in_quotes(options.shard) +
                                         " is not NUMBER/OF: write 1/3, 2/3, 3/3");
    if (!options.seed)
        throw UserError(Exit::usage, "--shard needs --seed: all shards must have the same order");
    return {*number, *of};
}

// One sweep from input to summary.
class Sweep {
  public:
    Sweep(const SweepOptions& options, nm::Context& context)
        : options_(options), context_(context), protocol_(options), bad_(context, "stdin") {}

    Exit run();

  private:
    void drop_unreachable_families();
    void load();
    void save();
    nm::SweepSummary summary() const;

    const SweepOptions& options_;
    nm::Context& context_;
    nm::IcmpProtocol protocol_;
    nm::BadInput bad_;
    LocalLinks links_;
    SweepInput input_;
    Shard shard_;
    std::uint64_t seed_ = 0;
    std::string digest_;
    std::optional<SweepProgress> earlier_;
    SweepEngine* engine_ = nullptr;
    std::int64_t began_ns_ = 0;
    std::int64_t saved_ns_ = 0;
};

// Addresses that no socket can reach are told once for their family.
void Sweep::drop_unreachable_families() {
    for (const nm::Family family : {nm::Family::v4, nm::Family::v6}) {
        const std::string why = protocol_.why_not(family);
        const std::uint64_t dropped = why.empty() ? 0 : drop_family(input_, family);
        if (dropped == 0) continue;
        input_.failed += dropped;
        nm::ErrorRecord error;
        error.ts = nm::now();
        error.stage = "socket";
        error.target =
            std::to_string(dropped) + (family == nm::Family::v4 ? " IPv4" : " IPv6") + " addresses";
        error.reason = why;
        context_.out.write(error);
    }
}

void Sweep::load() {
    seed_ = options_.seed.value_or(0);
    if (!options_.state.empty()) {
        digest_ = digest_of(input_.addresses, shard_);
        earlier_ = load_state(options_.state);
    }
    if (!earlier_) {
        if (!options_.seed) seed_ = nm::random_number<std::uint64_t>();
        return;
    }
    const bool same = earlier_->addresses == digest_ && (!options_.seed || seed_ == earlier_->seed);
    if (!same)
        throw UserError(Exit::usage, options_.state +
                                         ": belongs to a sweep of other addresses, another shard or seed: "
                                         "remove it or name another file");
    seed_ = earlier_->seed;
}

// What the state calls done has reached the reader: records first, then the state.
void Sweep::save() {
    context_.out.flush();
    if (context_.out.closed()) return;
    SweepProgress progress = engine_->progress();
    progress.addresses = digest_;
    progress.seed = seed_;
    progress.counts.ts = nm::now();
    progress.counts.duration_ms += static_cast<double>(nm::monotonic_ns() - began_ns_) / 1e6;
    if (const nm::Status status = nm::replace_file(options_.state, write_state(progress)); !status)
        throw UserError(status.error().exit, status.error().message);
    saved_ns_ = nm::monotonic_ns();
}

nm::SweepSummary Sweep::summary() const {
    nm::SweepSummary summary = engine_->totals();
    summary.ts = nm::now();
    summary.addresses += input_.failed;
    summary.failed += input_.failed;
    summary.left =
        summary.addresses - summary.answered - summary.unreachable - summary.silent - summary.failed;
    summary.excluded = input_.excluded;
    summary.skipped = input_.skipped;
    summary.repeated = input_.repeated;
    summary.rejected_lines = bad_.total();
    summary.seed = std::to_string(seed_);
    summary.duration_ms += static_cast<double>(nm::monotonic_ns() - began_ns_) / 1e6;
    return summary;
}

Exit Sweep::run() {
    nm::drop_capabilities();
    shard_ = parse_shard(options_);
    links_ = LocalLinks::read(options_.interface);
    input_ = collect_sweep(options_, links_, bad_);
    check_size(input_, options_.max_addresses);
    drop_unreachable_families();
    load();
    const SweepOrder order(input_.addresses, seed_, shard_);
    nm::EventLoop loop;
    began_ns_ = nm::monotonic_ns();
    SweepEngine engine(options_, order, links_, loop, protocol_, context_.out);
    engine_ = &engine;
    if (earlier_) engine.resume(*earlier_);
    const bool keeps_state = !options_.state.empty();
    if (keeps_state)
        save();  // a file that cannot be written is told before the first packet
    else
        context_.out.write_in_background(output_waiting_bytes);
    while (!engine.done() && !nm::stop_requested() && !context_.out.closed()) {
        engine.turn(keeps_state ? saved_ns_ + state_every_ns : std::numeric_limits<std::int64_t>::max());
        if (keeps_state && nm::monotonic_ns() >= saved_ns_ + state_every_ns) save();
        if (nm::take_counters_request()) {
            const nm::SweepSummary totals = summary();
            context_.console.error(sentence_of(nm::record_type<nm::SweepSummary>, &totals));
        }
        context_.console.progress(engine.addresses_done(), order.size(), "addresses");
    }
    if (keeps_state && !engine.done()) save();
    const nm::SweepSummary totals = summary();
    context_.out.write(totals);
    context_.out.flush();
    if (keeps_state && engine.done()) ::unlink(options_.state.c_str());
    return bad_.exit_or(totals.answered > 0 ? Exit::ok : Exit::no);
}

}  // namespace

Exit run_sweep(const SweepOptions& options, nm::Context& context) {
    nm::check_timeout(options.timeout_ns);
    return Sweep(options, context).run();
}

}  // namespace nmprobe
