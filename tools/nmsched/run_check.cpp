#include "base/clock.hpp"
#include "check_read.hpp"
#include "record/plan.hpp"
#include "source.hpp"
#include "verbs.hpp"

namespace nmsched {
namespace {

// Reads a file record by record; returns how many were of other types.
template <class Take>
std::int64_t read_all(nm::Context& context, const std::string& path, Take take) {
    nm::BadInput errors(context, path);
    std::int64_t others = 0;
    each_line(context, path, [&](std::string_view line, std::uint64_t number) {
        try {
            if (!take(line)) ++others;
        } catch (const nm::UserError& error) {
            errors.count(number, error.what());
        }
    });
    if (errors.total() > 0)
        throw nm::UserError(nm::Exit::bad_data,
                            "no verdict: " + std::to_string(errors.total()) + " bad lines in " + path);
    return others;
}

std::int64_t count(const auto& list) {
    return static_cast<std::int64_t>(list.size());
}

}  // namespace

nm::Exit run_check(const CheckOptions& options, nm::Context& context) {
    if (options.plan == "-" && options.input == "-")
        throw nm::UserError(nm::Exit::usage, "only one of PLAN and INPUT can be stdin");
    check::Given given;
    check::Said said;
    std::int64_t ignored = read_all(context, options.input,
                                    [&](std::string_view line) { return check::read_given(line, given); });
    ignored +=
        read_all(context, options.plan, [&](std::string_view line) { return check::read_said(line, said); });

    const auto findings = check::check(given, said);
    const nm::Time ts = nm::now();
    for (const check::Finding& finding : findings)
        context.out.write(
            nm::PlanViolation{ts, finding.code, finding.app, finding.node, finding.target, finding.reason});
    context.out.write(nm::PlanCheck{ts, findings.empty(), count(findings), count(given.nodes),
                                    count(given.apps), count(said.placements), count(said.slots),
                                    count(said.rejects), count(said.migrations), ignored});
    return findings.empty() ? nm::Exit::ok : nm::Exit::no;
}

}  // namespace nmsched
