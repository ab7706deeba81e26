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

}  // namespace

LineMembers::LineMembers(std::vector<std::string_view> keys)
    : keys_(std::move(keys)), values_(keys_.size()), simd_(std::make_unique<Simd>()) {
    assert(keys_.size() <= 64);
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

// raw lies in the padded copy; what is kept lies at the same place of the line.
void LineMembers::remember(std::string_view key, std::string_view raw, std::string_view line) {
    if (key.size() >= longest_key) return;
    for (std::uint64_t left = keys_by_length_[key.size()]; left != 0; left &= left - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(left));
        if (keys_[i] != key) continue;
        values_[i] = line.substr(static_cast<std::size_t>(raw.data() - simd_->padded.get()), raw.size());
        return;
    }
}

bool LineMembers::read(std::string_view line) {
    std::ranges::fill(values_, std::string_view());
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
        remember(key, raw, line);
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
