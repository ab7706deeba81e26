// The structures that sflowtool prints, as data: its names for the fields, in the order of the wire.
#pragma once

#include <span>

#include "sflowtool/listing.hpp"

namespace nmflowtool {

struct ListedStructure {
    std::uint32_t number;
    std::string_view heading;  // "name value", printed first; empty: none
    // Names with spaces between, each with the kind of its value behind a colon: nothing a number of 32 bits,
    // 8 one of 64, d a signed one, p hundredths of a percentage, f a float, s a string that is not printed
    // when it is empty, S one that is, m a hardware address, a an address behind its type, 4 and 6 an IP
    // address, x 8 bytes in hex, t a direction, o an outcome, 1 a byte. Behind the kind: > is printed behind
    // the others, ? may be missing with all that follow.
    std::string_view fields;
};

std::span<const ListedStructure> listed_flow_structures();
std::span<const ListedStructure> listed_counter_structures();

// Prints the structure of this number with its heading, when it is one of these. False, and nothing is
// printed, when the bytes do not reach.
bool list_structure(std::span<const ListedStructure> structures, std::uint32_t number, nm::ByteReader& in,
                    Listing& listing);

}  // namespace nmflowtool
