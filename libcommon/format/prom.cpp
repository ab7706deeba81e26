#include "format/format.hpp"

namespace nm {
namespace {

struct BaseUnit {
    Unit unit;
    std::string_view key_suffix;   // what our keys end with
    std::string_view prom_suffix;  // what Prometheus names end with
    double factor;
};
constexpr std::array base_units{
    BaseUnit{Unit::us, "_us", "_seconds", 1e-6}, BaseUnit{Unit::ms, "_ms", "_seconds", 1e-3},
    BaseUnit{Unit::s, "_s", "_seconds", 1},      BaseUnit{Unit::percent, "_pct", "_ratio", 1e-2},
    BaseUnit{Unit::bytes, "", "_bytes", 1},      BaseUnit{Unit::none, "", "", 1},
    BaseUnit{Unit::packets, "", "", 1},          BaseUnit{Unit::ratio, "", "_ratio", 1},
};

const BaseUnit& base_unit(Unit unit) {
    for (const BaseUnit& row : base_units) {
        if (row.unit == unit) return row;
    }
    return base_units[5];
}

void append_label(std::string& out, std::string_view key, std::string_view text) {
    out += out.empty() ? '{' : ',';
    for (const char c : key) {
        const bool allowed =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        out += allowed ? c : '_';
    }
    out += "=\"";
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    out += '"';
}

std::string labels_text(const RecordType& type, const void* record) {
    std::string out;
    TextBuffer scratch;
    for (const FieldAccess& field : type.fields) {
        if (const Labels* labels = field.labels(record)) {
            for (const auto& [key, text] : labels->items) append_label(out, key, text);
        } else if (field.info.role == Role::tag && field.present(record)) {
            scratch.clear();
            field.append_text(record, scratch);
            append_label(out, field.info.key, scratch.view());
        }
    }
    return out.empty() ? out : out + '}';
}

bool is_number(ValueKind kind) {
    return kind == ValueKind::boolean || kind == ValueKind::integer || kind == ValueKind::real;
}

}  // namespace

std::string prom_name(const RecordType& type, const FieldInfo& field) {
    const BaseUnit& unit = base_unit(field.unit);
    std::string name = "nm_" + std::string(type.type);
    std::string_view key = field.key;
    if (key.ends_with(unit.key_suffix)) key.remove_suffix(unit.key_suffix.size());
    name += '_';
    name += key;
    if (!name.ends_with(unit.prom_suffix)) name += unit.prom_suffix;
    for (char& c : name) {
        if (c == '.') c = '_';
    }
    return name;
}

void PromFormat::add(const RecordType& type, const void* record) {
    const std::string labels = labels_text(type, record);
    TextBuffer value;
    for (const FieldAccess& field : type.fields) {
        const bool wanted = field.info.role == Role::value && is_number(field.info.kind) &&
                            is_chosen(choice_, field.info.key);
        if (!wanted) continue;
        Metric& metric = metrics_[prom_name(type, field.info)];
        if (!field.present(record)) {
            metric.samples.erase(labels);  // what this round did not measure is not repeated from the last
            continue;
        }
        if (metric.help.empty()) metric.help = field.info.doc;
        value.clear();
        const double factor = base_unit(field.info.unit).factor;
        if (factor == 1)
            field.append_text(record, value);
        else {
            char* at = value.room(32);
            value.used(std::to_chars(at, at + 32, field.number(record) * factor).ptr);
        }
        if (field.info.kind == ValueKind::boolean)
            metric.samples[labels] = std::string(1, field.number(record) != 0 ? '1' : '0');
        else
            metric.samples[labels] = value.view();
    }
}

void PromFormat::append_page(TextBuffer& out) {
    for (const auto& [name, metric] : metrics_) {
        if (metric.samples.empty()) continue;
        out.append("# HELP " + name + " " + metric.help + "\n# TYPE " + name + " gauge\n");
        for (const auto& [labels, value] : metric.samples) out.append(name + labels + " " + value + "\n");
    }
}

}  // namespace nm
