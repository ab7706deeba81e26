// Writes the records of sFlow. The descriptions of these records are large: these are the units
// that compile them.
#pragma once

#include "decode/decoder.hpp"
#include "format/output.hpp"

namespace nmflowtool {

// sflow.sample, sflow.drop, sflow.counters, sflow.host, sflow.app
std::vector<const nm::RecordType*> sflow_record_types();

// Writes the record that got names and tells its time; the time is unset when it is none of sFlow.
nm::Time write_sflow(Decoder::Got got, const Records& records, nm::Output& out);

// Of discarded packets alone: sflow_drop_output.cpp.
const nm::RecordType* sflow_drop_type();
void write_sflow_drop(const nm::SflowDrop& drop, nm::Output& out);

}  // namespace nmflowtool
