#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <iostream>

#include "app/cli.hpp"
#include "app/defaults.hpp"
#include "app/generate.hpp"
#include "app/help.hpp"
#include "app/signals.hpp"
#include "app/tool.hpp"
#include "app/usage_message.hpp"
#include "base/same_file.hpp"

namespace nm {
namespace {

// The options that every verb has.
struct CommonOptions {
    std::string format;
    std::string fields;
    std::string output;
    std::string lock;
    bool append = false;
    ColourChoice colour = ColourChoice::automatic;
    bool quiet = false;
    bool verbose = false;
    bool strict = false;
    bool detailed_exitcode = false;
};

class ConfigAsked : public CLI::Success {
  public:
    ConfigAsked() : CLI::Success("ConfigAsked", "--show-config", CLI::ExitCodes::Success) {}
};

constexpr std::array<std::string_view, 3> colour_words{"auto", "always", "never"};

using Generator = std::string (*)(Tool&);
constexpr std::array<std::pair<std::string_view, Generator>, 6> generators{{
    {"bash", bash_completion},
    {"zsh", zsh_completion},
    {"fish", fish_completion},
    {"mdoc", mdoc_sections},
    {"schema", schemas},
    {"verbs", verb_tree},
}};

bool offers(const Verb& verb, std::string_view format) {
    return format == "json" || (!verb.json_only && (format != "table" || verb.has_table));
}

void add_common_options(Verb& verb, CommonOptions& common) {
    CLI::App& cli = *verb.cli;
    cli.set_help_flag("-h,--help", "print this help and exit")->group("Common");
    std::string choices = "json";
    for (const std::string_view name : format_names) {
        if (name != "json" && offers(verb, name)) choices += "|" + std::string(name);
    }
    cli.add_option("--format", common.format,
                   std::string("output format; the default is ") +
                       (verb.has_table ? "table on a terminal and json otherwise" : "json"))
        ->type_name(choices)
        ->check([choices, &verb](const std::string& text) {
            const bool known = format_of(text) && offers(verb, text);
            return known ? std::string() : in_quotes(text) + " is not one of " + choices;
        })
        ->group("Common");
    cli.add_option("--fields", common.fields, "keys to print, separated by commas; the default is all")
        ->type_name("KEYS")
        ->group("Common");
    cli.add_option("-o,--output", common.output, "write to this file instead of stdout")
        ->type_name("FILE")
        ->group("Common");
    cli.add_flag("--append", common.append, "add to the --output file, which is replaced otherwise")
        ->group("Common");
    cli.add_option("--lock", common.lock, "hold this lock file; exit 75 if another run holds it")
        ->type_name("FILE")
        ->group("Common");
    add_word(cli, "--color", common.colour, colour_words, "colour in tables")->group("Common");
    cli.add_flag("-q,--quiet", common.quiet, "only errors on stderr")->group("Common");
    cli.add_flag("-v,--verbose", common.verbose, "details on stderr, and the counters of the whole run")
        ->group("Common");
    cli.add_flag("--strict", common.strict, "stop at the first malformed input")->group("Common");
    if (verb.may_change) {
        cli.add_flag("--detailed-exitcode", common.detailed_exitcode,
                     "exit 2 when something changed or would change")
            ->group("Common");
    }
    // Thrown before the parser looks for options that are needed.
    cli.add_flag_callback(
           "--show-config", [] { throw ConfigAsked(); },
           "print each option's value and where it comes from, and exit")
        ->group("Common");
}

int show_config(const Verb& verb, const Origins& origins) {
    for (const CLI::Option* option : verb.cli->get_options()) {
        if (option->get_lnames().empty()) continue;
        const std::string& name = option->get_lnames().front();
        if (name == "help" || name == "show-config") continue;
        const bool given = option->count() > 0;
        std::string value = option->get_default_str();
        if (given)
            value = CLI::detail::join(option->results(), ",");
        else if (value.empty() && option->get_expected_max() == 0)
            value = "false";
        const auto origin = origins.find(option);
        std::cout << verb.name << '.' << name << " = " << value << "  # "
                  << (given                     ? "command line"
                      : origin == origins.end() ? "built-in"
                                                : origin->second)
                  << '\n';
    }
    std::cout << std::flush;
    return std::cout ? 0 : static_cast<int>(Exit::io_error);
}

Verb* parsed_verb(Tool& tool) {
    const auto parsed = std::find_if(tool.verbs().begin(), tool.verbs().end(),
                                     [](const Verb& verb) { return verb.cli->parsed(); });
    return parsed == tool.verbs().end() ? nullptr : &*parsed;
}

FieldChoice field_choice(const Verb& verb, const std::string& keys) {
    FieldChoice choice;
    for (const std::string_view word : split(keys, ',')) {
        const std::string_view key = trim(word);
        if (!key.empty() && (choice.empty() || !is_chosen(choice, key))) choice.emplace_back(key);
    }
    for (const std::string& key : choice) {
        const auto has = [&](const RecordType* type) {
            if (type->is_error() || type->is_summary()) return false;  // always whole
            return std::any_of(type->fields.begin(), type->fields.end(), [&](const FieldAccess& field) {
                return field.info.key == key || field.info.kind == ValueKind::labels;
            });
        };
        if (!verb.emits.empty() && std::none_of(verb.emits.begin(), verb.emits.end(), has))
            throw UserError(Exit::usage,
                            "--fields: " + in_quotes(key) + " is not a key of this verb's records");
    }
    return choice;
}

OutputOptions output_options(const Verb& verb, const CommonOptions& common, Console& console) {
    OutputOptions options;
    if (common.output != "-") options.path = common.output;
    options.append = common.append;
    const bool on_terminal = options.path.empty() && Console::stdout_is_terminal();
    const bool has_table = verb.has_table && !(verb.not_as_table && verb.not_as_table());
    options.format = has_table && on_terminal ? Format::table : Format::json;
    if (!common.format.empty()) options.format = *format_of(common.format);
    options.colour = Console::wants_colour(common.colour);
    options.fields = field_choice(verb, common.fields);
    options.main_types.assign(verb.emits.begin(),
                              verb.emits.begin() + static_cast<std::ptrdiff_t>(verb.main_types));
    options.tells_summary = common.verbose;
    if (on_terminal) options.clear_way = [&console] { console.hide_progress(); };
    return options;
}

// What an option or an operand names as a file is not what --output would replace.
void refuse_input_as_output(const Verb& verb, const std::string& path) {
    const auto refuse = [&](const std::string& name, const std::string& input) {
        if (!is_same_file(input, path)) return;
        throw UserError(Exit::usage, path + ": input file is output file: " + name + " and --output name it");
    };
    if (path.empty()) return;
    refuse("stdin", "-");
    for (const CLI::Option* option : verb.cli->get_options()) {
        if (option->get_type_name().find("FILE") == std::string::npos || option->check_lname("output"))
            continue;
        for (const std::string& input : option->results()) refuse(option->get_name(), input);
    }
}

UniqueFd take_lock(const std::string& path) {
    if (path.empty()) return {};
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd) throw UserError(Exit::cannot_create, os_error(path, errno).message);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
        throw UserError(Exit::try_later, path + ": another run holds this lock");
    return fd;
}

int run_verb(Verb& verb, const CommonOptions& common, Console& console) {
    OutputOptions options = output_options(verb, common, console);
    refuse_input_as_output(verb, options.path);
    const UniqueFd lock = take_lock(common.lock);
    auto out = Output::open(std::move(options), [&](const std::string& text) {
                   console.warn(text);
               }).value_or_throw();
    Context context{*out, console, common.strict};
    Exit exit = Exit::software;
    std::string failure;
    try {
        exit = verb.run(context);
    } catch (const UserError& error) {
        exit = error.exit();
        failure = error.what();
    }
    console.end_progress();
    if (const Status written = out->finish(failure.empty()); !written) {
        console.error(written.error().message);
        return static_cast<int>(written.error().exit);
    }
    if (!failure.empty()) console.error(failure);
    if (failure.empty() && out->closed()) exit = Exit::ok;  // the reader has had enough
    if (exit == Exit::changed && !common.detailed_exitcode) exit = Exit::ok;
    return static_cast<int>(exit);
}

int parse_and_run(int argc, char** argv, Tool& tool, Console& console) {
    std::map<const Verb*, CommonOptions> common;
    std::string generate;
    tool.cli().set_help_flag("-h,--help", "print this help and exit");
    tool.cli().set_version_flag("--version", tool.name() + " (nmtools) " NM_VERSION,
                                "print the version and exit");
    tool.cli().add_option("--generate", generate)->group("");
    for (Verb& verb : tool.verbs()) add_common_options(verb, common[&verb]);
    set_help_layout(tool);
    const Defaults defaults = apply_defaults(tool);
    // One value for each time an option is given, so that what follows is an operand.
    for (Verb& verb : tool.verbs()) {
        for (CLI::Option* option : verb.cli->get_options()) {
            if (option->nonpositional()) option->allow_extra_args(false);
        }
    }
    try {
        tool.cli().parse(argc, argv);
    } catch (const ConfigAsked&) {
        return show_config(*parsed_verb(tool), defaults.origins);
    } catch (const CLI::Success& asked) {  // --help, --version
        const int shown = tool.cli().exit(asked, std::cout, std::cerr);
        std::cout << std::flush;
        return std::cout ? shown : static_cast<int>(Exit::io_error);
    } catch (const CLI::ParseError& error) {
        throw UserError(Exit::usage, usage_message(tool, error, argc, argv));
    }
    for (const auto& [name, generator] : generators) {
        if (generate != name) continue;
        std::cout << generator(tool) << std::flush;
        return std::cout ? 0 : static_cast<int>(Exit::io_error);
    }
    if (!generate.empty())
        throw UserError(Exit::usage, "--generate: " + in_quotes(generate) + " is not known");
    Verb* verb = parsed_verb(tool);
    if (verb == nullptr) throw UserError(Exit::usage, "a verb is needed (try: " + tool.name() + " --help)");
    refuse_bad_defaults(*verb, defaults);
    const CommonOptions& chosen = common.at(verb);
    console.set_quiet(chosen.quiet);
    console.set_verbose(chosen.verbose);
    return run_verb(*verb, chosen, console);
}

// What the caller closed stays unusable: no file or socket of ours takes its number, and who reads or writes
// it hears of a bad descriptor.
void occupy_closed_descriptors() {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) < 0) ::open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_WRONLY);
    }
}

}  // namespace

