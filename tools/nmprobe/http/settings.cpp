#include "http/settings.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/text.hpp"

namespace nmprobe {
namespace {

std::string read_whole(const std::string& path) {
    std::ifstream file(path);
    std::stringstream text;
    if (!file) throw nm::UserError(nm::Exit::no_input, path + ": cannot be read");
    text << file.rdbuf();
    return text.str();
}

bool same_word(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    });
}

bool is_status_pattern(std::string_view text) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (text.size() != 3 || !is_digit(text[0])) return false;
    return text.substr(1) == "xx" || (is_digit(text[1]) && is_digit(text[2]));
}

}  // namespace

HttpSettings::HttpSettings(const HttpOptions& options) : options_(options), data_(options.data) {
    // What is secret stands in a file: the arguments of a process can be seen by all.
    if (data_.starts_with('@')) data_ = read_whole(data_.substr(1));
    for (const std::string& header : options.headers) {
        if (!header.starts_with('@')) {
            add_header(header);
            continue;
        }
        const std::string text = read_whole(header.substr(1));
        for (const std::string_view line : nm::split(text, '\n')) {
            if (!nm::trim(line).empty()) add_header(std::string(nm::trim(line)));
        }
    }
    for (const std::string_view text : nm::split(options.expect_status, ',')) {
        if (options.expect_status.empty()) break;
        if (!is_status_pattern(nm::trim(text)))
            throw nm::UserError(nm::Exit::usage, "--expect-status: " + nm::in_quotes(text) +
                                                     " is not a status: write 200, 2xx or 200,404");
        statuses_.emplace_back(nm::trim(text));
    }
    if (options.expect_body.empty()) return;
    const int failed =
        ::regcomp(&body_pattern_, options.expect_body.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (failed != 0) {
        std::array<char, 200> why{};
        ::regerror(failed, &body_pattern_, why.data(), why.size());
        throw nm::UserError(nm::Exit::usage,
                            "--expect-body: " + nm::in_quotes(options.expect_body) + ": " + why.data());
    }
    has_body_pattern_ = true;
}

HttpSettings::~HttpSettings() {
    curl().slist_free_all(headers_);
    curl().slist_free_all(public_headers_);
    if (has_body_pattern_) ::regfree(&body_pattern_);
}

void HttpSettings::add_header(const std::string& line) {
    const auto colon = line.find(':');
    if (colon == std::string::npos || colon == 0)
        throw nm::UserError(nm::Exit::usage, "--header: write NAME: VALUE, or @FILE with such lines");
    headers_ = curl().slist_append(headers_, line.c_str());
    const std::string_view name = std::string_view(line).substr(0, colon);
    const bool is_private =
        same_word(name, "authorization") || same_word(name, "cookie") || same_word(name, "host");
    if (!is_private) public_headers_ = curl().slist_append(public_headers_, line.c_str());
}

bool HttpSettings::expects_status(std::uint64_t status) const {
    if (statuses_.empty()) return status < 400;
    const std::string text = std::to_string(status);
    return std::any_of(statuses_.begin(), statuses_.end(), [&](const std::string& pattern) {
        return pattern.ends_with("xx") ? text.substr(0, 1) == pattern.substr(0, 1) : text == pattern;
    });
}

bool HttpSettings::body_matches(const std::string& body) const {
    if (!has_body_pattern_) return true;
    regmatch_t range{};  // REG_STARTEND: a body may hold zero bytes
    range.rm_eo = static_cast<regoff_t>(body.size());
    return ::regexec(&body_pattern_, body.data(), 1, &range, REG_STARTEND) == 0;
}

}  // namespace nmprobe
