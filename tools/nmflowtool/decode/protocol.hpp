// Which protocol a datagram is of, by its first bytes: there is no port that tells it.
// Proof: tests/unit/nmflowtool_protocol_test.cpp.
#pragma once

#include <optional>

#include "record/flow_stats.hpp"
#include "wire/byte_reader.hpp"

namespace nmflowtool {

// Nothing for what is none of flow export, such as DNS, STUN or TFTP.
std::optional<nm::ExportProtocol> protocol_of(nm::Bytes payload);

// Of those that this version decodes.
bool is_netflow(nm::ExportProtocol protocol);
bool is_sflow(nm::ExportProtocol protocol);

}  // namespace nmflowtool
