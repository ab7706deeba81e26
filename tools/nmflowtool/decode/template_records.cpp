// Records by their template: what each step does with its bytes.
#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "decode/option_scope.hpp"
#include "decode/template.hpp"

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::IpAddress;
using nm::Time;

// Whether a zero is a value.
template <class Value>
bool takes_zero(const std::optional<Value>& member, Meaning meaning) {
    return meaning != Meaning::nonzero && meaning != Meaning::mpls_label &&
           !(meaning == Meaning::twin && member.has_value());
}

// Exporters fill the places of labels that a packet lacks with zeros: all of it, the bit of the bottom too.
template <class Value>
void put(char* member, std::uint64_t value, Meaning meaning) {
    auto& out = *reinterpret_cast<std::optional<Value>*>(member);
    if (value == 0 && !takes_zero(out, meaning)) return;
    if (meaning == Meaning::mpls_label) value >>= 4;
    if (value <= std::numeric_limits<Value>::max()) out = static_cast<Value>(value);
}

template <class Value>
void put_exact(char* member, Value value, Meaning meaning) {
    auto& out = *reinterpret_cast<std::optional<Value>*>(member);
    if (value != 0 || takes_zero(out, meaning)) out = value;
}

// The rate that a probability stands for, as a number; 0 when it stands for none.
std::uint64_t rate_of(ByteReader& in, std::size_t width) {
    const double probability = width == 4 ? std::bit_cast<float>(in.u32()) : std::bit_cast<double>(in.u64());
    const bool is_rate = probability > 1e-9 && probability <= 1;
    return is_rate ? static_cast<std::uint64_t>(std::llround(1 / probability)) : 0;
}

void put_flags(char* member, std::uint64_t value) {
    *reinterpret_cast<std::optional<nm::TcpFlags>*>(member) = static_cast<nm::TcpFlags>(value & 0xFFu);
}

template <class Enum>
void put_word(char* member, std::uint64_t value) {
    if (value < nm::enum_words<Enum>.size() && !nm::enum_words<Enum>[value].empty())
        *reinterpret_cast<std::optional<Enum>*>(member) = static_cast<Enum>(value);
}

// Some exporters name the IPv4 and the IPv6 address in one template and fill the unused one with zeros.
void put_ip(char* member, nm::Bytes bytes, Meaning meaning) {
    auto& out = *reinterpret_cast<IpAddress*>(member);
    if (is_zero(bytes) && (meaning == Meaning::nonzero_address || out.is_set())) return;
    out = IpAddress::from_bytes(bytes);
}

void put_ipv4(char* member, nm::Bytes bytes, Meaning meaning) {
    std::uint32_t raw = 0;
    if (bytes.size() == sizeof raw) std::memcpy(&raw, bytes.data(), sizeof raw);
    auto& out = *reinterpret_cast<IpAddress*>(member);
    if (raw == 0 && (meaning == Meaning::nonzero_address || out.is_set())) return;
    out = {};
    std::memcpy(out.bytes.data(), &raw, sizeof raw);
    out.family = nm::Family::v4;
}

void put_mac(char* member, nm::Bytes bytes) {
    auto& out = reinterpret_cast<std::optional<nm::Mac>*>(member)->emplace();
    std::ranges::copy(bytes, out.bytes.begin());
}

// The IPv4 and the IPv6 element may stand side by side, the unused one zero.
void put_icmp(nm::FlowRecord& record, std::uint64_t type_and_code) {
    if (type_and_code == 0 && record.icmp_type) return;
    record.icmp_type = static_cast<std::uint8_t>(type_and_code >> 8);
    record.icmp_code = static_cast<std::uint8_t>(type_and_code);
}

template <class Text>
void put_text(char* member, nm::Bytes bytes) {
    const std::string_view text = text_of(bytes);
    if (!text.empty()) reinterpret_cast<std::optional<Text>*>(member)->emplace(text);
}

// "3:443": the engine, then the selector, which has as many bytes as are left.
void put_application(char* member, ByteReader in, std::size_t width) {
    const unsigned engine = in.u8();
    const std::uint64_t selector = in.uint(width - 1);
    if (engine == 0 && selector == 0) return;
    std::array<char, 24> text;
    char* at = std::to_chars(text.data(), text.data() + text.size(), engine).ptr;
    *at++ = ':';
    at = std::to_chars(at, text.data() + text.size(), selector).ptr;
    reinterpret_cast<std::optional<nm::Text32>*>(member)->emplace(
        std::string_view(text.data(), static_cast<std::size_t>(at - text.data())));
}

}  // namespace

bool Template::apply(ByteReader& in, const ExportClock& clock, nm::FlowRecord& record, Parts& parts) const {
    return run(in, {clock, reinterpret_cast<char*>(&record), parts});
}

