#include "app/live_grid.hpp"

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace nm {

void LiveGrid::fit(std::size_t width, std::size_t tail) {
    widths_.clear();
    shown_.assign(columns_.size(), true);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = std::max(columns_[i].at_least, width_of(columns_[i].title));
        for (const GridRow& row : rows_) widest = std::max(widest, width_of(row[i].text));
        widths_.push_back(std::min(widest, columns_[i].at_most));
    }
    const auto taken = [this] {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < widths_.size(); ++i) sum += shown_[i] ? widths_[i] + gap : 0;
        return sum;  // with a gap behind the last
    };
    std::vector<std::size_t> order(columns_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(),
                     [this](std::size_t a, std::size_t b) { return columns_[a].keep < columns_[b].keep; });
    const std::size_t most = tail > 0 ? width - std::min(tail, width) : width + gap;
    for (std::size_t i = 0; i + 1 < order.size() && taken() > most; ++i) shown_[order[i]] = false;
    if (taken() > width + gap) widths_[order.back()] = width;  // one column is left
    room_ = taken() < width ? width - taken() : 0;
}

std::string LiveGrid::header(bool padded) const {
    GridRow titles;
    for (const GridColumn& column : columns_) titles.push_back({column.title, Mood::heading});
    return joined(titles, padded);
}

std::string LiveGrid::line(std::size_t row, bool padded) const {
    return joined(rows_[row], padded);
}

std::string LiveGrid::joined(const GridRow& cells, bool padded) const {
    std::string out;
    std::size_t blanks = 0;  // due before the next text
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (!shown_[i]) continue;
        const std::string text = clipped(cells[i].text, widths_[i]);
        const std::size_t fill = widths_[i] - width_of(text);
        const std::size_t before = columns_[i].right ? fill : 0;
        if (!text.empty()) {
            out += std::string(blanks + before, ' ') + painted(text, cells[i].mood, colour_);
            blanks = fill - before + gap;
        } else {
            blanks += widths_[i] + gap;
        }
    }
    if (padded) out += std::string(blanks, ' ');
    return out;
}

std::string short_pct(double pct) {
    char text[16];
    const bool whole = pct == static_cast<double>(static_cast<long>(pct));
    // What is not quite all, or not quite nothing, does not look so.
    const double shown = whole ? pct : std::clamp(pct, 0.1, 99.9);
    std::snprintf(text, sizeof text, whole ? "%.0f" : "%.1f", shown);
    return text;
}

}  // namespace nm
