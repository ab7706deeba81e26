#include "json/line_members.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

// What ends the plain part of a string: its closing quotation mark, or a byte that makes it not plain.
bool ends_plain(char c) {
    return c == '"' || c == '\\' || static_cast<signed char>(c) < ' ';  // bytes beyond ASCII are negative
}

// The end of the string that begins behind a quotation mark: its closing one. nullptr for a string with
// escapes, control characters or bytes beyond ASCII, and for one that never ends.
inline const char* plain_string_end(const char* at, const char* end) {
#ifdef __SSE2__
    for (; end - at >= 16; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
        const __m128i others = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')),
                                            _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')));
        const int found = _mm_movemask_epi8(_mm_or_si128(quotes, others));
        if (found == 0) continue;
        at += std::countr_zero(static_cast<unsigned>(found));
        return *at == '"' ? at : nullptr;
    }
#endif
    while (at < end && !ends_plain(*at)) ++at;
    return at < end && *at == '"' ? at : nullptr;
}

inline bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Behind an integer or a number with decimals; nullptr for other spellings (exponents).
inline const char* plain_number_end(const char* at, const char* end) {
    if (at < end && *at == '-') ++at;
    const char* digits = at;
    while (at < end && is_digit(*at)) ++at;
    if (at == digits || (*digits == '0' && at - digits > 1)) return nullptr;
    if (at == end || *at != '.') return at;
    digits = ++at;
    while (at < end && is_digit(*at)) ++at;
    return at == digits ? nullptr : at;
}

inline const char* plain_value_end(const char* at, const char* end) {
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
    error_ = "not a JSON object";
    if (why != nullptr) error_ += std::string(": ") + why;
    return false;
}

void LineMembers::remember(std::string_view key, std::string_view value) {
    if (key.size() >= longest_key) return;
    for (std::uint64_t left = keys_by_length_[key.size()]; left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        const std::string_view wanted = keys_[i];
        if (!key.empty() && (wanted.back() != key.back() || wanted.front() != key.front())) continue;
        if (wanted != key) continue;
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
    // A number, a string, a word: that says it all.
    if (code == simdjson::INCORRECT_TYPE) return fail(nullptr);
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
