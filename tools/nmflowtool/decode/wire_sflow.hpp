// sFlow version 5 (https://sflow.org/sflow_version_5.txt): a datagram goes in with open(), its samples come
// out one by one with next(). Samples and structures that are not known are passed over by their length; one
// that overruns spoils itself, not its neighbours. A new structure is a new row in wire_sflow5.cpp. Proof:
// tests/unit/nmflowtool_sflow5_test.cpp, tests/fuzz/fuzz_sflow5.cpp.
#pragma once

#include "decode/datagram.hpp"
#include "decode/domains.hpp"
#include "record/sflow.hpp"

namespace nmflowtool {

class Sflow5 {
  public:
    enum class Got { nothing, sample, counters };

    explicit Sflow5(DomainTable& domains) : domains_(domains) {}

    // False when the header is cut: there is nothing to read then, and no agent to book it on.
    bool open(const Datagram& datagram);
    Got next(nm::SflowSample& sample, nm::SflowCounters& counters);

  private:
    bool read_flow_sample(nm::ByteReader in, bool is_expanded, nm::SflowSample& sample);
    bool read_counter_sample(nm::ByteReader in, bool is_expanded, nm::SflowCounters& counters);
    void close();

    DomainTable& domains_;
    Domain* domain_ = nullptr;
    nm::ByteReader samples_;
    nm::Time ts_;
    nm::IpAddress agent_;
    std::uint32_t sub_agent_ = 0;
    std::uint32_t announced_ = 0;  // samples that are still to come, if the header tells the truth
};

}  // namespace nmflowtool
