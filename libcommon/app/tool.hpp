// How a tool says what it is: a tree of verbs, each with its options (CLI11), the records it emits, examples,
// and the function that runs it. run_tool does the rest for all of them: defaults from files and environment,
// parsing, --help, --version, --show-config, output format, signals, exit status; and, from the same tree,
// the generated completions and manual sections (--generate).
//
// options.cpp of a tool is the only file that includes CLI11 through app/cli.hpp.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/console.hpp"
#include "base/result.hpp"
#include "format/output.hpp"

namespace CLI {
class App;
}

namespace nm {

// What a verb's run function gets.
struct Context {
    Output& out;
    Console& console;
    bool strict = false;  // stop at the first malformed input
};

struct Example {
    std::string command;
    std::string what;
};

// An option whose value is a list of these words, for completions.
struct KeyList {
    std::string option;  // its long name
    std::vector<std::string> (*words)();
};

struct Verb {
    std::string name;
    std::string summary;
    CLI::App* cli = nullptr;
    std::vector<const RecordType*> emits;
    std::size_t main_types = 0;  // the first so many are what lists (csv) have; 0: all
    std::vector<Example> examples;
    std::vector<KeyList> key_lists;
    // What it loads or reads at run time and no linker knows of: libraries by name, files by path. A
    // container image of the verb has them too.
    std::vector<std::string> needs;
    bool has_table = false;                  // --format table is the default on a terminal
    std::function<bool()> not_as_table;      // options were given that only JSON can serve: no such default
    bool json_only = false;                  // passes lines on as they came: there is no other format
    bool may_change = false;                 // returns Exit::changed: has --detailed-exitcode
    std::vector<std::string> later_options;  // of the design, not in this version: refused with a plain word
    std::function<Exit(Context&)> run;
};

class Tool {
  public:
    Tool(std::string name, std::string summary);
    ~Tool();

    Verb& add_verb(const std::string& name, const std::string& summary);
    // Verbs of the design that this version does not have: refused with a plain word.
    void add_later(std::vector<std::string> names) { later_ = std::move(names); }

    const std::string& name() const { return name_; }
    const std::string& summary() const { return summary_; }
    CLI::App& cli() { return *cli_; }
    std::deque<Verb>& verbs() { return verbs_; }
    const std::vector<std::string>& later() const { return later_; }
    bool may_end_with(Exit exit) const;

  private:
    std::string name_;
    std::string summary_;
    std::unique_ptr<CLI::App> cli_;
    std::deque<Verb> verbs_;
    std::vector<std::string> later_;
};

// The whole of main(): define fills the tool, run_tool parses, runs and ends with an exit status.
int run_tool(int argc, char** argv, const std::string& name, const std::string& summary,
             void (*define)(Tool& tool));

// Lines of input that are not records: each is counted, the first of each kind is told, and exit() is 65 if
// there was one.
class BadInput {
  public:
    BadInput(Context& context, std::string source) : context_(context), source_(std::move(source)) {}
    // With --strict throws UserError.
    void count(std::uint64_t line_number, const std::string& reason);
    std::uint64_t total() const { return total_; }
    Exit exit_or(Exit otherwise) const { return total_ > 0 ? Exit::bad_data : otherwise; }

  private:
    Context& context_;
    std::string source_;
    std::uint64_t total_ = 0;
    std::vector<std::string> told_;
};

}  // namespace nm
