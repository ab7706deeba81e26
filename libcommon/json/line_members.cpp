#include "json/line_members.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

namespace nm {
namespace od = simdjson::ondemand;

struct LineMembers::Simd {
    od::parser parser;
    od::document document;
    std::unique_ptr<char[]> padded;
    std::size_t capacity = 0;

    void copy(std::string_view line) {
        const std::size_t wanted = line.size() + simdjson::SIMDJSON_PADDING;
        if (wanted > capacity) {
            capacity = wanted * 2;
            padded = std::make_unique<char[]>(capacity);
        }
        if (!line.empty()) std::memcpy(padded.get(), line.data(), line.size());
    }
};

namespace {

// A scalar's token reaches to the next token, so over white space.
std::string_view trimmed(std::string_view raw) {
    while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\t' || raw.back() == '\r'))
        raw.remove_suffix(1);
    return raw;
}

bool raw_value(od::value value, std::string_view& raw) {
    od::json_type kind;
    if (value.type().get(kind) != simdjson::SUCCESS) return false;
    if (kind == od::json_type::array)
        return simdjson::to_json_string(value.get_array()).get(raw) == simdjson::SUCCESS;
    if (kind == od::json_type::object)
        return simdjson::to_json_string(value.get_object()).get(raw) == simdjson::SUCCESS;
    raw = trimmed(value.raw_json_token());
    return !raw.empty();
}

// The end of the string that begins behind a quotation mark: its closing one. nullptr for a string with
// escapes, control characters or bytes beyond ASCII, and for one that never ends.
const char* plain_string_end(const char* at, const char* end) {
    constexpr std::uint64_t ones = 0x0101010101010101u;
    constexpr std::uint64_t tops = 0x8080808080808080u;
    const auto zero_bytes = [](std::uint64_t word) { return (word - ones) & ~word & tops; };
    if constexpr (std::endian::native == std::endian::little) {
        for (; end - at >= 8; at += 8) {
            std::uint64_t word;
            std::memcpy(&word, at, 8);
            const std::uint64_t quotes = zero_bytes(word ^ ones * '"');
            const std::uint64_t others =
                zero_bytes(word ^ ones * '\\') | ((word - ones * ' ') & ~word & tops) | (word & tops);
            if ((quotes | others) == 0) continue;
            const int first = std::countr_zero(quotes | others);
            return quotes >> first & 1u ? at + first / 8 : nullptr;
        }
    }
    for (; at < end; ++at) {
        if (*at == '"') return at;
        if (*at == '\\' || static_cast<unsigned char>(*at) < ' ' || static_cast<unsigned char>(*at) > '~')
            return nullptr;
    }
    return nullptr;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Behind an integer or a number with decimals; nullptr for other spellings (exponents).
const char* plain_number_end(const char* at, const char* end) {
    if (at < end && *at == '-') ++at;
    const char* digits = at;
    while (at < end && is_digit(*at)) ++at;
    if (at == digits || (*digits == '0' && at - digits > 1)) return nullptr;
    if (at == end || *at != '.') return at;
    digits = ++at;
    while (at < end && is_digit(*at)) ++at;
    return at == digits ? nullptr : at;
}

const char* plain_value_end(const char* at, const char* end) {
    if (at == end) return nullptr;
    if (*at != '"') return plain_number_end(at, end);
    const char* quote = plain_string_end(at + 1, end);
    return quote == nullptr ? nullptr : quote + 1;
}

}  // namespace

LineMembers::LineMembers(std::vector<std::string_view> keys)
    : keys_(std::move(keys)), values_(keys_.size()), simd_(std::make_unique<Simd>()) {
    assert(keys_.size() <= most_keys);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        assert(keys_[i].size() < longest_key);
        keys_by_length_[keys_[i].size()] |= std::uint64_t{1} << i;
    }
}

LineMembers::~LineMembers() = default;

bool LineMembers::fail(const char* why) {
    error_ = std::string("not a JSON object: ") + why;
    return false;
}

void LineMembers::remember(std::string_view key, std::string_view value) {
    if (key.size() >= longest_key) return;
    for (std::uint64_t left = keys_by_length_[key.size()]; left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        if (keys_[i] != key) continue;
        values_[i] = value;
        return;
    }
}

// What nearly every line of ours is: {"key":"text","key":12.5} without white space, escapes or nesting. Read
// in one pass, several times as fast as by a parser that must be ready for everything. False: not such a
// line, or no JSON at all.
bool LineMembers::read_plain(std::string_view line) {
    const char* at = line.data();
    const char* end = at + line.size();
    if (line.size() < 2 || *at != '{') return false;
    do {
        if (++at == end || *at != '"') return false;
        const char* key = at + 1;
        const char* key_end = plain_string_end(key, end);
        if (key_end == nullptr || key_end + 1 == end || key_end[1] != ':') return false;
        const char* value = key_end + 2;
        at = plain_value_end(value, end);
        if (at == nullptr || at == end) return false;
        remember({key, static_cast<std::size_t>(key_end - key)},
                 {value, static_cast<std::size_t>(at - value)});
    } while (*at == ',');
    if (*at != '}' || at + 1 != end) return false;
    closing_brace_ = line.size() - 1;
    return true;
}

bool LineMembers::read(std::string_view line) {
    std::ranges::fill(values_, std::string_view());
    if (read_plain(line)) return true;
    std::ranges::fill(values_, std::string_view());
    return read_any(line);
}

bool LineMembers::read_any(std::string_view line) {
    simd_->copy(line);
    od::object object;
    auto code = simd_->parser.iterate(simd_->padded.get(), line.size(), simd_->capacity).get(simd_->document);
    if (code == simdjson::SUCCESS) code = simd_->document.get_object().get(object);
    if (code != simdjson::SUCCESS) return fail(simdjson::error_message(code));
    for (auto member : object) {
        std::string_view key;
        od::value value;
        std::string_view raw;
        if (member.unescaped_key().get(key) != simdjson::SUCCESS) return fail("damaged key");
        if (member.value().get(value) != simdjson::SUCCESS || !raw_value(value, raw))
            return fail("damaged value");
        // raw lies in the padded copy; what is kept lies at the same place of the line.
        remember(key, line.substr(static_cast<std::size_t>(raw.data() - simd_->padded.get()), raw.size()));
    }
    if (simd_->document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
        return fail("text after the object");
    }
    closing_brace_ = line.rfind('}');
    return closing_brace_ != std::string_view::npos || fail("no closing brace");
}

std::string_view LineMembers::text(std::size_t key) const {
    const std::string_view raw = values_[key];
    if (raw.size() < 2 || raw.front() != '"' || raw.find('\\') != std::string_view::npos) return {};
    return raw.substr(1, raw.size() - 2);
}

}  // namespace nm
