#include "probe/live_view.hpp"

#include <algorithm>
#include <limits>

#include "base/text.hpp"

namespace nm {
namespace {

std::string labels_text(const Labels& labels) {
    std::string text;
    for (const auto& [key, value] : labels.items) text += (text.empty() ? "" : " ") + value;
    return text;
}

}  // namespace

std::string target_text(const TargetList::View& spec) {
    std::string name(spec.host);
    if (spec.port == 0) return name;
    const bool brackets = name.find(':') != std::string::npos;
    return (brackets ? "[" + name + "]" : name) + ":" + std::to_string(spec.port);
}

bool RedrawClock::take(std::int64_t now_ns) {
    if (!dirty_ || now_ns < next_ns()) return false;
    dirty_ = complete_ = false;
    drawn_ns_ = now_ns;
    return true;
}

std::int64_t RedrawClock::next_ns() const {
    if (!dirty_) return std::numeric_limits<std::int64_t>::max();
    // Rounds that follow one another within milliseconds are no reason to draw each.
    return drawn_ns_ + (complete_ ? between_ns / 4 : between_ns);
}

std::string rhythm_text(const ProbeOptions& options, std::uint64_t rounds) {
    return "round " + std::to_string(rounds) +
           (options.rounds > 0 ? " of " + std::to_string(options.rounds) : "") + ", every " +
           duration_text(options.every_ns);
}

std::unique_ptr<PingView> PingView::open(const ProbeOptions& options, Context& context) {
    if (options.every_ns == 0 || options.each || !LiveScreen::possible(context.out)) return nullptr;
    return std::make_unique<PingView>(options, context);
}

PingView::PingView(const ProbeOptions& options, Context& context)
    : options_(options),
      screen_(context.out, context.console),
      table_({context.out.colour(), Console::speaks_utf8(), options.worst_first}) {}

void PingView::target(std::uint32_t id, std::uint32_t place, const TargetList::View& spec,
                      const IpAddress& address) {
    std::string name = target_text(spec);
    if (options_.addresses == AddressChoice::all && to_string(address) != spec.host)
        name += " " + to_string(address);
    row_of_.resize(std::max<std::size_t>(row_of_.size(), id + 1));
    row_of_[id] = table_.add(place, name, labels_text(spec.group.labels));
    clock_.changed(false);
}

void PingView::failed(std::uint32_t place, const TargetList::View& spec, std::string_view stage,
                      const std::string& reason) {
    const std::size_t row = table_.add(place, target_text(spec), labels_text(spec.group.labels));
    table_.fail(row, stage == "resolve" ? "unresolved" : "error", reason);
    clock_.changed(false);
}

void PingView::clear() {
    table_.clear();
    row_of_.clear();
}

void PingView::round(const TargetReport& of, std::string_view state) {
    const Tally& tally = of.tally;
    table_.add_round(row_of_[of.id], {state, tally.fates(), tally.received, tally.rtts_ns, tally.error});
    round_ = std::max(round_, tally.round + 1);
    clock_.changed(false);
}

void PingView::turn(std::int64_t now_ns) {
    const bool disturbed = screen_.disturbed();
    if (clock_.take(now_ns) || disturbed) draw();
}

void PingView::draw() {
    screen_.draw(table_.render(rhythm_text(options_, round_), screen_.room()));
}

}  // namespace nm
