#include "decode/sflow_output.hpp"

#include "flow_row.hpp"
#include "record/sflow.hpp"
#include "record/sflow_app.hpp"
#include "record/sflow_counters.hpp"
#include "record/sflow_host.hpp"

namespace nmflowtool {

std::vector<const nm::RecordType*> sflow_record_types() {
    return {&nm::record_type<nm::SflowSample>, sflow_drop_type(), &nm::record_type<nm::SflowCounters>,
            &nm::record_type<nm::SflowHost>, &nm::record_type<nm::SflowApp>};
}

nm::Time write_sflow(Decoder::Got got, const Records& records, nm::Output& out) {
    switch (got) {
        case Decoder::Got::sample:
            write_flow(out, records.sample);
            return records.sample.ts;
        case Decoder::Got::drop:
            write_sflow_drop(records.drop, out);
            return records.drop.ts;
        case Decoder::Got::counters:
            write_beside_flows(out, records.counters);
            return records.counters.ts;
        case Decoder::Got::host:
            write_beside_flows(out, records.host);
            return records.host.ts;
        case Decoder::Got::app:
            write_beside_flows(out, records.app);
            return records.app.ts;
        case Decoder::Got::flow:
        case Decoder::Got::option:
        case Decoder::Got::nothing:
            break;
    }
    return {};
}

}  // namespace nmflowtool
