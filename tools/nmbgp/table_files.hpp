// The table files of a run, read one after the other, with the counts and the exit status of them all.
// Proof: tests/cli/nmbgp.bats.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/tool.hpp"
#include "record/route.hpp"
#include "route_table.hpp"
#include "table_reader.hpp"

namespace nmbgp {

class TableFiles {
  public:
    // Called with the file and "byte N: what" for each damage, and with why for a file that cannot be opened.
    using Tell = std::function<void(const std::string& file, const std::string& reason)>;

    TableFiles(const std::vector<std::string>& files, nm::Console& console, Tell tell)
        : files_(files), console_(console), tell_(std::move(tell)) {}

    // Hands a reader of each file to read, in order, until one returns false. A file that cannot be opened is
    // told and the others go on.
    void each(const std::function<bool(TableReader&)>& read);

    // Adds what was read to a summary.
    void fill(nm::RouteSummary& summary) const;
    const TableCounts& counts() const { return counts_; }
    // ok, or why not all of the files could be read.
    nm::Exit exit() const { return exit_; }
    // Whether a file could not be opened, or not be read to its end.
    bool incomplete() const { return incomplete_; }

  private:
    void tell(const std::string& file, const std::string& reason, nm::Exit exit);
    void account(const std::string& file, const TableReader& reader);

    const std::vector<std::string>& files_;
    nm::Console& console_;
    Tell tell_;
    TableCounts counts_;
    std::uint64_t files_read_ = 0;
    nm::Exit exit_ = nm::Exit::ok;
    bool incomplete_ = false;
};

// The table that annotate and lookup search. Damage is told on stderr. Throws when there is no table or not
// all of it: an answer from half a table would be wrong.
RouteTable load_table(TableFiles& files);

}  // namespace nmbgp
