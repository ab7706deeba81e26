// One structure of a flow sample as a row, and how its fields go into members of the sample. A room of rows
// is a file: wire_sflow_network.cpp, wire_sflow_device.cpp, wire_sflow_application.cpp.
#pragma once

#include <limits>
#include <span>

#include "decode/wire_sflow_structures.hpp"
#include "decode/xdr.hpp"

namespace nmflowtool {

struct FlowStructure {
    std::uint32_t number;
    bool (*read)(nm::ByteReader& in, nm::SflowSample& sample);
    bool is_common = false;  // sets nothing behind SampleNumbers
};

// Of routes, VLANs, labels and translation; of the switch, the radio and their drops; of sockets and
// services.
std::span<const FlowStructure> network_structures();
std::span<const FlowStructure> device_structures();
std::span<const FlowStructure> application_structures();

// Values that do not fit a member leave it absent.
template <class Small>
void set_small(std::optional<Small>& out, std::uint32_t value) {
    if (value <= std::numeric_limits<Small>::max()) out = static_cast<Small>(value);
}

template <class Enum>
void set_word(std::optional<Enum>& out, std::uint32_t value) {
    if (value < nm::enum_words<Enum>.size()) out = static_cast<Enum>(value);
}
template <class Enum>
void set_word(Enum& out, std::uint32_t value) {
    if (value < nm::enum_words<Enum>.size()) out = static_cast<Enum>(value);
}

// Structures of one field: a number of 32 bits, a text.
template <auto Member>
bool read_word(nm::ByteReader& in, nm::SflowSample& sample) {
    sample.*Member = in.u32();
    return in.ok();
}

template <auto Member>
bool read_text(nm::ByteReader& in, nm::SflowSample& sample) {
    xdr_string(in, sample.*Member);
    return in.ok();
}

}  // namespace nmflowtool
