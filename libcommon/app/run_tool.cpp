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
    bool show_config = false;
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
    cli.add_flag("-v,--verbose", common.verbose, "details on stderr")->group("Common");
    cli.add_flag("--strict", common.strict, "stop at the first malformed input")->group("Common");
    cli.add_flag("--detailed-exitcode", common.detailed_exitcode,
                 "exit 2 when something changed or would change")
        ->group("Common");
    cli.add_flag("--show-config", common.show_config,
                 "print each option's value and where it comes from, and exit")
        ->group("Common");
}

void show_config(Tool& tool, Verb& verb, const Origins& origins) {
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
    (void)tool;
}

OutputOptions output_options(const Verb& verb, const CommonOptions& common) {
    OutputOptions options;
    options.path = common.output;
    options.append = common.append;
    const bool people = verb.has_table && common.output.empty() && Console::stdout_is_terminal();
    options.format = people ? Format::table : Format::json;
    if (!common.format.empty()) options.format = *format_of(common.format);
    options.colour = Console::wants_colour(common.colour);
    for (const std::string_view key : split(common.fields, ',')) {
        if (!trim(key).empty()) options.fields.emplace_back(trim(key));
    }
    for (const std::string& key : options.fields) {
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
    return options;
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
    const UniqueFd lock = take_lock(common.lock);
    auto out = Output::open(output_options(verb, common), [&](const std::string& text) {
                   console.warn(text);
               }).value_or_throw();
    Context context{*out, console, common.strict, common.detailed_exitcode};
    Exit exit = Exit::software;
    std::string failure;
    try {
        exit = verb.run(context);
    } catch (const UserError& error) {
        exit = error.exit();
        failure = error.what();
    }
    console.end_progress();
    if (const Status written = out->finish(); !written) {
        console.error(written.error().message);
        return static_cast<int>(written.error().exit);
    }
    if (!failure.empty()) console.error(failure);
    if (failure.empty() && out->closed()) exit = Exit::ok;  // the reader has had enough
    if (exit == Exit::changed && !common.detailed_exitcode) exit = Exit::ok;
    return static_cast<int>(exit);
}

// The first argument that is an option of the design which the chosen verb does not have yet, or nothing.
std::string later_option(Tool& tool, int argc, char** argv) {
    for (const Verb& verb : tool.verbs()) {
        if (!verb.cli->parsed()) continue;
        for (int i = 1; i < argc; ++i) {
            const std::string name = std::string(argv[i]).substr(0, std::string_view(argv[i]).find('='));
            const auto& later = verb.later_options;
            if (std::find(later.begin(), later.end(), name) != later.end()) return name;
        }
    }
    return {};
}

// Steps of one letter from a to b: put in, left out, another one.
std::size_t distance_between(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t other = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, other});
        }
    }
    return row[b.size()];
}

// ", is --count meant?", or nothing when no option is near.
std::string meant_option(const Verb& verb, std::string_view name) {
    constexpr std::size_t farthest = 2;
    std::size_t least = std::min(farthest + 1, (name.size() + 1) / 2);
    std::string nearest;
    for (const CLI::Option* option : verb.cli->get_options()) {
        for (const std::string& known : option->get_lnames()) {
            const std::size_t distance = distance_between(name, known);
            if (distance >= least || known == "generate") continue;
            least = distance;
            nearest = known;
        }
    }
    return nearest.empty() ? nearest : ", is --" + nearest + " meant?";
}

// What is wrong with a word that the parser does not know; empty when it is something else.
std::string unknown_word(Tool& tool, const CLI::ParseError& error, int argc, char** argv) {
    const bool is_extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
    const bool lacks_operand = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
    if ((!is_extra && !lacks_operand) || argc < 2) return {};
    std::string verbs;
    for (const Verb& verb : tool.verbs()) {
        verbs += (verbs.empty() ? "" : ", ") + verb.name;
        if (!verb.cli->parsed()) continue;
        for (int i = 2; i < argc; ++i) {
            const std::string_view word =
                std::string_view(argv[i]).substr(0, std::string_view(argv[i]).find('='));
            const bool is_long = word.size() > 3 && word.starts_with("--");
            if (is_long && verb.cli->get_option_no_throw(std::string(word)) == nullptr)
                return "no option " + std::string(word) + meant_option(verb, word.substr(2));
        }
        return {};
    }
    return argv[1][0] == '-' || !is_extra ? std::string()
                                          : "no verb " + in_quotes(argv[1]) + ": there are " + verbs;
}

