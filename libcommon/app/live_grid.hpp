// Columns of text that fit into a window: those of least use go first. For what is drawn again and again;
// tables that are written once are format/table. Proof: tests/unit/app_live_test.cpp.
#pragma once

#include <string>
#include <vector>

#include "base/terminal_text.hpp"

namespace nm {

struct GridColumn {
    std::string title;
    bool right = true;         // flush right: numbers
    int keep = 0;              // when room is short, the column with the lowest goes first
    std::size_t at_least = 0;  // columns of the terminal, so that nothing jumps from frame to frame
    std::size_t at_most = 1000;
};

struct GridCell {
    std::string text;
    Mood mood = Mood::plain;
};

using GridRow = std::vector<GridCell>;  // a cell for each column

class LiveGrid {
  public:
    LiveGrid(std::vector<GridColumn> columns, bool colour) : columns_(std::move(columns)), colour_(colour) {}

    void add(GridRow row) { rows_.push_back(std::move(row)); }
    // Chooses what of it is shown in so many columns of the terminal; at least `tail` of them are kept for
    // what follows a line.
    void fit(std::size_t width, std::size_t tail = 0);
    // What is left of the width behind a padded line.
    std::size_t room() const { return room_; }

    std::string header(bool padded = false) const;
    // Without trailing blanks, unless they are asked for because something follows.
    std::string line(std::size_t row, bool padded = false) const;

  private:
    static constexpr std::size_t gap = 2;

    std::string joined(const GridRow& cells, bool padded) const;

    std::vector<GridColumn> columns_;
    bool colour_;
    std::vector<GridRow> rows_;
    std::vector<std::size_t> widths_;
    std::vector<bool> shown_;
    std::size_t room_ = 0;
};

// A percentage as short as it can be read: 0, 0.1, 12.5, 100.
std::string short_pct(double pct);

}  // namespace nm
