#include "decode/template.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace nmflowtool {
namespace {

using nm::ByteReader;
using nm::IpAddress;
using nm::Time;

// The common widths as single loads; others byte by byte.
std::uint64_t read_number(ByteReader& in, std::size_t width) {
    switch (width) {
        case 1:
            return in.u8();
        case 2:
            return in.u16();
        case 4:
            return in.u32();
        case 8:
            return in.u64();
        default:
            return in.uint(width);
    }
}

// NTP format: seconds since 1900 and a binary fraction; microseconds ignore the lowest 11 bits.
Time from_ntp(std::uint64_t ntp, bool micro) {
    constexpr std::int64_t to_1970_s = 2'208'988'800;
    const auto seconds = static_cast<std::int64_t>(ntp >> 32) - to_1970_s;
    const std::uint64_t fraction = ntp & (micro ? 0xFFFFF800u : 0xFFFFFFFFu);
    return {seconds * nm::ns_per_s + static_cast<std::int64_t>(fraction * 1'000'000'000 >> 32)};
}

Time time_from(std::uint64_t value, Meaning meaning, const ExportClock& clock) {
    constexpr auto latest_s =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max() / nm::ns_per_s);
    switch (meaning) {
        case Meaning::uptime_ms:
            return clock.at(static_cast<std::uint32_t>(value));
        case Meaning::epoch_s:
            return value < latest_s ? Time{static_cast<std::int64_t>(value) * nm::ns_per_s} : Time{};
        case Meaning::epoch_ms:
            return value / 1000 < latest_s ? Time{static_cast<std::int64_t>(value) * nm::ns_per_ms} : Time{};
        case Meaning::epoch_us:
        case Meaning::epoch_ns:
            return value != 0 ? from_ntp(value, meaning == Meaning::epoch_us) : Time{};
        default:
            return {};
    }
}

template <class Value>
void put(char* member, std::uint64_t value, Meaning meaning) {
    auto& out = *reinterpret_cast<std::optional<Value>*>(member);
    const bool fits = value <= std::numeric_limits<Value>::max();
    if (fits && !(value == 0 && meaning == Meaning::nonzero)) out = static_cast<Value>(value);
}

// Some exporters name the IPv4 and the IPv6 address in one template and fill the unused one with zeros.
void put_ip(char* member, nm::Bytes bytes, Meaning meaning) {
    auto& out = *reinterpret_cast<IpAddress*>(member);
    const bool is_zero = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
    if (is_zero && (meaning == Meaning::nonzero_address || out.is_set())) return;
    out = IpAddress::from_bytes(bytes);
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

void put_text(char* member, nm::Bytes bytes) {
    const auto end = std::ranges::find(bytes, std::uint8_t{0});
    reinterpret_cast<std::string*>(member)->assign(bytes.begin(), end);
}

// The widths that an element of this meaning can have; anything else is passed over, not guessed at.
bool width_fits(Meaning meaning, std::size_t width) {
    switch (meaning) {
        case Meaning::address:
        case Meaning::nonzero_address:
            return width == 4 || width == 16;
        case Meaning::mac:
            return width == 6;
        case Meaning::text:
            return width > 0;
        default:
            return width >= 1 && width <= 8;
    }
}

}  // namespace

Template::Template(std::vector<TemplateField> fields, std::size_t scope_fields, bool is_options)
    : fields_(std::move(fields)), scope_fields_(scope_fields), is_options_(is_options) {
    for (const TemplateField& field : fields_) record_length_ += field.length;
    if (is_options_) {
        compile(&Element::option);
    } else {
        compile(&Element::flow);
    }
}

template <class Record>
Template::Step Template::step_for(const Element& element, const Member<Record>& member, std::uint16_t width) {
    static const Record sample{};
    Step step{static_cast<Store>(member.index()), element.meaning, 0, width};
    if (step.store == Store::skip || !width_fits(element.meaning, width)) {
        step.store = Store::skip;
        return step;
    }
    if (element.meaning == Meaning::icmp_type_code) step.store = Store::icmp;
    std::visit(
        [&step](auto pointer) {
            if constexpr (!std::is_same_v<decltype(pointer), std::monostate>) {
                const auto* base = reinterpret_cast<const char*>(&sample);
                step.offset =
                    static_cast<std::uint16_t>(reinterpret_cast<const char*>(&(sample.*pointer)) - base);
            }
        },
        member);
    return step;
}

void Template::add(Step step) {
    if (step.width == 0) return;
    if (step.store == Store::skip && !steps_.empty() && steps_.back().store == Store::skip) {
        steps_.back().width += step.width;
    } else {
        steps_.push_back(step);
    }
}

template <class Record>
void Template::compile(Member<Record> Element::*member) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const TemplateField& field = fields_[i];
        const Element* element = i < scope_fields_ ? nullptr : find_element(field.id);
        add(element ? step_for<Record>(*element, element->*member, field.length)
                    : Step{Store::skip, Meaning::number, 0, field.length});
    }
    steps_.shrink_to_fit();
}

void Template::apply(ByteReader& in, const ExportClock& clock, nm::FlowRecord& record) const {
    run(in, clock, reinterpret_cast<char*>(&record));
}

void Template::apply(ByteReader& in, const ExportClock& clock, nm::FlowOption& record) const {
    ByteReader scope(in.rest());
    run(in, clock, reinterpret_cast<char*>(&record));
    // The first scope says what the record is about; its number space is not that of the elements.
    if (scope_fields_ == 0) return;
    const TemplateField& first = fields_.front();
    if (first.id >= 1 && first.id <= 5) record.scope = static_cast<nm::OptionScope>(first.id);
    const bool is_exporter = record.scope == nm::OptionScope::system;  // which is told by its address
    if (!is_exporter && first.length >= 1 && first.length <= 8) record.scope_value = scope.uint(first.length);
}

void Template::run(ByteReader& in, const ExportClock& clock, char* record) const {
    for (const Step& step : steps_) {
        char* member = record + step.offset;
        switch (step.store) {
            case Store::skip:
                in.skip(step.width);
                break;
            case Store::u8:
                put<std::uint8_t>(member, read_number(in, step.width), step.meaning);
                break;
            case Store::u16:
                put<std::uint16_t>(member, read_number(in, step.width), step.meaning);
                break;
            case Store::u32:
                put<std::uint32_t>(member, read_number(in, step.width), step.meaning);
                break;
            case Store::u64:
                put<std::uint64_t>(member, read_number(in, step.width), step.meaning);
                break;
            case Store::flags:
                *reinterpret_cast<std::optional<nm::TcpFlags>*>(member) =
                    static_cast<nm::TcpFlags>(read_number(in, step.width) & 0xFFu);
                break;
            case Store::direction: {
                const std::uint64_t value = read_number(in, step.width);
                if (value <= 1) {
                    *reinterpret_cast<std::optional<nm::Direction>*>(member) =
                        static_cast<nm::Direction>(value);
                }
                break;
            }
            case Store::mac:
                put_mac(member, in.bytes(step.width));
                break;
            case Store::ip:
                put_ip(member, in.bytes(step.width), step.meaning);
                break;
            case Store::time:
                *reinterpret_cast<Time*>(member) =
                    time_from(read_number(in, step.width), step.meaning, clock);
                break;
            case Store::text:
                put_text(member, in.bytes(step.width));
                break;
            case Store::icmp:
                put_icmp(*reinterpret_cast<nm::FlowRecord*>(record), read_number(in, step.width));
                break;
        }
    }
}

}  // namespace nmflowtool