bool Template::apply(ByteReader& in, const ExportClock& clock, nm::FlowOption& record, Parts& parts) const {
    ByteReader scope(in.rest());
    if (!run(in, {clock, reinterpret_cast<char*>(&record), parts})) return false;
    if (scope_fields_ == 0) return true;
    const TemplateField& first = fields_.front();
    record.scope = scope_of(first);
    const bool is_exporter = record.scope == nm::OptionScope::system;  // which is told by its address
    const std::size_t width = is_variable(first) ? read_variable_length(scope) : first.length;
    if (!is_exporter && width >= 1 && width <= 8) record.scope_value = scope.uint(width);
    return true;
}

// Most fields of most templates; apart from the others, so that it is inline.
inline void Template::store_fixed(const Step& step, ByteReader& in, const Target& target) {
    char* member = target.record + step.offset;
    switch (step.store) {
        case Store::skip:
            in.skip(step.width);
            break;
        case Store::u8_in_1:
            put_exact<std::uint8_t>(member, in.u8(), step.meaning);
            break;
        case Store::u16_in_2:
            put_exact<std::uint16_t>(member, in.u16(), step.meaning);
            break;
        case Store::u32_in_4:
            put_exact<std::uint32_t>(member, in.u32(), step.meaning);
            break;
        case Store::u32_in_2:
            put_exact<std::uint32_t>(member, in.u16(), step.meaning);
            break;
        case Store::u32_in_1:
            put_exact<std::uint32_t>(member, in.u8(), step.meaning);
            break;
        case Store::flags_in_1:
            put_flags(member, in.u8());
            break;
        case Store::u64_in_8:
            put_exact<std::uint64_t>(member, in.u64(), step.meaning);
            break;
        case Store::u64_in_4:
            put_exact<std::uint64_t>(member, in.u32(), step.meaning);
            break;
        case Store::ip_in_4:
            put_ipv4(member, in.bytes(4), step.meaning);
            break;
        case Store::uptime_in_4:
            *reinterpret_cast<Time*>(member) = target.clock.at(in.u32());
            break;
        default:
            store(step, step.width, in, target);
            break;
    }
}

bool Template::run(ByteReader& in, const Target& target) const {
    if (is_fixed_) {
        ByteReader record = in.sub(min_length_);
        for (const Step& step : steps_) store_fixed(step, record, target);
        return record.ok();
    }
    for (const Step& step : steps_) {
        if (!step.is_variable) {
            store_fixed(step, in, target);
            continue;
        }
        const std::size_t width = read_variable_length(in);
        if (step.store == Store::skip || !width_fits(step.meaning, width))
            in.skip(width);
        else
            store(step, width, in, target);
    }
    return in.ok();
}

void Template::store(const Step& step, std::size_t width, ByteReader& in, const Target& target) {
    char* member = target.record + step.offset;
    switch (step.store) {
        case Store::u8:
            put<std::uint8_t>(member, read_number(in, width), step.meaning);
            break;
        case Store::u16:
            put<std::uint16_t>(member, read_number(in, width), step.meaning);
            break;
        case Store::u32:
            if (step.meaning == Meaning::probability)
                put<std::uint32_t>(member, rate_of(in, width), Meaning::nonzero);
            else
                put<std::uint32_t>(member, read_number(in, width), step.meaning);
            break;
        case Store::u64:
            put<std::uint64_t>(member, read_number(in, width), step.meaning);
            break;
        case Store::flags:
            put_flags(member, read_number(in, width));
            break;
        case Store::direction:
            put_word<nm::Direction>(member, read_number(in, width));
            break;
        case Store::nat_event:
            put_word<nm::NatEvent>(member, read_number(in, width));
            break;
        case Store::fw_event:
            put_word<nm::FirewallEvent>(member, read_number(in, width));
            break;
        case Store::mac:
            put_mac(member, in.bytes(width));
            break;
        case Store::ip:
            put_ip(member, in.bytes(width), step.meaning);
            break;
        case Store::time: {
            const std::uint64_t value = read_number(in, width);
            *reinterpret_cast<Time*>(member) = step.meaning == Meaning::uptime_ms
                                                   ? target.clock.at(static_cast<std::uint32_t>(value))
                                                   : time_from(value, step.meaning);
            break;
        }
        case Store::text:
            reinterpret_cast<std::string*>(member)->assign(text_of(in.bytes(width)));
            break;
        case Store::text32:
            put_application(member, in.sub(width), width);
            break;
        case Store::text64:
            put_text<nm::Text64>(member, in.bytes(width));
            break;
        case Store::part:
            put<std::uint64_t>(reinterpret_cast<char*>(&target.parts) + step.offset, read_number(in, width),
                               step.meaning);
            break;
        case Store::icmp:
            put_icmp(*reinterpret_cast<nm::FlowRecord*>(target.record), read_number(in, width));
            break;
        default:
            break;  // those of store_fixed()
    }
}

}  // namespace nmflowtool
