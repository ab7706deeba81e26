#include <algorithm>

#include "app/signals.hpp"
#include "base/clock.hpp"
#include "input.hpp"
#include "record/plan.hpp"
#include "solve.hpp"
#include "source.hpp"
#include "verbs.hpp"

namespace nmsched {
namespace {

constexpr std::int64_t default_limit_ns = 5 * nm::ns_per_s;

struct Counts {
    std::int64_t skipped = 0;
    std::int64_t forwarded = 0;
};

// Half an input would give a plan that stops running apps, so one bad line means no plan; all of them are
// told.
Problem read_problem(const PlanOptions& options, nm::Context& context, Input& input, Counts& counts) {
    std::uint64_t bad = 0;
    std::vector<std::string> paths = options.inputs;
    if (paths.empty()) paths.emplace_back("-");
    for (const std::string& path : paths) {
        nm::BadInput errors(context, path);
        each_line(context, path, [&](std::string_view line, std::uint64_t number) {
            try {
                switch (input.take(line)) {
                    case Input::Taken::used:
                        break;
                    case Input::Taken::skipped:
                        ++counts.skipped;
                        break;
                    case Input::Taken::foreign:
                        ++counts.forwarded;
                        context.out.forward(line);
                        break;
                }
            } catch (const nm::UserError& error) {
                errors.count(number, error.what());
            }
        });
        bad += errors.total();
    }
    if (bad > 0)
        throw nm::UserError(nm::Exit::bad_data, "no plan: " + std::to_string(bad) + " bad input lines");
    return input.finish();
}

std::string_view code_of(Hopeless why) {
    switch (why) {
        case Hopeless::no:
            return "not_found";
        case Hopeless::no_node_in_lan:
            return "no_node_in_lan";
        case Hopeless::too_large:
            return "too_large";
        case Hopeless::duration_over_period:
            return "duration_over_period";
        case Hopeless::tests_conflict:
            return "tests_conflict";
    }
    return "";
}

std::string_view reason_of(Hopeless why) {
    switch (why) {
        case Hopeless::no:
            return "no node and no offsets beside the accepted apps were found";
        case Hopeless::no_node_in_lan:
            return "no node is on its LAN";
        case Hopeless::too_large:
            return "no node it may use has that much cpu and memory";
        case Hopeless::duration_over_period:
            return "a test lasts longer than its period";
        case Hopeless::tests_conflict:
            return "two of its own tests cannot share a node at these periods";
    }
    return "";
}

class Printer {
  public:
    Printer(const Problem& problem, const Answer& answer, nm::Time ts, nm::Context& context)
        : problem_(problem), plan_(answer.plan), ts_(ts), context_(context) {}

    void print() {
        each_app([&](const App& app, int node) {
            if (node != none) context_.out.write(nm::Placement{ts_, app.id, node_id(node)});
        });
        each_app([&](const App& app, int node) {
            if (node != none) print_slots(app, node);
        });
        each_app([&](const App& app, int node) {
            if (node != none && app.current != none && app.current != node)
                context_.out.write(nm::Migration{ts_, app.id, app.current_id, node_id(node)});
        });
        for (std::size_t a = 0; a < problem_.apps.size(); ++a) {
            if (plan_.node_of[a] != none) continue;
            const Hopeless why = problem_.hopeless[a];
            context_.out.write(
                nm::Reject{ts_, problem_.apps[a].id, std::string(code_of(why)), std::string(reason_of(why))});
        }
    }
    // Does anything start, stop, move or change its time?
    bool changed() const {
        bool differs = false;
        each_app([&](const App& app, int node) {
            differs = differs || node != app.current;
            for (int t = app.first_test; t < app.last_test && node != none; ++t)
                differs = differs || plan_.offset_of[static_cast<std::size_t>(t)] !=
                                         problem_.tests[static_cast<std::size_t>(t)].current_s;
        });
        return differs;
    }

  private:
    template <class Visit>
    void each_app(Visit visit) const {
        for (std::size_t a = 0; a < problem_.apps.size(); ++a) visit(problem_.apps[a], plan_.node_of[a]);
    }
    const std::string& node_id(int node) const { return problem_.nodes[static_cast<std::size_t>(node)].id; }
    void print_slots(const App& app, int node) {
        for (int t = app.first_test; t < app.last_test; ++t) {
            const Test& test = problem_.tests[static_cast<std::size_t>(t)];
            nm::Slot slot;
            slot.ts = ts_;
            slot.app = app.id;
            slot.test = test.id;
            slot.node = node_id(node);
            if (test.server != none) slot.target = problem_.servers[static_cast<std::size_t>(test.server)];
            slot.offset_s = plan_.offset_of[static_cast<std::size_t>(t)];
            slot.period_s = test.period_s;
            slot.duration_s = test.duration_s;
            context_.out.write(slot);
        }
    }

    const Problem& problem_;
    const Plan& plan_;
    nm::Time ts_;
    nm::Context& context_;
};

std::string stopped_by(const Answer& answer, const Limits& limits) {
    if (answer.proven_optimal) return "proof";
    if (nm::stop_requested()) return "signal";
    if (limits.iterations && answer.iterations >= *limits.iterations) return "iterations";
    return "time_limit";
}

}  // namespace

nm::Exit run_plan(const PlanOptions& options, nm::Context& context) {
    Limits limits;
    limits.started_ns = nm::monotonic_ns();
    limits.seed = options.seed;
    limits.iterations = options.iterations;
    limits.signalled = nm::stop_requested;
    if (options.time_limit_ns >= 0)
        limits.time_limit_ns = options.time_limit_ns;
    else if (!options.iterations)
        limits.time_limit_ns = default_limit_ns;

    Input input;
    Counts counts;
    const Problem problem = read_problem(options, context, input, counts);
    const Answer answer = solve(problem, limits);
    // A run that only iterations bound is a function of its input: its time is that of the newest record.
    const nm::Time ts = limits.time_limit_ns ? nm::now() : input.newest();

    Printer printer(problem, answer, ts, context);
    printer.print();
    const Score& score = answer.plan.score;
    const auto apps = static_cast<std::int64_t>(problem.apps.size());
    context.out.write(nm::Bound{ts, answer.accepted_bound, answer.nodes_bound});
    nm::PlanSummary summary;
    summary.ts = ts;
    summary.nodes = static_cast<std::int64_t>(problem.nodes.size());
    summary.apps = apps;
    summary.tests = static_cast<std::int64_t>(problem.tests.size());
    summary.accepted = apps - score.rejected;
    summary.rejected = score.rejected;
    summary.evicted = score.evicted;
    summary.migrations = score.migrations;
    summary.nodes_used = score.nodes_used;
    summary.bound = answer.accepted_bound;
    summary.optimal = answer.proven_optimal;
    summary.changed = printer.changed() || input.stale() > 0;
    summary.stale = input.stale();
    summary.skipped = counts.skipped;
    summary.forwarded = counts.forwarded;
    summary.greedy_accepted = apps - answer.greedy.rejected;
    summary.greedy_nodes_used = answer.greedy.nodes_used;
    summary.iterations = answer.iterations;
    summary.stopped_by = stopped_by(answer, limits);
    if (limits.time_limit_ns)
        summary.elapsed_ms = static_cast<double>(nm::monotonic_ns() - limits.started_ns) / nm::ns_per_ms;
    summary.seed = static_cast<std::int64_t>(options.seed);
    context.out.write(summary);
    if (score.rejected > 0) return nm::Exit::no;
    return summary.changed ? nm::Exit::changed : nm::Exit::ok;
}

}  // namespace nmsched
