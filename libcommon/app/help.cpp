#include "app/help.hpp"

#include "app/exit_meanings.hpp"
#include "app/option_tree.hpp"

namespace nm {
namespace {

constexpr std::size_t name_width = 32;
constexpr std::size_t doc_width = 68;

// In lines of doc_width; CLI11 indents them.
std::string wrapped(const std::string& text) {
    std::string out;
    std::size_t line = 0;
    for (const std::string_view word : split(text, ' ')) {
        const bool fits = line + 1 + word.size() <= doc_width;
        if (!out.empty()) out += fits ? ' ' : '\n';
        line = (fits ? line + 1 : 0) + word.size();
        out += word;
    }
    return out;
}

class HelpLayout : public CLI::Formatter {
  public:
    HelpLayout() {
        column_width(name_width);
        label("Positionals", "Operands");
    }

    std::string make_usage(const CLI::App* app, std::string name) const override {
        std::string out = "Usage: " + name;
        if (!app->get_subcommands({}).empty()) out += " VERB";
        out += " [OPTION...]";
        for (const CLI::Option* option : app->get_options()) {
            if (option->get_positional()) out += " " + make_option_usage(option);
        }
        return out + "\n";
    }

    std::string make_option_name(const CLI::Option* option, bool operand) const override {
        if (operand) return operand_of(*option);
        std::string out;
        for (const std::string& name : option->get_snames()) out += (out.empty() ? "-" : ", -") + name;
        const bool aligned = out.empty();
        for (const std::string& name : option->get_lnames()) out += (out.empty() ? "--" : ", --") + name;
        return aligned ? "    " + out : out;
    }

    std::string make_option_opts(const CLI::Option* option) const override {
        const bool has_value = option->get_expected_max() > 0 && !option->get_type_name().empty();
        return has_value && option->nonpositional() ? " " + option->get_type_name() : "";
    }

    std::string make_option_desc(const CLI::Option* option) const override {
        const bool shows_default = option->get_expected_max() > 0 && !option->get_default_str().empty();
        return wrapped(option->get_description() +
                       (shows_default ? " [" + option->get_default_str() + "]" : ""));
    }

    std::string make_option_usage(const CLI::Option* option) const override {
        const std::string name = make_option_name(option, true);
        return option->get_required() ? name : "[" + name + "]";
    }
};

std::string examples_text(const Verb& verb, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < std::min(most, verb.examples.size()); ++i)
        text += "  # " + verb.examples[i].what + "\n  " + verb.examples[i].command + "\n";
    return text;
}

std::string exit_text(const Tool& tool) {
    std::string text = "EXIT STATUS: 0 to 63 is an answer, 64 to 78 means that there is none\n";
    for (const ExitMeaning& meaning : exit_meanings) {
        if (!tool.may_end_with(meaning.exit)) continue;
        const std::string number = std::to_string(static_cast<int>(meaning.exit));
        text += std::string(4 - number.size(), ' ') + number + "  " + std::string(meaning.text) + "\n";
    }
    return text;
}

}  // namespace

void set_help_layout(Tool& tool) {
    const auto layout = std::make_shared<HelpLayout>();
    tool.cli().formatter(layout);
    std::string first_of_each;
    for (Verb& verb : tool.verbs()) {
        verb.cli->formatter(layout);
        verb.cli->group("Verbs");
        verb.cli->footer("EXAMPLES:\n" + examples_text(verb, verb.examples.size()));
        first_of_each += examples_text(verb, 1);
    }
    tool.cli().footer("Options of a verb: " + tool.name() + " VERB --help\n\n" + exit_text(tool) +
                      "\nEXAMPLES:\n" + first_of_each);
}

}  // namespace nm
