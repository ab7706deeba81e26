#include "format/format.hpp"
#include "json/escape.hpp"

namespace nm {
namespace {

std::string_view json_type(ValueKind kind) {
    switch (kind) {
        case ValueKind::boolean:
            return R"("type":"boolean")";
        // Integers above 2^53 are written as strings of digits.
        case ValueKind::integer:
            return R"("type":["integer","string"],"pattern":"^-?[0-9]+$")";
        case ValueKind::real:
            return R"("type":"number")";
        case ValueKind::time:
            return R"("type":"string","format":"date-time")";
        case ValueKind::list:
            return R"("type":"array")";
        default:
            return R"("type":"string")";
    }
}

}  // namespace

std::string json_schema(const RecordType& type) {
    TextBuffer out;
    out.append(std::string_view(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","title":)"));
    append_json_string(out, type.type);
    out.append(std::string_view(R"(,"description":)"));
    append_json_string(out, type.doc);
    out.append(
        std::string_view(R"(,"type":"object","required":["type","v"],"properties":{"type":{"const":)"));
    append_json_string(out, type.type);
    out.append(R"(},"v":{"const":)" + std::to_string(type.version) + "}");
    for (const FieldAccess& field : type.fields) {
        if (field.info.kind == ValueKind::labels) continue;
        out.append(',');
        append_json_string(out, field.info.key);
        out.append(std::string_view(":{"));
        out.append(json_type(field.info.kind));
        out.append(std::string_view(R"(,"description":)"));
        append_json_string(out, field.info.doc);
        out.append('}');
    }
    out.append(std::string_view("}}"));
    return std::string(out.view());
}

}  // namespace nm
