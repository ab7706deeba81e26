#include "probe/live_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace nm {
namespace {

// A sparkline and a note need this much to be of use.
constexpr std::size_t tail_columns = 14;
constexpr std::size_t narrow = 50;  // a window of fewer columns has room for numbers only
// A scale that shows noise as mountains says nothing: it spans at least this share of the shortest time.
constexpr double least_span = 0.25;

constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> ascii_levels{"_", ".", "-", "~", "=", "+", "*", "#"};
constexpr std::string_view lost_mark = "!";
constexpr std::string_view error_mark = "x";

std::vector<GridColumn> columns(bool labels) {
    std::vector<GridColumn> all{{"TARGET", false, 100, 9, 40}, {"STATE", false, 95, 8}};
    if (labels) all.push_back({"LABELS", false, 35, 0, 30});
    all.push_back({"LOSS%", true, 90, 5});
    all.push_back({"SENT", true, 65, 5});
    for (const auto& [title, keep] : {std::pair("LAST ms", 80), std::pair("AVG", 75), std::pair("BEST", 60),
                                      std::pair("WORST", 70), std::pair("P95", 55), std::pair("JITTER", 50)})
        all.push_back({title, true, keep, 6});
    return all;
}

int badness(Mood mood) {
    return mood == Mood::bad ? 2 : mood == Mood::doubtful ? 1 : 0;
}

}  // namespace

std::size_t LiveTable::add(std::uint64_t place, std::string name, std::string labels) {
    Row& row = rows_.emplace_back();
    row.place = place;
    row.name = printable(name);
    row.labels = printable(labels);
    return rows_.size() - 1;
}

void LiveTable::add_round(std::size_t number, const LiveRound& round) {
    Row& row = rows_[number];
    row.state = round.state;
    row.note = printable(round.note);
    row.sent += round.sent;
    row.received += round.received;
    row.lossy = round.received < round.sent;
    double sum_ns = 0;
    for (const std::int64_t rtt_ns : round.rtts_ns) {
        row.rtt.add(rtt_ns);
        sum_ns += static_cast<double>(rtt_ns);
    }
    const auto n = static_cast<double>(round.rtts_ns.size());
    const Seen seen = round.received > 0   ? (row.lossy ? Seen::some_lost : Seen::answers)
                      : round.note.empty() ? Seen::silence
                                           : Seen::error;
    if (row.rounds.size() == rounds_kept) row.rounds.erase(row.rounds.begin());
    row.rounds.push_back({n > 0 ? static_cast<float>(sum_ns / n) : -1.0F, seen});
}

void LiveTable::fail(std::size_t number, std::string_view state, std::string_view why) {
    rows_[number].state = state;
    rows_[number].note = printable(why);
}

void LiveTable::clear() {
    rows_.clear();
}

Mood LiveTable::mood_of(const Row& row) {
    const Mood mood = mood_of_state(row.state);
    return mood == Mood::good && row.lossy ? Mood::doubtful : mood;
}

double LiveTable::loss_pct(const Row& row) {
    return row.sent == 0
               ? 0
               : 100.0 * static_cast<double>(row.sent - row.received) / static_cast<double>(row.sent);
}

bool LiveTable::is_worse(const Row& a, const Row& b) {
    const int bad_a = badness(mood_of(a)), bad_b = badness(mood_of(b));
    if (bad_a != bad_b) return bad_a > bad_b;
    const double loss_a = loss_pct(a), loss_b = loss_pct(b);
    if (loss_a != loss_b) return loss_a > loss_b;
    if (a.rtt.mean_ns() != b.rtt.mean_ns()) return a.rtt.mean_ns() > b.rtt.mean_ns();
    return a.place < b.place;
}

// As many as there is room for: all as given, or the worst.
std::vector<const LiveTable::Row*> LiveTable::shown(std::size_t most) const {
    std::vector<const Row*> rows;
    for (const Row& row : rows_) rows.push_back(&row);
    if (rows.size() > most || style_.worst_first) {
        const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(most, rows.size()));
        std::partial_sort(rows.begin(), end, rows.end(),
                          [](const Row* a, const Row* b) { return is_worse(*a, *b); });
    } else {
        std::stable_sort(rows.begin(), rows.end(),
                         [](const Row* a, const Row* b) { return a->place < b->place; });
    }
    return rows;
}

// "3 targets: 1 lost, 2 up", the bad ones first; only the head where there is no room.
std::string LiveTable::with_counts(const std::string& head, const std::map<std::string, std::size_t>& counts,
                                   std::size_t columns) const {
    std::vector<std::pair<std::string, Mood>> parts;
    for (const auto& [state, n] : counts)
        parts.emplace_back(std::to_string(n) + " " + state, mood_of_state(state));
    std::stable_sort(parts.begin(), parts.end(),
                     [](const auto& a, const auto& b) { return badness(a.second) > badness(b.second); });
    std::string text = head, separator = ": ";
    std::size_t width = width_of(head);  // escapes take no columns
    for (const auto& [part, mood] : parts) {
        text += separator + painted(part, mood, style_.colour);
        width += 2 + width_of(part);
        separator = ", ";
    }
    return width <= columns ? text : clipped(head, columns);
}