// "--port: 'x' is not a number" for the parser's "Could not convert: --port = x".
std::string conversion_failure(const CLI::ParseError& error) {
    const std::string words = error.what();
    const auto colon = words.find(": "), equals = words.find(" = ");
    if (dynamic_cast<const CLI::ConversionError*>(&error) == nullptr || colon > equals ||
        equals == std::string::npos)
        return {};
    return words.substr(colon + 2, equals - colon - 2) + ": " + in_quotes(words.substr(equals + 3)) +
           " is not a number";
}

// "--count: 'x' is not a number from 1 to 255" for the parser's "--count: Value x not in range 1 to 255".
std::string range_failure(const CLI::ParseError& error) {
    constexpr std::string_view before = ": Value ", between = " not in range ";
    const std::string words = error.what();
    const auto value = words.find(before), range = words.rfind(between);
    if (dynamic_cast<const CLI::ValidationError*>(&error) == nullptr || value == std::string::npos ||
        range == std::string::npos || range < value + before.size())
        return {};
    const std::size_t at = value + before.size();
    return words.substr(0, value) + ": " + in_quotes(words.substr(at, range - at)) +
           " is not a number from " + words.substr(range + between.size());
}

// "nmprobe: trace: ..." for a verb of the design that is not there yet, else the parser's own words.
std::string usage_message(Tool& tool, const CLI::ParseError& error, int argc, char** argv) {
    const auto& later = tool.later();
    if (argc > 1 && std::find(later.begin(), later.end(), argv[1]) != later.end()) {
        std::string there;
        for (const Verb& verb : tool.verbs()) there += (there.empty() ? "" : ", ") + verb.name;
        return std::string(argv[1]) + ": not in this version; there is " + there;
    }
    std::string message = unknown_word(tool, error, argc, argv);
    if (message.empty()) message = conversion_failure(error);
    if (message.empty()) message = range_failure(error);
    if (message.empty()) message = error.what();
    if (const auto newline = message.find('\n'); newline != std::string::npos) message.resize(newline);
    const bool is_word = message.size() > 1 && message[1] >= 'a' && message[1] <= 'z';
    if (is_word && message.front() >= 'A' && message.front() <= 'Z')
        message.front() = static_cast<char>(message.front() - 'A' + 'a');
    std::string command = tool.name();
    for (const CLI::App* chosen : tool.cli().get_subcommands()) command += " " + chosen->get_name();
    if (const std::string option = later_option(tool, argc, argv); !option.empty())
        message = option + ": not in this version";
    return message + " (try: " + command + " --help)";
}

int parse_and_run(int argc, char** argv, Tool& tool, Console& console) {
    CommonOptions common;
    std::string generate;
    tool.cli().set_help_flag("-h,--help", "print this help and exit");
    tool.cli().set_version_flag("--version", tool.name() + " (nmtools) " NM_VERSION,
                                "print the version and exit");
    tool.cli().add_option("--generate", generate)->group("");
    for (Verb& verb : tool.verbs()) add_common_options(verb, common);
    set_help_layout(tool);
    const Origins origins = apply_defaults(tool);
    // One value for each time an option is given, so that what follows is an operand.
    for (Verb& verb : tool.verbs()) {
        for (CLI::Option* option : verb.cli->get_options()) {
            if (option->nonpositional()) option->allow_extra_args(false);
        }
    }
    try {
        tool.cli().parse(argc, argv);
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
    for (Verb& verb : tool.verbs()) {
        if (!verb.cli->parsed()) continue;
        if (common.show_config) {
            show_config(tool, verb, origins);
            return std::cout ? 0 : static_cast<int>(Exit::io_error);
        }
        console.set_quiet(common.quiet);
        console.set_verbose(common.verbose);
        return run_verb(verb, common, console);
    }
    throw UserError(Exit::usage, "a verb is needed (try: " + tool.name() + " --help)");
}

}  // namespace

Tool::Tool(std::string name, std::string summary)
    : name_(std::move(name)),
      summary_(std::move(summary)),
      cli_(std::make_unique<CLI::App>(summary_, name_)) {}

Tool::~Tool() = default;

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
