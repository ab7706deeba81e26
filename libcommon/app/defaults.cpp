#include "app/defaults.hpp"

#include <boost/program_options.hpp>
#include <cstdlib>
#include <fstream>
#include <set>

#include "app/cli.hpp"

extern char** environ;

namespace nm {
namespace po = boost::program_options;
namespace {

// "count" and "ping.count" -> the options they set. Options that ask for something once (--help) have none.
using Keys = std::map<std::string, std::vector<CLI::Option*>>;

bool is_configurable(const CLI::Option& option) {
    static const std::set<std::string> once{"help", "version", "show-config", "generate"};
    return !option.get_lnames().empty() && once.count(option.get_lnames().front()) == 0;
}

Keys collect_keys(Tool& tool) {
    Keys keys;
    for (Verb& verb : tool.verbs()) {
        for (CLI::Option* option : verb.cli->get_options()) {
            if (!is_configurable(*option)) continue;
            const std::string& name = option->get_lnames().front();
            keys[name].push_back(option);
            keys[verb.name + "." + name].push_back(option);
        }
    }
    return keys;
}

po::options_description describe_keys(const Keys& keys) {
    po::options_description description;
    for (const auto& [key, options] : keys)
        description.add_options()(key.c_str(), po::value<std::vector<std::string>>());
    return description;
}

// Why the option does not take this value, or nothing.
std::string set_default(CLI::Option& option, const std::vector<std::string>& values) {
    std::string text = values.back();
    if (values.size() > 1 && option.get_expected_max() > 1) {
        text = "[";
        for (const std::string& value : values) text += (text.size() > 1 ? "," : "") + value;
        text += "]";
    }
    try {
        option.run_callback_for_default()->default_val(text)->required(false);
    } catch (const CLI::Error& error) {
        return error.what();
    }
    return {};
}

bool has_verb(const po::option& option) {
    return option.string_key.find('.') != std::string::npos;
}

void apply_option(const Keys& keys, const po::option& option, const std::string& source, Defaults& defaults) {
    std::string refusal;
    bool is_known = false;
    for (CLI::Option* target : keys.at(option.string_key)) {
        const std::string why = set_default(*target, option.value);
        if (why.empty()) {
            is_known = true;
            defaults.origins[target] = source;
            defaults.refused.erase(target);
            continue;
        }
        refusal = source + ": " + option.string_key + ": " + why;
        if (has_verb(option)) defaults.refused[target] = refusal;
    }
    if (!is_known && !has_verb(option)) throw UserError(Exit::bad_config, refusal);
}

// General keys first, so that those of a verb win. source_of gives the source of a key.
void apply(const Keys& keys, const po::parsed_options& parsed,
           const std::function<std::string(const std::string&)>& source_of, Defaults& defaults) {
    for (const bool specific : {false, true}) {
        for (const po::option& option : parsed.options) {
            if (has_verb(option) == specific)
                apply_option(keys, option, source_of(option.string_key), defaults);
        }
    }
}

void apply_file(const std::string& path, const Keys& keys, Defaults& defaults) {
    std::ifstream file(path);
    if (!file) return;
    try {
        const auto source_of = [&](const std::string&) { return path; };
        apply(keys, po::parse_config_file(file, describe_keys(keys)), source_of, defaults);
    } catch (const po::unknown_option& error) {
        throw UserError(Exit::bad_config,
                        path + ": unknown key " + in_quotes(error.get_option_name()) +
                            ": --help lists the options, and an option's long name is its key");
    } catch (const po::error& error) {
        throw UserError(Exit::bad_config, path + ": " + error.what());
    }
}

std::string variable_name(const std::string& tool, const std::string& key) {
    std::string name = "NM_" + tool + "_" + key;
    for (char& c : name)
        c = c == '-' || c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return name;
}

void apply_environment(const std::string& tool, const Keys& keys, Defaults& defaults) {
    std::map<std::string, std::string> variables;  // variable -> key
    for (const auto& [key, options] : keys) variables[variable_name(tool, key)] = key;
    const std::string prefix = variable_name(tool, "");
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string variable = std::string(*entry).substr(0, std::string(*entry).find('='));
        if (variable.rfind(prefix, 0) == 0 && variables.count(variable) == 0)
            throw UserError(Exit::bad_config, variable + ": no such option in the environment of " + tool);
    }
    const auto key_of = [&](const std::string& variable) {
        const auto at = variables.find(variable);
        return at == variables.end() ? std::string() : at->second;
    };
    const auto source_of = [&](const std::string& key) { return "environment " + variable_name(tool, key); };
    apply(keys, po::parse_environment(describe_keys(keys), key_of), source_of, defaults);
}

}  // namespace

Defaults apply_defaults(Tool& tool) {
    const Keys keys = collect_keys(tool);
    Defaults defaults;
    const std::string file = "/nmtools/" + tool.name() + ".conf";
    apply_file("/etc" + file, keys, defaults);
    const char* xdg = std::getenv("XDG_CONFIG_HOME");
    const char* home = std::getenv("HOME");
    if (xdg != nullptr && *xdg != '\0')
        apply_file(xdg + file, keys, defaults);
    else if (home != nullptr)
        apply_file(std::string(home) + "/.config" + file, keys, defaults);
    apply_environment(tool.name(), keys, defaults);
    return defaults;
}

void refuse_bad_defaults(const Verb& verb, const Defaults& defaults) {
    for (const CLI::Option* option : verb.cli->get_options()) {
        const auto refused = defaults.refused.find(option);
        if (refused != defaults.refused.end() && option->count() == 0)
            throw UserError(Exit::bad_config, refused->second);
    }
}

}  // namespace nm