GridRow LiveTable::cells_of(const Row& row, bool labels) {
    const double loss = loss_pct(row);
    GridRow cells{{row.name}, {row.state, mood_of(row)}};
    if (labels) cells.push_back({row.labels});
    cells.push_back({row.sent > 0 ? short_pct(loss) : "-", mood_of_loss(loss)});
    cells.push_back({std::to_string(row.sent)});
    const RunningRtt& rtt = row.rtt;
    for (const double ns :
         {rtt.last_ns(), rtt.mean_ns(), rtt.best_ns(), rtt.worst_ns(), rtt.percentile_ns(0.95)})
        cells.push_back({rtt.count() > 0 ? short_ms(ns) : "-"});
    cells.push_back({rtt.count() > 1 ? short_ms(rtt.jitter_ns()) : "-"});
    return cells;
}

std::string LiveTable::sparkline(const Row& row, std::size_t columns) const {
    const std::size_t n = std::min(columns, row.rounds.size());
    const auto first = row.rounds.end() - static_cast<std::ptrdiff_t>(n);
    double low = 0, high = 0;
    for (auto round = first; round != row.rounds.end(); ++round) {
        if (round->rtt_ns < 0) continue;
        low =
            low == 0 ? static_cast<double>(round->rtt_ns) : std::min(low, static_cast<double>(round->rtt_ns));
        high = std::max(high, static_cast<double>(round->rtt_ns));
    }
    const double span = std::max(high - low, low * least_span);
    const auto& levels = style_.unicode ? blocks : ascii_levels;
    std::string out;
    for (auto round = first; round != row.rounds.end(); ++round) {
        if (round->seen == Seen::silence) {
            out += painted(lost_mark, Mood::bad, style_.colour);
        } else if (round->seen == Seen::error || round->rtt_ns < 0) {
            out += painted(error_mark, Mood::bad, style_.colour);
        } else {
            const double share = span > 0 ? (static_cast<double>(round->rtt_ns) - low) / span : 0;
            const auto level = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 7));
            const Mood mood = round->seen == Seen::some_lost ? Mood::doubtful : Mood::good;
            out += painted(levels[level], mood, style_.colour);
        }
    }
    return out;
}

// The last rounds, and why it is not good.
std::string LiveTable::tail_of(const Row& row, std::size_t columns) const {
    if (row.note.empty()) return sparkline(row, columns);
    const std::size_t rounds = std::min(row.rounds.size(), columns / 3);
    const std::size_t gap = rounds == 0 ? 0 : 1;
    const std::string note = clipped(row.note, columns - rounds - gap);
    return sparkline(row, rounds) + std::string(gap, ' ') + painted(note, Mood::doubtful, style_.colour);
}

std::vector<std::string> LiveTable::render(const std::string& title, const WindowSize& room) const {
    std::map<std::string, std::size_t> counts, rest;
    for (const Row& row : rows_) ++counts[row.state];
    const std::string head =
        title + ", " + std::to_string(rows_.size()) + (rows_.size() == 1 ? " target" : " targets");
    std::vector<std::string> lines{with_counts(head, counts, room.columns)};
    if (room.lines < 4 || rows_.empty()) return lines;
    const bool all_fit = rows_.size() + 2 <= room.lines;
    const std::size_t most = all_fit ? rows_.size() : room.lines - 3;
    const std::vector<const Row*> rows = shown(most);
    const bool labels =
        std::any_of(rows_.begin(), rows_.end(), [](const Row& row) { return !row.labels.empty(); });
    LiveGrid grid(columns(labels), style_.colour);
    for (std::size_t i = 0; i < most; ++i) grid.add(cells_of(*rows[i], labels));
    const std::size_t tail = room.columns < narrow ? 0 : tail_columns;
    grid.fit(room.columns, tail);
    lines.push_back(tail == 0 ? grid.header()
                              : grid.header(true) + painted("ROUNDS", Mood::heading, style_.colour));
    for (std::size_t i = 0; i < most; ++i) {
        const std::string last = tail == 0 ? "" : tail_of(*rows[i], grid.room());
        lines.push_back(grid.line(i, !last.empty()) + last);
    }
    if (all_fit) return lines;
    for (std::size_t i = most; i < rows.size(); ++i) ++rest[rows[i]->state];
    lines.push_back(with_counts("and " + std::to_string(rows.size() - most) + " more", rest, room.columns));
    return lines;
}

}  // namespace nm
