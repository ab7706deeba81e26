#include "apply.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "app/signals.hpp"
#include "podman.hpp"
#include "record/error.hpp"
#include "wanted.hpp"

namespace nmdeploy {
namespace {

using nm::DeployAction;
using nm::DeployResult;

void sleep_ns(std::int64_t ns) {
    timespec left{static_cast<time_t>(ns / nm::ns_per_s), static_cast<long>(ns % nm::ns_per_s)};
    while (!nm::stop_requested() && ::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

class Apply {
  public:
    Apply(const ApplyOptions& options, nm::Context& context, const Store& store)
        : options_(options), context_(context), podman_(store) {}

    nm::Exit run(const Plan& plan, const Catalog& catalog, const Store& store) {
        wanted_ = wanted_containers(plan, catalog, store);
        tell_unused_slots();
        if (const nm::Status prepared = podman_.prepare(); !prepared)
            throw nm::UserError(prepared.error().exit, prepared.error().message);
        found_ = podman_.list().value_or_throw();
        steps_ = difference(wanted_.containers, found_);
        if (!options_.allow_remove && removes_too_much(steps_, found_.size()))
            throw nm::UserError(nm::Exit::no,
                                "the plan removes " + std::to_string(vanishing(steps_)) + " of " +
                                    std::to_string(found_.size()) +
                                    " containers: nothing is changed; --allow-remove if that is meant");
        for (const Step& step : steps_) records_.push_back(record_of(step));
        if (!options_.dry_run) {
            make_images();
            for (std::size_t i = 0; i < steps_.size(); ++i) take(steps_[i], records_[i]);
            settle();
            tidy();
        }
        return report();
    }

  private:
    void tell_unused_slots() {
        if (wanted_.slots_unused > 0)
            context_.console.warn(std::to_string(wanted_.slots_unused) +
                                  " slots are not kept: the commands of their apps have no {offset}");
    }

    nm::DeployStep record_of(const Step& step) const {
        nm::DeployStep record;
        record.app = step.wanted != nullptr ? step.wanted->app : step.found->app;
        record.node = step.wanted != nullptr ? step.wanted->node : step.found->node;
        record.action = step.action;
        record.result = step.action == DeployAction::keep ? DeployResult::done : DeployResult::planned;
        record.drift = step.drift;
        record.reason = step.reason;
        record.container = step.wanted != nullptr ? step.wanted->name : step.found->name;
        record.image = step.wanted != nullptr ? step.wanted->image : step.found->image;
        record.hash = step.wanted != nullptr ? step.wanted->hash : step.found->hash;
        record.ts = nm::now();
        return record;
    }

    static bool starts(const Step& step) {
        return step.action == DeployAction::create || step.action == DeployAction::replace;
    }

    // All images are there before the first container goes.
    void make_images() {
        std::set<std::string> needed;
        for (const Step& step : steps_) {
            if (starts(step)) needed.insert(step.wanted->image);
        }
        for (const std::string& tag : needed) {
            if (podman_.has_image(tag).value_or_throw()) continue;
            if (const nm::Status made = podman_.import_image(wanted_.images.at(tag)); !made)
                throw nm::UserError(nm::Exit::unavailable, tag + ": " + made.error().message);
            ++images_made_;
        }
    }

    void take(const Step& step, nm::DeployStep& record) {
        if (step.action == DeployAction::keep) return;
        if (nm::stop_requested()) {
            record.result = DeployResult::not_done;
            return;
        }
        context_.console.progress(++done_, steps_.size(), "containers");
        const std::int64_t began = nm::monotonic_ns();
        nm::Status status = nm::Done{};
        if (step.action != DeployAction::create) status = podman_.remove(step.found->name);
        if (status && starts(step)) status = podman_.start(*step.wanted);
        record.ts = nm::now();
        record.duration_ms = static_cast<double>(nm::monotonic_ns() - began) / 1e6;
        record.result = status ? DeployResult::done : DeployResult::failed;
        if (!status) record.reason = status.error().message;
    }

    // A command that ends at once was not deployed, whatever the engine says of its start.
    void settle() {
        const auto started = [&](std::size_t i) {
            return starts(steps_[i]) && records_[i].result == DeployResult::done;
        };
        std::set<std::string> names;
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (started(i)) names.insert(steps_[i].wanted->name);
        }
        if (names.empty()) return;
        sleep_ns(options_.settle_ns);
        auto now = podman_.list();
        if (!now) return context_.console.warn(now.error().message);
        std::erase_if(*now, [&](const Running& one) { return names.count(one.name) == 0; });
        if (const nm::Status known = podman_.add_details(*now); !known)
            context_.console.warn(known.error().message);
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (!started(i)) continue;
            const auto at = std::find_if(now->begin(), now->end(), [&](const Running& one) {
                return one.name == steps_[i].wanted->name;
            });
            if (at != now->end() && at->is_running() && at->restarts.value_or(0) == 0) continue;
            fail(records_[i], at == now->end() ? nullptr : &*at);
        }
    }

    void fail(nm::DeployStep& record, const Running* found) {
        record.result = DeployResult::failed;
        record.reason = found == nullptr ? "is gone again" : "ended at once";
        if (found != nullptr && !found->is_running())
            record.reason += " with " + std::to_string(found->exit_code);
        if (const std::string words = podman_.last_log_line(record.container); !words.empty())
            record.reason += ": " + words;
        if (const nm::Status removed = podman_.remove(record.container); !removed)
            record.reason += "; and what is left of it could not be removed: " + removed.error().message;
    }

    void tidy() {
        if (podman_.writes() == 0) return;
        std::vector<std::string> kept;
        for (const auto& [tag, image] : wanted_.images) kept.push_back(tag);
        podman_.remove_unused_images(kept);
        const auto left = podman_.list();
        if (left && left->empty()) podman_.remove_control_group();
    }

    std::uint64_t count(DeployAction action) const {
        return static_cast<std::uint64_t>(
            std::count_if(records_.begin(), records_.end(), [&](const nm::DeployStep& record) {
                return record.action == action &&
                       (record.result == DeployResult::done || record.result == DeployResult::planned);
            }));
    }
    std::uint64_t count(DeployResult result) const {
        return static_cast<std::uint64_t>(std::count_if(
            records_.begin(), records_.end(), [&](const auto& record) { return record.result == result; }));
    }

    nm::Exit report() {
        context_.console.end_progress();
        for (const nm::DeployStep& record : records_) context_.out.write(record);
        nm::DeploySummary summary;
        summary.placements = wanted_.containers.size();
        summary.created = count(DeployAction::create);
        summary.replaced = count(DeployAction::replace);
        summary.kept = count(DeployAction::keep);
        summary.removed = count(DeployAction::remove);
        summary.failed = count(DeployResult::failed);
        summary.not_done = count(DeployResult::not_done);
        summary.images_made = images_made_;
        summary.engine_writes = podman_.writes();
        summary.slots = wanted_.slots;
        summary.slots_unused = wanted_.slots_unused;
        summary.dry_run = options_.dry_run;
        summary.changed = *summary.created + *summary.replaced + *summary.removed > 0 || podman_.writes() > 0;
        summary.ts = nm::now();
        context_.out.write(summary);
        if (*summary.failed > 0 || *summary.not_done > 0) return nm::Exit::no;
        return *summary.changed ? nm::Exit::changed : nm::Exit::ok;
    }

    const ApplyOptions& options_;
    nm::Context& context_;
    Podman podman_;
    Wanted wanted_;
    std::vector<Running> found_;
    std::vector<Step> steps_;
    std::vector<nm::DeployStep> records_;  // one for each step
    std::uint64_t images_made_ = 0;
    std::uint64_t done_ = 0;
};

}  // namespace

nm::Exit run_apply(const ApplyOptions& options, nm::Context& context) {
    const Catalog catalog = read_catalog(options.catalog);
    const Plan plan = read_plan_file(options.plan, context);
    check_against(plan, catalog);
    if (::geteuid() != 0)
        throw nm::UserError(nm::Exit::no_permission, "podman is run as root in this version: use sudo");
    Store store(options.engine);
    store.lock();
    return Apply(options, context, store).run(plan, catalog, store);
}

}  // namespace nmdeploy
