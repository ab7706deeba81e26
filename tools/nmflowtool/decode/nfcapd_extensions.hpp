// The extensions of a record of nfdump 1.7: what lies in each, and where it goes in a flow record. Those that
// are not known are passed over. Proof: through wire_nfcapd.hpp.
#pragma once

#include "decode/nfcapd_fields.hpp"

namespace nmflowtool::nfcapd {

// is_event: of a firewall or a translator of addresses. False when the extension is shorter than its kind.
bool set_extension(std::uint16_t id, nm::Bytes body, bool is_event, FlowRecord& flow, LabelStack& labels);

}  // namespace nmflowtool::nfcapd
