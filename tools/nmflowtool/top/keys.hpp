// What flows are grouped by: "src_ip,dst_port,src_ip/24,dst_ip/24/64". Each part packs its member of a flow
// record into bytes of fixed width, so that a key is compared and hashed as bytes, and unpacks it for output.
// The names are those of the record; nothing here repeats them. "ip", "port", "as", "interface" and "mac"
// stand for the source's and the destination's: a flow then has two keys, one seen from each side. Proof:
// tests/unit/nmflowtool_top_test.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/flow.hpp"

namespace nmflowtool {

// Every key there is, without prefix lengths.
std::vector<std::string> group_keys();

class GroupKey {
  public:
    enum class Side : std::uint8_t { source, destination };

    // Throws UserError that names the part which is no key.
    static GroupKey parse(std::string_view text);

    // Bytes of a packed key, a multiple of 8.
    std::size_t width() const { return width_; }
    // Whether a part is a name that exporters tell beside their flows.
    bool has_names() const { return has_names_; }
    // Whether the two sides of a flow have different keys.
    bool has_sides() const { return has_sides_; }
    // Writes width() bytes. What the record lacks is packed as absent, not as zero.
    void pack(const nm::FlowRecord& flow, const nm::FlowNames& names, std::uint8_t* out,
              Side side = Side::source) const;
    void unpack(const std::uint8_t* key, nm::FlowTop& top) const;
    // The keys of the flow record that are packed.
    const std::vector<std::string_view>& keys() const { return keys_; }
    // The keys of the records that show the parts, in their order.
    const std::vector<std::string_view>& shown() const { return shown_; }

  private:
    using Pack = void (*)(const nm::FlowRecord& flow, const nm::FlowNames& names, std::uint8_t* out);

    struct Part {
        std::array<Pack, 2> pack{};  // by side
        void (*unpack)(const std::uint8_t* in, nm::FlowTop& top) = nullptr;
        std::size_t offset = 0;
        // Networks instead of addresses; then the members below are used instead of the functions.
        std::array<nm::IpAddress nm::FlowRecord::*, 2> address{};
        nm::Prefix nm::FlowTop::*prefix = nullptr;
        unsigned v4_bits = 32;
        unsigned v6_bits = 128;
    };

    void add(std::string_view text);
    void add_prefix(std::string_view text, std::string_view name, std::string_view bits);

    std::vector<Part> parts_;
    std::vector<std::string_view> keys_;
    std::vector<std::string_view> shown_;
    std::size_t width_ = 0;
    bool has_sides_ = false;
    bool has_names_ = false;
};

}  // namespace nmflowtool
