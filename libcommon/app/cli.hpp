// CLI11 with the value readers that all tools share. Slow to compile: include it in options.cpp of a tool and
// in app/ only. Proof: tests/cli/contract.bats.
#pragma once

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "net/ip.hpp"

namespace nm {

// DURATION: 200ms, 5s, 1m into nanoseconds.
inline CLI::Option* add_duration(CLI::App& app, const std::string& names, std::int64_t& ns,
                                 const std::string& doc) {
    CLI::Option* option = app.add_option_function<std::string>(
        names,
        [&ns, names](const std::string& text) {
            const auto parsed = parse_duration_ns(text);
            if (!parsed)
                throw CLI::ValidationError(names,
                                           in_quotes(text) + " is not a duration: write 200ms, 5s or 1m");
            ns = *parsed;
        },
        doc);
    return option->type_name("DURATION")->default_str(ns == 0 ? "" : duration_text(ns));
}

// SIZE or rate: 64, 10k, 5M into a number.
inline CLI::Option* add_size(CLI::App& app, const std::string& names, std::uint64_t& value,
                             const std::string& doc) {
    CLI::Option* option = app.add_option_function<std::string>(
        names,
        [&value, names](const std::string& text) {
            const auto parsed = parse_size(text);
            if (!parsed)
                throw CLI::ValidationError(names, in_quotes(text) + " is not a number: write 500, 10k or 5M");
            value = *parsed;
        },
        doc);
    return option->type_name("NUMBER")->default_str(std::to_string(value));
}

// One of a set of words, into the enum with these enum_words.
template <class Enum, std::size_t N>
CLI::Option* add_word(CLI::App& app, const std::string& names, Enum& value,
                      const std::array<std::string_view, N>& words, const std::string& doc) {
    std::string choices;
    for (const std::string_view word : words) choices += (choices.empty() ? "" : "|") + std::string(word);
    CLI::Option* option = app.add_option_function<std::string>(
        names,
        [&value, &words, names, choices](const std::string& text) {
            for (std::size_t i = 0; i < N; ++i) {
                if (words[i] != text) continue;
                value = static_cast<Enum>(i);
                return;
            }
            throw CLI::ValidationError(names, in_quotes(text) + " is not one of " + choices);
        },
        doc);
    return option->type_name(choices)->default_str(std::string(words[static_cast<std::size_t>(value)]));
}

// ADDR:PORT, repeatable.
inline CLI::Option* add_endpoints(CLI::App& app, const std::string& names, std::vector<Endpoint>& values,
                                  const std::string& doc) {
    CLI::Option* option = app.add_option_function<std::vector<std::string>>(
        names,
        [&values, names](const std::vector<std::string>& texts) {
            values.clear();
            for (const std::string& text : texts) {
                const auto parsed = parse_endpoint(text);
                if (!parsed)
                    throw CLI::ValidationError(
                        names, in_quotes(text) +
                                   " is not ADDR:PORT with a port from 1 to 65535: write "
                                   "127.0.0.1:2055, [::1]:2055 or :2055 (names are not looked up)");
                values.push_back(*parsed);
            }
        },
        doc);
    return option->type_name("ADDR:PORT")->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace nm