Tool::Tool(std::string name, std::string summary)
    : name_(std::move(name)),
      summary_(std::move(summary)),
      cli_(std::make_unique<CLI::App>(summary_, name_)) {}

Tool::~Tool() = default;

// What the verbs can end with: 2 where something changes, 3 to 6 where targets are probed.
bool Tool::may_end_with(Exit exit) const {
    return std::any_of(verbs_.begin(), verbs_.end(), [exit](const Verb& verb) {
        const bool probes = std::any_of(verb.emits.begin(), verb.emits.end(), [](const RecordType* type) {
            return type->type.starts_with("probe.") || type->type.starts_with("tcp.");
        });
        return exit == Exit::changed ? verb.may_change
                                     : exit < Exit::unreachable || exit > Exit::unsent || probes;
    });
}

Verb& Tool::add_verb(const std::string& name, const std::string& summary) {
    Verb& verb = verbs_.emplace_back();
    verb.name = name;
    verb.summary = summary;
    verb.cli = cli_->add_subcommand(name, summary);
    return verb;
}

void BadInput::count(std::uint64_t line_number, const std::string& reason) {
    ++total_;
    const std::string where = source_ + ":" + std::to_string(line_number) + ": " + reason;
    if (context_.strict) throw UserError(Exit::bad_data, where);
    if (std::find(told_.begin(), told_.end(), reason) != told_.end()) return;
    constexpr std::size_t kinds_told = 20;
    if (told_.size() >= kinds_told) return;
    context_.console.error(where);
    told_.push_back(reason);
}

int run_tool(int argc, char** argv, const std::string& name, const std::string& summary,
             void (*define)(Tool& tool)) {
    occupy_closed_descriptors();
    install_signal_handlers();
    Console console(name);
    int status = static_cast<int>(Exit::software);
    try {
        Tool tool(name, summary);
        define(tool);
        status = parse_and_run(argc, argv, tool, console);
    } catch (const UserError& error) {
        console.error(error.what());
        status = static_cast<int>(error.exit());
    } catch (const std::bad_alloc&) {
        console.error("out of memory");
        status = static_cast<int>(Exit::os_error);
    } catch (const std::exception& error) {
        console.error(std::string("internal error: ") + error.what());
    }
    if (const int number = stop_signal(); number != 0) {
        std::signal(number, SIG_DFL);
        std::raise(number);
    }
    return status;
}

}  // namespace nm
