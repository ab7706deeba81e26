#include "decode/domains_state.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/hex.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "decode/protocol.hpp"
#include "decode/xdr.hpp"

namespace nmflowtool {
namespace {

constexpr std::string_view word_of_all_versions = "nmflowtool-state ";
constexpr std::string_view magic = "nmflowtool-state 1 ";
using Words = std::vector<std::string_view>;

void append(std::string& text, const Template& layout, std::uint16_t id) {
    text += "template " + std::to_string(id) + (layout.is_options() ? " options " : " data ") +
            std::to_string(layout.scope_fields());
    for (const TemplateField& field : layout.fields()) {
        text += ' ' + std::to_string(field.enterprise) + ':' + std::to_string(field.id) + ':' +
                std::to_string(field.length);
    }
    text += '\n';
}

template <class Id>
void append_rates(std::string& text, std::string_view word,
                  const std::unordered_map<Id, std::uint32_t>& rates) {
    for (const auto& [id, rate] : std::map(rates.begin(), rates.end())) {
        text += word;
        text += ' ' + std::to_string(id) + ' ' + std::to_string(rate) + '\n';
    }
}

// What the names of each table of ExporterNames are of: calls visit(word, names) for each.
template <class Names, class Visit>
void for_each_table(Names& names, Visit&& visit) {
    visit("interface", names.interfaces);
    visit("description", names.interface_descriptions);
    visit("vrf", names.vrfs);
    visit("sampler", names.samplers);
    visit("application", names.applications);
}

std::string key_text(std::uint64_t number) {
    return std::to_string(number);
}
std::string key_text(const nm::Text32& application) {
    return std::string(application.view());
}

// Names are any bytes: as hexadecimal digits.
void append_names(std::string& text, const ExporterNames& names) {
    for_each_table(names, [&](std::string_view word, const auto& table) {
        std::map<std::string, nm::Text64> sorted;
        for (const auto& [key, name] : table) sorted.emplace(key_text(key), name);
        for (const auto& [key, name] : sorted) {
            text += "name ";
            text += word;
            text += ' ' + key + ' ';
            nm::append_hex(text, nm::as_bytes(name.view()));
            text += '\n';
        }
    });
}

void append(std::string& text, const Domain& domain) {
    if (domain.templates.empty() && domain.sampler_rates.empty() && domain.interface_rates.empty() &&
        !domain.sampling_rate && domain.names.size() == 0)
        return;
    text += "domain " + std::string(word_of(domain.key.protocol)) + ' ' + to_string(domain.key.exporter) +
            ' ' + std::to_string(domain.key.id) + (domain.is_proven ? " proven" : " unproven");
    if (domain.key.port != 0) text += ' ' + std::to_string(domain.key.port);
    text += '\n';
    if (domain.told_boot_ms) text += "boot " + std::to_string(*domain.told_boot_ms) + '\n';
    if (const auto& boot = domain.boots.current())
        text += "start " + std::to_string(boot->by_exporter_ms) + ' ' + std::to_string(boot->by_receiver_ms) +
                ' ' + std::to_string(boot->uptime_ms) + '\n';
    if (domain.sampling_rate) text += "rate " + std::to_string(*domain.sampling_rate) + '\n';
    append_rates(text, "sampler", domain.sampler_rates);
    append_rates(text, "interface", domain.interface_rates);
    std::vector<std::uint16_t> ids;
    for (const auto& known : domain.templates) ids.push_back(known.first);
    std::ranges::sort(ids);
    for (const std::uint16_t id : ids) append(text, domain.templates.at(id), id);
    append_names(text, domain.names);
}

// What one domain line and the lines behind it say.
struct Restored {
    DomainKey key;
    bool is_proven = false;
    std::optional<std::int64_t> told_boot_ms;
    std::optional<BootTime> boot;
    std::optional<std::uint32_t> sampling_rate;
    std::map<std::uint64_t, std::uint32_t> sampler_rates;
    std::map<std::uint32_t, std::uint32_t> interface_rates;
    std::map<std::uint16_t, Template> templates;
    ExporterNames names;
};

template <class Number>
bool read(std::string_view word, Number& out) {
    const auto number = nm::parse_number<Number>(word);
    if (number) out = *number;
    return number.has_value();
}

bool read_domain(const Words& words, Restored& out) {
    if (words.size() != 5 && words.size() != 6) return false;
    if (words.size() == 6 && (!read(words[5], out.key.port) || out.key.port == 0)) return false;
    const auto protocol = nm::enum_of<nm::ExportProtocol>(words[1]);
    const auto exporter = nm::parse_ip(words[2]);
    if (!protocol || !exporter || !read(words[3], out.key.id)) return false;
    out.key.protocol = *protocol;
    out.key.exporter = *exporter;
    out.is_proven = words[4] == "proven";
    return out.is_proven || words[4] == "unproven";
}

bool read_field(std::string_view word, TemplateField& out) {
    const Words parts = nm::split(word, ':');
    return parts.size() == 3 && read(parts[0], out.enterprise) && read(parts[1], out.id) &&
           read(parts[2], out.length);
}

bool read_template(const Words& words, const Limits& limits, Restored& out) {
    std::uint16_t id = 0, scope_fields = 0;
    if (words.size() < 5 || words.size() - 4 > limits.fields_per_template) return false;
    const bool is_options = words[2] == "options";
    if (!read(words[1], id) || id < 256 || !read(words[3], scope_fields)) return false;
    if (!is_options && words[2] != "data") return false;
    std::vector<TemplateField> fields(words.size() - 4);
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (!read_field(words[i + 4], fields[i])) return false;
    }
    if (scope_fields > fields.size()) return false;
    const Dialect dialect = out.key.protocol == nm::ExportProtocol::ipfix ? Dialect::ipfix : Dialect::netflow;
    Template layout(std::move(fields), scope_fields, is_options, dialect);
    if (layout.min_length() == 0) return false;
    return out.templates.emplace(id, std::move(layout)).second &&
           out.templates.size() <= limits.templates_per_domain;
}

template <class Id>
bool read_rate(const Words& words, const Limits& limits, std::map<Id, std::uint32_t>& out) {
    Id id = 0;
    std::uint32_t rate = 0;
    return words.size() == 3 && read(words[1], id) && read(words[2], rate) && rate > 0 &&
           out.emplace(id, rate).second && out.size() <= limits.samplers_per_domain;
}

bool read_start(const Words& words, Restored& out) {
    BootTime& boot = out.boot.emplace();
    constexpr std::int64_t latest_ms = std::int64_t{1} << 48;
    return words.size() == 4 && read(words[1], boot.by_exporter_ms) &&
           std::abs(boot.by_exporter_ms / 2) < latest_ms && read(words[2], boot.by_receiver_ms) &&
           read(words[3], boot.uptime_ms);
}

bool read(std::string_view word, nm::Text32& out) {
    out.assign(word);
    return !word.empty() && out.view() == word;
}

template <class Table>
bool read_name(std::string_view key_word, std::string_view hex, Table& table) {
    typename Table::key_type key{};
    const auto bytes = nm::parse_hex(hex);
    if (!bytes || bytes->empty() || !read(key_word, key)) return false;
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    const nm::Text64 name(text);
    return name.view() == text && table.emplace(key, name).second;
}

bool read_name(const Words& words, const Limits& limits, ExporterNames& names) {
    if (words.size() != 4 || names.size() >= limits.names_per_domain) return false;
    bool is_read = false;
    for_each_table(names, [&](std::string_view word, auto& table) {
        if (word == words[1]) is_read = read_name(words[2], words[3], table);
    });
    return is_read;
}

bool read_line(std::string_view line, const Limits& limits, std::vector<Restored>& out) {
    const Words words = nm::split(line, ' ');
    if (words[0] == "domain") {
        return out.size() < limits.domains && read_domain(words, out.emplace_back());
    }
    if (out.empty()) return false;
    Restored& domain = out.back();
    if (words[0] == "template") return read_template(words, limits, domain);
    if (words[0] == "sampler") return read_rate(words, limits, domain.sampler_rates);
    if (words[0] == "interface") return read_rate(words, limits, domain.interface_rates);
    if (words[0] == "start") return read_start(words, domain);
    if (words[0] == "name") return read_name(words, limits, domain.names);
    if (words.size() != 2) return false;
    if (words[0] == "boot") return read(words[1], domain.told_boot_ms.emplace());
    return words[0] == "rate" && read(words[1], domain.sampling_rate.emplace()) && *domain.sampling_rate > 0;
}

std::size_t apply(Restored& restored, DomainTable& domains) {
    Domain& domain = domains.get(restored.key);
    if (restored.is_proven) domains.prove(domain);
    domain.told_boot_ms = restored.told_boot_ms;
    if (restored.boot) domain.boots.adopt(*restored.boot);
    domain.sampling_rate = restored.sampling_rate;
    domain.sampler_rates.insert(restored.sampler_rates.begin(), restored.sampler_rates.end());
    domain.interface_rates.insert(restored.interface_rates.begin(), restored.interface_rates.end());
    domains.adopt_names(domain, std::move(restored.names));
    std::size_t count = 0;
    for (auto& [id, layout] : restored.templates) count += domains.learn(domain, id, std::move(layout));
    domains.open_books(domain);  // they are of this run
    return count;
}

}  // namespace

