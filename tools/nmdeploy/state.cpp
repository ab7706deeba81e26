#include "state.hpp"

#include <unistd.h>

#include "podman.hpp"
#include "wanted.hpp"

namespace nmdeploy {
namespace {

nm::DeployState record_of(const Running& running) {
    nm::DeployState record;
    record.app = running.app;
    record.node = running.node;
    record.status = running.status;
    if (running.status == "exited") record.exit_code = running.exit_code;
    record.restarts = running.restarts;
    record.since = nm::Time{running.started_s * nm::ns_per_s};
    record.container = running.name;
    record.container_id = running.id;
    record.image = running.image;
    record.image_id = running.image_id;
    record.hash = running.hash;
    record.ts = nm::now();
    return record;
}

nm::DeployState record_of(const Step& step) {
    nm::DeployState record;
    if (step.found != nullptr) {
        record = record_of(*step.found);
    } else {
        record.app = step.wanted->app;
        record.node = step.wanted->node;
        record.status = "missing";
        record.container = step.wanted->name;
        record.ts = nm::now();
    }
    record.drift = step.drift;
    return record;
}

}  // namespace

nm::Exit run_state(const StateOptions& options, nm::Context& context) {
    const bool compares = !options.plan.empty();
    if (compares && options.catalog.empty())
        throw nm::UserError(nm::Exit::usage, "a plan needs its catalog: -f FILE");
    Catalog catalog;
    Plan plan;
    if (!options.catalog.empty()) catalog = read_catalog(options.catalog);
    if (compares) plan = read_plan_file(options.plan, context);
    if (::geteuid() != 0)
        throw nm::UserError(nm::Exit::no_permission, "podman is run as root in this version: use sudo");
    const Store store(options.engine);
    Podman podman(store);
    if (const nm::Status prepared = podman.prepare(); !prepared)
        throw nm::UserError(prepared.error().exit, prepared.error().message);
    std::vector<Running> found = podman.list().value_or_throw();
    if (const nm::Status known = podman.add_details(found); !known)
        throw nm::UserError(known.error().exit, known.error().message);
    std::vector<nm::DeployState> records;
    if (compares) {
        const Wanted wanted = wanted_containers(plan, catalog, store);
        for (const Step& step : difference(wanted.containers, found)) records.push_back(record_of(step));
    } else {
        for (const Running& running : found) records.push_back(record_of(running));
    }
    nm::DeploySummary summary;
    summary.placements = records.size();
    summary.running = 0;
    if (compares) summary.drifted = 0;
    for (const nm::DeployState& record : records) {
        if (!options.placements)
            context.out.write(record);
        else if (record.drift != nm::Drift::missing)
            context.out.write(nm::Placement{record.ts, record.app, record.node});
        if (record.status == "running") ++*summary.running;
        if (record.drift != nm::Drift::none) ++*summary.drifted;
    }
    summary.ts = nm::now();
    context.out.write(summary);
    return summary.drifted.value_or(0) > 0 ? nm::Exit::no : nm::Exit::ok;
}

}  // namespace nmdeploy
