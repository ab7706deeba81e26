#include "json/record_parser.hpp"

#include <simdjson.h>

#include <cmath>
#include <cstring>

namespace nm {
namespace od = simdjson::ondemand;

struct RecordParser::Simd {
    od::parser parser;
    od::document document;
    od::object object;
    std::unique_ptr<char[]> padded;
    std::size_t capacity = 0;
    std::vector<JsonValue> items;

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

bool scalar_number(od::value& in, JsonValue& out) {
    od::number number;
    if (in.get_number().get(number) != simdjson::SUCCESS) return false;
    if (number.is_int64()) {
        out.kind = JsonValue::Kind::integer;
        out.integer = number.get_int64();
    } else if (number.is_uint64()) {
        out.kind = JsonValue::Kind::big_integer;
        out.big_integer = number.get_uint64();
    } else {
        constexpr double most = 1ULL << 53;
        out.real = number.get_double();
        // 8e1 and 80.0, as some writers spell numbers without a fraction.
        const bool is_whole = std::abs(out.real) <= most && out.real == std::trunc(out.real);
        out.kind = is_whole ? JsonValue::Kind::integer : JsonValue::Kind::real;
        if (is_whole) out.integer = static_cast<std::int64_t>(out.real);
    }
    return true;
}

bool scalar(od::value in, JsonValue& out) {
    out = JsonValue{};
    od::json_type type;
    if (in.type().get(type) != simdjson::SUCCESS) return false;
    switch (type) {
        case od::json_type::null: {
            bool is_null = false;  // false, or an error, for other words that begin with n
            return in.is_null().get(is_null) == simdjson::SUCCESS && is_null;
        }
        case od::json_type::boolean:
            out.kind = JsonValue::Kind::boolean;
            return in.get_bool().get(out.boolean) == simdjson::SUCCESS;
        case od::json_type::number:
            return scalar_number(in, out);
        case od::json_type::string:
            out.kind = JsonValue::Kind::string;
            return in.get_string().get(out.text) == simdjson::SUCCESS;
        default:
            out.kind = JsonValue::Kind::object;
            return true;  // not looked into
    }
}

bool list(od::value in, std::vector<JsonValue>& items, JsonValue& out) {
    od::array array;
    if (in.get_array().get(array) != simdjson::SUCCESS) return false;
    items.clear();
    for (auto element : array) {
        od::value value;
        if (element.get(value) != simdjson::SUCCESS || !scalar(value, items.emplace_back())) return false;
    }
    out = JsonValue{};
    out.kind = JsonValue::Kind::list;
    out.items = items;
    return true;
}

// Lines come in the order of the description, so the field after the last one is tried first.
const FieldAccess* find_field(const RecordType& type, std::string_view key, std::size_t& hint) {
    const std::size_t n = type.fields.size();
    for (std::size_t i = 0; i < n; ++i) {
        const FieldAccess& field = type.fields[(hint + i) % n];
        if (field.info.key != key) continue;
        hint = (hint + i + 1) % n;
        return &field;
    }
    return nullptr;
}

}  // namespace

RecordParser::RecordParser() : simd_(std::make_unique<Simd>()) {}

RecordParser::~RecordParser() = default;

bool RecordParser::open(std::string_view line) {
    type_.clear();
    error_.clear();
    simd_->copy(line);
    const auto failed = [this](simdjson::error_code code) {
        error_ = "not a JSON object";
        // A number, a string, a word: that says it all.
        if (code != simdjson::INCORRECT_TYPE) error_ += std::string(": ") + simdjson::error_message(code);
        return false;
    };
    if (const auto code =
            simd_->parser.iterate(simd_->padded.get(), line.size(), simd_->capacity).get(simd_->document))
        return failed(code);
    if (const auto code = simd_->document.get_object().get(simd_->object)) return failed(code);
    std::string_view type;
    const auto code = simd_->object.find_field_unordered("type").get(type);
    if (code == simdjson::SUCCESS)
        type_ = type;
    else if (code != simdjson::NO_SUCH_FIELD && code != simdjson::INCORRECT_TYPE)
        return failed(code);
    if (const auto reset = simd_->object.reset().error()) return failed(reset);
    return true;
}

bool RecordParser::read(const RecordType& type, void* record) {
    type.reset(record);
    std::size_t hint = 0;
    for (auto member : simd_->object) {
        std::string_view key;
        od::value value;
        if (member.unescaped_key().get(key) != simdjson::SUCCESS ||
            member.value().get(value) != simdjson::SUCCESS) {
            error_ = "not a JSON object";
            return false;
        }
        const FieldAccess* field = find_field(type, key, hint);
        const bool may_be_label =
            field == nullptr && type.add_label != nullptr && key != "type" && key != "v";
        if (field == nullptr && !may_be_label) continue;
        od::json_type kind;
        JsonValue json;
        const bool parsed =
            value.type().get(kind) == simdjson::SUCCESS &&
            (kind == od::json_type::array ? list(value, simd_->items, json) : scalar(value, json));
        const bool is_absent = json.kind == JsonValue::Kind::null;  // as jq spells it
        if (!parsed || (field != nullptr && !is_absent && !field->set(record, json))) {
            error_ = std::string(key) + ": not a value of this key";
            return false;
        }
        if (may_be_label && json.kind == JsonValue::Kind::string) type.add_label(record, key, json.text);
    }
    if (simd_->document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
        error_ = "text after the JSON object";
        return false;
    }
    return true;
}

}  // namespace nm
