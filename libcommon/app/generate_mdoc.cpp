#include <algorithm>

#include "app/exit_meanings.hpp"
#include "app/generate.hpp"
#include "app/option_tree.hpp"

namespace nm {
namespace {

// Text for mdoc: backslashes escaped, no control character at the start of a line, a new line after a full
// stop that ends a sentence.
std::string mdoc_text(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\')
            out += "\\e";
        else if (c == '.' && i + 1 < text.size() && text[i + 1] == ' ') {
            out += ".\n";
            ++i;
        } else if (c == '\'' && (out.empty() || out.back() == '\n'))
            out += "\\(aq";
        else if (c == '.' && (out.empty() || out.back() == '\n'))
            out += "\\&.";
        else
            out += c;
    }
    return out;
}

std::string sentence(std::string_view text) {
    std::string out = mdoc_text(text);
    if (!out.ends_with('.')) out += '.';
    return out + "\n";
}

// An argument of a macro: quoted when a word of it could be read as punctuation or a macro.
std::string argument(const std::string& text) {
    const bool plain =
        std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
    return plain ? "\\&" + text : "\"" + text + "\"";
}

std::string option_item(const OptionView& option) {
    std::string out = ".It";
    bool first = true;
    for (const std::string& name : option.shorts) {
        out += std::string(first ? "" : " ,") + " Fl " + name;
        first = false;
    }
    for (const std::string& name : option.longs) {
        std::string dashed;
        for (const char c : name) dashed += c == '-' ? std::string("\\-") : std::string(1, c);
        out += std::string(first ? "" : " ,") + " Fl \\-" + dashed;
        first = false;
    }
    if (!option.value.empty()) out += " Ar " + argument(option.value);
    out += "\n" + sentence(option.doc);
    if (!option.default_text.empty() && !option.value.empty())
        out += "The default is\n.Cm " + argument(option.default_text) + " .\n";
    return out;
}

std::string options_section(Tool& tool) {
    std::string out = ".Sh OPTIONS\nWithout a verb there are\n.Fl \\-help\nand\n.Fl \\-version .\n";
    bool common_done = false;
    std::string common;
    for (Verb& verb : tool.verbs()) {
        out += ".Ss " + verb.name;
        for (const CLI::Option* option : operands_of(verb)) out += " " + operand_of(*option);
        out += "\n" + sentence(verb.summary);
        for (const CLI::Option* option : operands_of(verb))
            out += ".Pp\n.Ar " + argument(operand_of(*option)) + " :\n" + sentence(option->get_description());
        std::string own;
        for (const OptionView& option : option_views(verb)) {
            if (!option.common)
                own += option_item(option);
            else if (!common_done)
                common += option_item(option);
        }
        common_done = true;
        if (!own.empty()) out += ".Bl -tag -width Ds\n" + own + ".El\n";
    }
    return out + ".Ss Options of every verb\n.Bl -tag -width Ds\n" + common + ".El\n";
}

std::string_view type_word(const FieldInfo& info) {
    switch (info.kind) {
        case ValueKind::boolean:
            return "true or false";
        case ValueKind::integer:
            return "integer";
        case ValueKind::real:
            return "number";
        case ValueKind::time:
            return "time";
        case ValueKind::list:
            return "list";
        default:
            return "string";
    }
}

std::vector<const RecordType*> emitted(Tool& tool) {
    std::vector<const RecordType*> types;
    for (const Verb& verb : tool.verbs()) {
        for (const RecordType* type : verb.emits) {
            if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
        }
    }
    return types;
}

std::string fields_section(Tool& tool) {
    std::string out =
        ".Sh FIELDS\nEvery record starts with\n.Cm type ,\n.Cm v\nand, where it has one,\n.Cm ts .\n"
        "A value that is not known has no key.\n.Xr nm-record 5\ntells what all records have in common.\n";
    for (const RecordType* type : emitted(tool)) {
        out += ".Ss " + std::string(type->type) + "\n" + sentence(type->doc) + ".Bl -tag -width Ds\n";
        for (const FieldAccess& field : type->fields) {
            const bool is_label = field.info.kind == ValueKind::labels;
            out += (is_label ? ".It Ar LABEL" : ".It Cm " + argument(std::string(field.info.key))) + " Pq " +
                   std::string(type_word(field.info)) + "\n" + sentence(field.info.doc);
        }
        out += ".El\n";
    }
    return out;
}

std::string synopsis_section(Tool& tool) {
    std::string out = ".Sh SYNOPSIS\n";
    for (const Verb& verb : tool.verbs()) {
        out += ".Nm\n.Cm " + verb.name + "\n.Op Ar OPTION ...\n";
        for (const CLI::Option* option : operands_of(verb)) {
            std::string operand = operand_of(*option);
            const bool many = operand.ends_with("...");
            if (many) operand.resize(operand.size() - 3);
            out += (option->get_required() ? ".Ar " : ".Op Ar ") + argument(operand) + (many ? " ..." : "") +
                   "\n";
        }
    }
    return out;
}

std::string environment_section(Tool& tool) {
    std::string upper;
    for (const char c : tool.name()) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev NM_" + upper + "_" +
           "OPTION\nThe default of an option of that long name, in capitals and with underscores.\n"
           "With the verb in front of the option it is meant for that verb only.\n"
           "A variable of this form that names no option is an error.\n"
           ".It Ev NO_COLOR\nTables have no colour if this is set and not empty.\n"
           ".It Ev XDG_CONFIG_HOME\nThe folder of the user's configuration,\n.Pa ~/.config\nif unset.\n.El\n";
}

std::string files_section(Tool& tool) {
    return ".Sh FILES\n.Bl -tag -width Ds\n.It Pa /etc/nmtools/" + tool.name() +
           ".conf\nDefaults of options for everybody.\n.It Pa $XDG_CONFIG_HOME/nmtools/" + tool.name() +
           ".conf\nDefaults of options for one user.\n.El\n.Pp\nBoth are described in\n.Xr nm-config 5 .\n";
}

std::string exit_section(const Tool& tool) {
    std::string out =
        ".Sh EXIT STATUS\n0 to 63 is an answer, 64 to 78 means that there is none.\n"
        ".Bl -tag -width Ds\n";
    for (const ExitMeaning& meaning : exit_meanings) {
        if (tool.may_end_with(meaning.exit))
            out += ".It " + std::to_string(static_cast<int>(meaning.exit)) + "\n" + sentence(meaning.text);
    }
    return out + ".El\n";
}

std::string examples_section(Tool& tool) {
    std::string out = ".Sh EXAMPLES\n";
    for (const Verb& verb : tool.verbs()) {
        for (const Example& example : verb.examples) {
            out += mdoc_text(example.what) + ":\n.Bd -literal -offset indent\n" + mdoc_text(example.command) +
                   "\n.Ed\n.Pp\n";
        }
    }
    if (out.ends_with(".Pp\n")) out.resize(out.size() - 4);
    return out;
}

}  // namespace

std::string mdoc_sections(Tool& tool) {
    return synopsis_section(tool) + options_section(tool) + fields_section(tool) + environment_section(tool) +
           files_section(tool) + exit_section(tool) + examples_section(tool);
}

std::string schemas(Tool& tool) {
    std::string out;
    for (const RecordType* type : emitted(tool)) out += json_schema(*type) + "\n";
    return out;
}

}  // namespace nm
