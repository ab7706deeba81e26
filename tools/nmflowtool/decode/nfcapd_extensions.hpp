// The extensions of a record of nfdump 1.7: what lies in each, and where it goes in a flow record. Those that
// are not known are passed over. Proof: through wire_nfcapd.hpp.
#pragma once

#include "decode/nfcapd_fields.hpp"

namespace nmflowtool::nfcapd {

// So many of them from in: each its type (2), its length with these four bytes (2), and its members.
// is_event: of a firewall or a translator of addresses. False when one is cut or shorter than its kind.
bool set_extensions(nm::ByteReader in, unsigned count, bool is_event, FlowRecord& flow, LabelStack& labels);

}  // namespace nmflowtool::nfcapd
