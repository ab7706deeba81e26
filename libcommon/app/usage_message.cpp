#include "app/usage_message.hpp"

#include <algorithm>

#include "base/nearest_word.hpp"

namespace nm {
namespace {

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

// ", is --count meant?", or nothing when no option is near.
std::string meant_option(const Verb& verb, std::string_view name) {
    std::vector<std::string> known;
    for (const CLI::Option* option : verb.cli->get_options()) {
        for (const std::string& long_name : option->get_lnames()) known.push_back(long_name);
    }
    const std::string nearest = nearest_word(name, known);
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

}  // namespace

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

}  // namespace nm
