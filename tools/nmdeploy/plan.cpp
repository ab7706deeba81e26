#include "plan.hpp"

#include <fcntl.h>

#include <cerrno>
#include <set>

#include "base/text.hpp"
#include "base/unique_fd.hpp"
#include "json/line_reader.hpp"
#include "json/record_parser.hpp"
#include "names.hpp"

namespace nmdeploy {
namespace {

class PlanReader {
  public:
    PlanReader(const std::string& source, const nm::LineReader& lines) : source_(source), lines_(lines) {}

    [[noreturn]] void fail(const std::string& why) const {
        throw nm::UserError(nm::Exit::bad_data, source_ + ":" + std::to_string(lines_.line_number()) + ": " +
                                                    why + "; nothing is changed");
    }

    void take(std::string_view line) {
        if (nm::trim(line).empty()) return;
        if (!parser_.open(line)) fail(parser_.error());
        const std::string_view type = parser_.type();
        if (complete_ && (type == "placement" || type == "slot" || type == "plan.summary"))
            fail("a " + std::string(type) + " after the plan.summary: two plans in one stream");
        if (type == "placement")
            take_placement();
        else if (type == "slot")
            take_slot();
        else if (type == "plan.summary")
            take_summary();
    }

    Plan finish() {
        if (!complete_) fail("no plan.summary: the plan is cut or empty");
        return std::move(plan_);
    }

  private:
    template <class T>
    T read() {
        T record;
        if (!parser_.read(record)) fail(parser_.error());
        for (const std::string& id : {record.app, record.node}) {
            if (!is_name(id)) fail(nm::in_quotes(id) + " " + name_rule);
        }
        return record;
    }

    void take_placement() {
        auto placement = read<nm::Placement>();
        if (!seen_.insert(placement.app + "@" + placement.node).second)
            fail("app " + placement.app + " on node " + placement.node + " twice");
        apps_.insert(placement.app);
        plan_.placements.push_back(std::move(placement));
    }

    void take_slot() {
        auto slot = read<nm::Slot>();
        if (slot.period_s <= 0 || slot.offset_s < 0 || slot.offset_s >= slot.period_s)
            fail("a slot of app " + slot.app + " needs 0 <= offset_s < period_s");
        plan_.slots[slot.app].push_back(std::move(slot));
    }

    // A line lost inside the stream would undeploy an app: the numbers must agree.
    void take_summary() {
        nm::PlanSummary summary;
        if (!parser_.read(summary)) fail(parser_.error());
        if (summary.accepted != static_cast<std::int64_t>(apps_.size()))
            fail("the plan.summary tells of " + std::to_string(summary.accepted) + " apps, but " +
                 std::to_string(apps_.size()) + " have a placement");
        complete_ = true;
    }

    const std::string& source_;
    const nm::LineReader& lines_;
    nm::RecordParser parser_;
    Plan plan_;
    std::set<std::string> seen_;
    std::set<std::string> apps_;
    bool complete_ = false;
};

}  // namespace

Plan read_plan(int fd, const std::string& source, const std::function<void()>& before_block) {
    nm::LineReader lines(fd, before_block);
    PlanReader reader(source, lines);
    using Next = nm::LineReader::Next;
    std::string_view line;
    for (;;) {
        switch (lines.next(line)) {
            case Next::line:
                reader.take(line);
                break;
            case Next::too_long:
                reader.fail("a line over 1 MiB");
            case Next::end:
                return reader.finish();
            case Next::stopped:
                reader.fail("stopped by a signal before the plan was complete");
            case Next::failed:
                throw nm::UserError(nm::Exit::io_error, nm::os_error(source, lines.errno_value()).message);
        }
    }
}

Plan read_plan_file(const std::string& path, nm::Context& context) {
    const auto before_block = [&] { context.out.flush(); };
    if (path.empty() || path == "-") {
        if (nm::Console::stdin_is_terminal())
            throw nm::UserError(nm::Exit::usage,
                                "a plan is needed: a file, or nmsched plan | nmdeploy apply");
        return read_plan(STDIN_FILENO, "stdin", before_block);
    }
    const nm::UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) throw nm::UserError(nm::Exit::no_input, nm::os_error(path, errno).message);
    return read_plan(fd.get(), path, before_block);
}

void check_against(const Plan& plan, const Catalog& catalog) {
    for (const nm::Placement& placement : plan.placements) {
        if (catalog.apps.count(placement.app) == 0)
            throw nm::UserError(nm::Exit::bad_data,
                                "app " + placement.app + " of the plan is not in the catalog");
        if (catalog.nodes.count(placement.node) == 0)
            throw nm::UserError(nm::Exit::bad_data,
                                "node " + placement.node + " of the plan is not in the catalog");
    }
}

}  // namespace nmdeploy
