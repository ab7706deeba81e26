#include <algorithm>

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
    out += "\n" + mdoc_text(option.doc) + ".\n";
    if (!option.default_text.empty() && !option.value.empty())
        out += "The default is\n.Cm " + argument(option.default_text) + " .\n";
    return out;
}

std::string options_section(Tool& tool) {
    std::string out = ".Sh OPTIONS\n";
    bool common_done = false;
    std::string common;
    for (Verb& verb : tool.verbs()) {
        const std::string operand = operand_of(verb);
        out += ".Ss " + verb.name + (operand.empty() ? "" : " " + operand) + "\n" + mdoc_text(verb.summary) +
               ".\n";
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
        ".Sh FIELDS\nEvery record starts with\n.Cm type ,\n.Cm v\nand\n.Cm ts .\n"
        "A key that is not known is left out.\n";
    for (const RecordType* type : emitted(tool)) {
        out += ".Ss " + std::string(type->type) + "\n" + mdoc_text(type->doc) + ".\n.Bl -tag -width Ds\n";
        for (const FieldAccess& field : type->fields) {
            out += ".It Cm " + argument(std::string(field.info.key)) + " Pq " +
                   std::string(type_word(field.info)) + "\n" + mdoc_text(field.info.doc) + ".\n";
        }
        out += ".El\n";
    }
    return out;
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
    return options_section(tool) + fields_section(tool) + examples_section(tool);
}

std::string schemas(Tool& tool) {
    std::string out;
    for (const RecordType* type : emitted(tool)) out += json_schema(*type) + "\n";
    return out;
}

}  // namespace nm
