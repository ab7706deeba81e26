// Writes discarded packets, in a unit of their own: beside samples, which have the same fields, the compiler
// would inline less of what writes those.
#include "decode/sflow_output.hpp"
#include "flow_row.hpp"
#include "record/sflow.hpp"

namespace nmflowtool {

const nm::RecordType* sflow_drop_type() {
    return &nm::record_type<nm::SflowDrop>;
}

void write_sflow_drop(const nm::SflowDrop& drop, nm::Output& out) {
    write_beside_flows(out, drop);
}

}  // namespace nmflowtool
