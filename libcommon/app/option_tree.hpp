// The option tree of a verb as plain data, for the generators of completions and manual.
#pragma once

#include "app/cli.hpp"
#include "app/tool.hpp"

namespace nm {

struct OptionView {
    std::vector<std::string> shorts;  // "c"
    std::vector<std::string> longs;   // "count"
    std::string value;                // "DURATION"; empty for a flag
    std::vector<std::string> words;   // the choices, when the value is one of them
    std::string doc;
    std::string default_text;
    bool is_file = false;
    bool common = false;  // an option of every tool
};

inline std::vector<OptionView> option_views(const Verb& verb) {
    std::vector<OptionView> views;
    for (const CLI::Option* option : verb.cli->get_options()) {
        if (option->get_lnames().empty() && option->get_snames().empty()) continue;  // an operand
        OptionView view;
        view.shorts = option->get_snames();
        view.longs = option->get_lnames();
        if (option->get_expected_max() > 0 && option->get_type_size_max() > 0)
            view.value = option->get_type_name();
        if (view.value.find('|') != std::string::npos) {
            for (const std::string_view word : split(view.value, '|')) view.words.emplace_back(word);
        }
        view.doc = option->get_description();
        view.default_text = option->get_default_str();
        view.is_file = view.value.find("FILE") != std::string::npos;
        view.common = option->get_group() == "Common" || view.longs == std::vector<std::string>{"help"};
        views.push_back(std::move(view));
    }
    return views;
}

// The operand's name, "TARGET...", or empty.
inline std::string operand_of(const Verb& verb) {
    for (const CLI::Option* option : verb.cli->get_options()) {
        if (!option->get_lnames().empty() || !option->get_snames().empty()) continue;
        return option->get_type_name().empty() ? option->get_name() : option->get_type_name();
    }
    return {};
}

}  // namespace nm
