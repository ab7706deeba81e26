#include "app/generate.hpp"
#include "app/option_tree.hpp"
#include "json/escape.hpp"

namespace nm {
namespace {

void append_strings(TextBuffer& out, std::string_view key, const std::vector<std::string>& values) {
    append_json_string(out, key);
    out.append(std::string_view(":["));
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) out.append(',');
        append_json_string(out, values[i]);
    }
    out.append(']');
}

void append_option(TextBuffer& out, const OptionView& option) {
    out.append('{');
    append_strings(out, "long", option.longs);
    out.append(',');
    append_strings(out, "short", option.shorts);
    if (!option.value.empty()) {
        out.append(std::string_view(R"(,"value":)"));
        append_json_string(out, option.value);
    }
    out.append(option.common ? std::string_view(R"(,"common":true})") : std::string_view("}"));
}

}  // namespace

std::string verb_tree(Tool& tool) {
    TextBuffer out;
    for (const Verb& verb : tool.verbs()) {
        out.append(std::string_view(R"({"tool":)"));
        append_json_string(out, tool.name());
        out.append(std::string_view(R"(,"verb":)"));
        append_json_string(out, verb.name);
        std::vector<std::string> operands;
        for (const CLI::Option* option : operands_of(verb)) operands.push_back(operand_of(*option));
        out.append(',');
        append_strings(out, "operands", operands);
        out.append(verb.has_table ? std::string_view(R"(,"table":true,)")
                                  : std::string_view(R"(,"table":false,)"));
        const bool labels = std::any_of(verb.emits.begin(), verb.emits.end(), [](const RecordType* type) {
            return type->add_label != nullptr && !type->is_error();
        });
        out.append(labels ? std::string_view(R"("labels":true,)") : std::string_view(R"("labels":false,)"));
        std::vector<std::string> types;
        for (const RecordType* type : verb.emits) types.emplace_back(type->type);
        append_strings(out, "emits", types);
        out.append(',');
        append_strings(out, "needs", verb.needs);
        out.append(',');
        std::vector<std::string> examples;
        for (const Example& example : verb.examples) examples.push_back(example.command);
        append_strings(out, "examples", examples);
        out.append(std::string_view(R"(,"options":[)"));
        bool first = true;
        for (const OptionView& option : option_views(verb)) {
            if (!std::exchange(first, false)) out.append(',');
            append_option(out, option);
        }
        out.append(std::string_view("]}\n"));
    }
    return std::string(out.view());
}

}  // namespace nm
