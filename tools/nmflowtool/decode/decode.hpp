// nmflowtool decode: flow datagrams to records, then the books of each exporter, then a summary.
#pragma once

#include "flow_input.hpp"

namespace nmflowtool {

struct DecodeOptions {
    InputOptions input;
    bool all_fields = false;  // every element by its registry name, behind our own keys
    bool names = false;       // of interfaces and others, as exporters told them
    std::string state;  // file that keeps templates, sampling rates and names for the next run; empty: none
    SflowKeep sflow;    // what of sFlow samples is kept beside the usual
};

nm::Exit run_decode(const DecodeOptions& options, nm::Context& context);

// The books as flow.stats records and the totals; both carry ts, so that a file gives the same bytes each
// run.
void write_books(const Decoder& decoder, nm::Time ts, nm::FlowSummary& summary, nm::Output& out);

}  // namespace nmflowtool
