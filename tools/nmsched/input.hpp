// Input records into a Problem. What this version cannot honour is refused by name, never ignored.
// Proof: tests/unit/nmsched_input_test.cpp, tests/cli/nmsched.bats.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "json/document.hpp"
#include "problem.hpp"

namespace nmsched {

class Input {
  public:
    enum class Taken {
        used,     // part of the problem
        skipped,  // of an earlier plan, without state: its migrations, rejects, bounds, summaries
        foreign,  // a type that is not ours: to be forwarded
    };

    // One record. Throws UserError(bad_data) with the reason, without the place.
    Taken take(std::string_view line);
    // After the last record: current placements and slots find their apps and nodes.
    Problem finish();

    int stale() const { return stale_; }         // after finish(): placements of apps that are gone
    nm::Time newest() const { return newest_; }  // newest ts of the records used, or unset

  private:
    void take_config(const nm::Document& record);
    void take_node(const nm::Document& record);
    void take_app(const nm::Document& record);
    void take_test(const nm::Document& record, App& app);
    void take_placement(const nm::Document& record);
    void take_slot(const nm::Document& record);
    void attach_current();
    int lan_id(const std::string& name);
    int server_id(const std::string& name);

    struct Said {
        std::string node;
        std::int64_t period_s = 0;
        std::int64_t offset_s = 0;
    };

    Problem problem_;
    std::map<std::string, int> nodes_, apps_, lans_, servers_;
    std::map<std::string, std::string> current_;                 // app to node
    std::map<std::pair<std::string, std::string>, Said> slots_;  // (app, test)
    bool has_config_ = false;
    int stale_ = 0;
    nm::Time newest_;
};

}  // namespace nmsched
