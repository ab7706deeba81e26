// The option tree of a verb as plain data, for the generators of completions and manual.
#pragma once

#include <algorithm>

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
    bool is_key_list = false;  // words are the keys of the verb's records, separated by commas
    bool common = false;       // an option of every tool
};

// The keys of a verb's records, each once.
inline std::vector<std::string> keys_of(const Verb& verb) {
    std::vector<std::string> keys;
    for (const RecordType* type : verb.emits) {
        for (const FieldAccess& field : type->fields) {
            const bool known = std::find(keys.begin(), keys.end(), field.info.key) != keys.end();
            if (!known && field.info.kind != ValueKind::labels) keys.emplace_back(field.info.key);
        }
    }
    return keys;
}

inline std::vector<OptionView> option_views(const Verb& verb) {
    std::vector<OptionView> views;
    for (const CLI::Option* option : verb.cli->get_options()) {
        if (option->get_lnames().empty() && option->get_snames().empty()) continue;  // an operand
        OptionView view;
        view.shorts = option->get_snames();
        view.longs = option->get_lnames();
        if (option->get_expected_max() > 0 && option->get_type_size_max() > 0)
            view.value = option->get_type_name();
        // What is to be typed as it stands is in lower case, what it stands for in capitals.
        if (!view.value.empty() && view.value.front() >= 'a' && view.value.front() <= 'z') {
            for (const std::string_view word : split(view.value, '|')) view.words.emplace_back(word);
        }
        view.doc = option->get_description();
        view.default_text = option->get_default_str();
        view.is_file = view.value.find("FILE") != std::string::npos;
        view.is_key_list = view.longs.front() == "fields";
        if (view.is_key_list) view.words = keys_of(verb);
        for (const KeyList& list : verb.key_lists) {
            if (list.option != view.longs.front()) continue;
            view.is_key_list = true;
            view.words = list.words();
        }
        view.common = option->get_group() == "Common" || view.longs == std::vector<std::string>{"help"};
        views.push_back(std::move(view));
    }
    return views;
}

// The operands as they are typed, "TARGET..." or "PLAN INPUT", or empty.
inline std::string operand_of(const CLI::Option& option) {
    std::string name = option.get_type_name().empty() ? option.get_name() : option.get_type_name();
    const bool many = option.get_expected_max() > 1 && !name.ends_with("...");
    return many ? name + "..." : name;
}

inline std::vector<const CLI::Option*> operands_of(const Verb& verb) {
    std::vector<const CLI::Option*> operands;
    for (const CLI::Option* option : verb.cli->get_options()) {
        if (option->get_lnames().empty() && option->get_snames().empty()) operands.push_back(option);
    }
    return operands;
}

inline bool takes_files(const Verb& verb) {
    const auto operands = operands_of(verb);
    return std::any_of(operands.begin(), operands.end(), [](const CLI::Option* option) {
        const std::string name = operand_of(*option);
        return name.find("FILE") != std::string::npos ||
               option->get_description().find("file") != std::string::npos;
    });
}

}  // namespace nm
