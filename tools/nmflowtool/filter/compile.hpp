// The filter language of nfdump 1.7, for the fields that our flow records have:
//
//     proto tcp and (src net 10.0.0.0/8 or dst port in [80, 443]) and not flags R and bytes > 1k
//
// What it has beyond: comparators and lists for every number ("vlan in [10 20]"), ttl, the flags E and C,
// short networks without a point ("net 10/8"), "mpls label". What it lacks is refused by name. What differs
// on purpose: "mpls any" finds every label of the stack, where nfdump looks at the last one only; and a mask
// of four bytes ("net 10.1.0.0 255.255.0.0") is the prefix length of the same network. nfdump applies it to
// the last 32 bits of every address, so that there "net 0.0.0.0 255.255.0.0" finds 2001:db8::1. Proof:
// tests/unit/nmflowtool_filter_test.cpp, tests/cli/nmflowtool_filter.bats (nfdump as judge).
#pragma once

#include "filter/program.hpp"

namespace nmflowtool {

// An empty text lets every record pass. Throws UserError (64) that names line, column and what was expected.
FilterProgram compile_filter(std::string_view text);

}  // namespace nmflowtool