std::string state_of(const DomainTable& domains) {
    std::string body;
    domains.for_each([&](const Domain& domain) { append(body, domain); });
    return std::string(magic) + nm::sha256_hex(body) + '\n' + body;
}

bool is_state(std::string_view text) {
    return text.starts_with(word_of_all_versions);
}

nm::Result<std::size_t> restore_state(std::string_view text, TemplateScope scope, DomainTable& domains) {
    const auto refuse = [](std::string why) { return nm::Error{nm::Exit::bad_data, std::move(why)}; };
    if (!text.starts_with(magic)) return refuse("not a state of this version");
    const auto end_of_head = text.find('\n');
    if (end_of_head == std::string_view::npos) return refuse("cut short");
    std::string_view body = text.substr(end_of_head + 1);
    if (text.substr(magic.size(), end_of_head - magic.size()) != nm::sha256_hex(body))
        return refuse("its checksum is wrong");
    std::vector<Restored> restored;
    for (std::size_t line = 2; !body.empty(); ++line) {
        const auto end = std::min(body.find('\n'), body.size());
        if (!read_line(body.substr(0, end), domains.limits(), restored))
            return refuse("line " + std::to_string(line) + " cannot be used");
        body.remove_prefix(std::min(end + 1, body.size()));
    }
    // What belongs to none of the exporters of this run would be missing from the next state. Ports tell the
    // scope, though one of many may be 0.
    const auto is_scoped = [](const Restored& domain) { return !is_sflow(domain.key.protocol); };
    const auto has_port = [](const Restored& domain) { return domain.key.port != 0; };
    if (std::ranges::any_of(restored, is_scoped) &&
        std::ranges::any_of(restored, has_port) != (scope == TemplateScope::port)) {
        return nm::Error{nm::Exit::usage,
                         "was learnt with another --template-scope: give the same, or another file"};
    }
    std::size_t count = 0;
    for (Restored& domain : restored) count += apply(domain, domains);
    return count;
}

}  // namespace nmflowtool
