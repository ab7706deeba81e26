#include "format/format.hpp"

#include <gtest/gtest.h>

#include "record/error.hpp"
#include "record/probe_icmp.hpp"

namespace nm {
namespace {

IcmpProbe answered() {
    IcmpProbe probe;
    probe.ts = *parse_time("2026-11-22T01:02:03.123456Z");
    probe.target = "db1, \"main\"";
    probe.address = *parse_ip("192.0.2.1");
    probe.labels.items = {{"region", "em ea"}};
    probe.state = ProbeState::up;
    probe.sent = probe.received = 3;
    probe.rtt_min_us = 10.5;
    probe.rtt_avg_us = 12.25;
    probe.rtt_max_us = 1500;
    return probe;
}

IcmpProbe lost() {
    IcmpProbe probe;
    probe.ts = *parse_time("2026-11-22T01:02:03.123456Z");
    probe.target = "db2";
    probe.address = *parse_ip("192.0.2.2");
    probe.sent = probe.lost = 3;
    probe.loss_pct = 100;
    return probe;
}

const FieldChoice some{"ts", "target", "state", "sent", "loss_pct", "rtt_avg_us", "region"};
constexpr const RecordType& icmp = record_type<IcmpProbe>;

TEST(Csv, QuotesByRfc4180AndLeavesAbsentCellsEmpty) {
    CsvFormat csv(some);
    TextBuffer out;
    const IcmpProbe a = answered(), b = lost();
    csv.append(out, icmp, &a);
    csv.append(out, icmp, &b);
    EXPECT_EQ(out.view(),
              "type,ts,target,state,sent,loss_pct,rtt_avg_us,region\n"
              "probe.icmp,2026-11-22T01:02:03.123456Z,\"db1, \"\"main\"\"\",up,3,0,12.25,em ea\n"
              "probe.icmp,2026-11-22T01:02:03.123456Z,db2,lost,3,100,,\n");
}

TEST(Influx, TagsFieldsAndNanosecondsWithTheNamesOfTheDashboards) {
    TextBuffer out;
    const IcmpProbe a = answered(), b = lost();
    append_influx(out, icmp, &a, {"sent", "loss_pct", "rtt_avg_us", "state", "lost"});
    append_influx(out, icmp, &b, {"sent", "loss_pct", "rtt_avg_us"});
    EXPECT_EQ(out.view(),
              "ping_rtt,host=db1\\,\\ \"main\",address=192.0.2.1,region=em\\ ea "
              "state=\"up\",transmitted=3,lost=0i,loss=0,avg=0.01225 1795309323123456000\n"
              "ping_rtt,host=db2,address=192.0.2.2 transmitted=3,loss=100 1795309323123456000\n");
}

TEST(Influx, ARecordWithoutFieldsIsNoLine) {
    TextBuffer out;
    const IcmpProbe b = lost();
    append_influx(out, icmp, &b, {"rtt_avg_us"});
    EXPECT_TRUE(out.empty());
}

TEST(Prometheus, BaseUnitsOneHelpEachMetricAndNothingForWhatWasLost) {
    PromFormat prom({"sent", "loss_pct", "rtt_avg_us"});
    IcmpProbe a = answered();
    const IcmpProbe b = lost();
    a.target = "q\"\\\n";
    prom.add(icmp, &a);
    prom.add(icmp, &b);
    TextBuffer out;
    prom.append_page(out);
    EXPECT_EQ(out.view(),
              "# HELP nm_probe_icmp_loss_ratio share of sent that was not received\n"
              "# TYPE nm_probe_icmp_loss_ratio gauge\n"
              "nm_probe_icmp_loss_ratio{target=\"db2\",address=\"192.0.2.2\"} 1\n"
              "nm_probe_icmp_loss_ratio{target=\"q\\\"\\\\\\n\",address=\"192.0.2.1\",region=\"em ea\"} 0\n"
              "# HELP nm_probe_icmp_rtt_avg_seconds mean round-trip time\n"
              "# TYPE nm_probe_icmp_rtt_avg_seconds gauge\n"
              "nm_probe_icmp_rtt_avg_seconds{target=\"q\\\"\\\\\\n\",address=\"192.0.2.1\",region=\"em ea\"} "
              "1.225e-05\n"
              "# HELP nm_probe_icmp_sent echo requests handed to the kernel or refused by it\n"
              "# TYPE nm_probe_icmp_sent gauge\n"
              "nm_probe_icmp_sent{target=\"db2\",address=\"192.0.2.2\"} 3\n"
              "nm_probe_icmp_sent{target=\"q\\\"\\\\\\n\",address=\"192.0.2.1\",region=\"em ea\"} 3\n");
}

TEST(Prometheus, WhatIsLostThisRoundIsNotRepeatedFromTheLast) {
    PromFormat prom({"rtt_avg_us"});
    IcmpProbe probe = answered();
    prom.add(icmp, &probe);
    probe.rtt_avg_us.reset();
    prom.add(icmp, &probe);
    TextBuffer out;
    prom.append_page(out);
    EXPECT_TRUE(out.empty());
}

TEST(Table, AlignsColumnsAndShowsNoControlCharacters) {
    TableFormat table({"target", "sent", "rtt_avg_us"}, false);
    IcmpProbe a = answered();
    const IcmpProbe b = lost();
    a.target =
        "\x1b[31mr\xc3\xa9"
        "d";
    TextBuffer out;
    table.append(out, icmp, &a);
    table.append(out, icmp, &b);
    table.flush(out);
    EXPECT_EQ(out.view(),
              "TARGET    SENT  RTT_AVG_MS\n"
              "?[31mr\xc3\xa9"
              "d     3       0.012\n"
              "db2          3           -\n");
}

TEST(Table, DelaysAreMillisecondsInWhateverUnitARecordHasThem) {
    TableFormat table({"rtt_avg_us", "resolve_ms"}, false);
    IcmpProbe probe = answered();
    TextBuffer out;
    for (const auto& [us, ms] :
         {std::pair(12.25, 0.5), std::pair(12'345.6, 12.0), std::pair(1234.0, 4321.0)}) {
        probe.rtt_avg_us = us;
        probe.resolve_ms = ms;
        table.append(out, icmp, &probe);
    }
    table.flush(out);
    EXPECT_EQ(out.view(),
              "RTT_AVG_MS  RESOLVE_MS\n"
              "     0.012       0.500\n"
              "     12.35       12.00\n"
              "     1.234        4321\n");
    ProbeSummary summary;
    summary.duration_ms = 40.25;
    EXPECT_NE(sentence_of(record_type<ProbeSummary>, &summary).find("duration_ms 40.25"), std::string::npos);
}

TEST(Table, StatesLossesAndErrorsAreColoured) {
    TableFormat table({"target", "state", "loss_pct", "sent"}, true);
    const IcmpProbe b = lost();
    TextBuffer out;
    table.append(out, icmp, &b);
    table.flush(out);
    EXPECT_EQ(out.view(),
              "\033[1mTARGET\033[0m  \033[1mSTATE\033[0m  \033[1mLOSS_PCT\033[0m  \033[1mSENT\033[0m\n"
              "db2     \033[1;31mlost\033[0m        \033[1;31m100\033[0m     3\n");
}

TEST(Table, ATargetWithoutARecordIsARowToo) {
    TableFormat table({}, false);
    ErrorRecord error;
    error.stage = "resolve";
    error.target = "db3";
    error.reason = "no such host";
    EXPECT_EQ(failure_of(record_type<ErrorRecord>, &error), "db3: no such host");
    table.append_failure(record_type<ErrorRecord>, &error);  // before the first record
    const IcmpProbe b = lost();
    TextBuffer out;
    table.append(out, icmp, &b);
    error.target = "db4";
    table.append_failure(record_type<ErrorRecord>, &error);
    table.flush(out);
    const std::string text(out.view());
    for (const char* row : {"\ndb2 ", "\ndb3 ", "\ndb4 "})
        EXPECT_NE(text.find(row), std::string::npos) << text;
    EXPECT_NE(text.find("unresolved"), std::string::npos) << text;
    EXPECT_NE(text.find("no such host"), std::string::npos) << text;
}

TEST(Table, LeadingColumnsStandInTheirOrderThoughEmptyAndEmptyOnesBehindThemGo) {
    TableFormat table({}, false);
    table.lead_with(icmp, {"rtt_avg_us", "target"});
    IcmpProbe b = lost();
    TextBuffer out;
    table.append(out, icmp, &b);
    table.flush(out);
    EXPECT_TRUE(out.view().starts_with("RTT_AVG_MS  TARGET  ")) << out.view();
    EXPECT_NE(out.view().find("\n         -  db2 "), std::string::npos) << out.view();
    EXPECT_EQ(out.view().find("RTT_MIN_MS"), std::string::npos) << out.view();
}

TEST(Csv, ColumnsStandInTheOrderOfTheChoice) {
    CsvFormat csv({"target", "rtt_avg_us", "sent"});
    const IcmpProbe a = answered();
    TextBuffer out;
    csv.append(out, icmp, &a);
    EXPECT_TRUE(out.view().starts_with("type,target,rtt_avg_us,sent\n")) << out.view();
}

TEST(Json, ChosenFieldsKeepTypeVersionAndTime) {
    TextBuffer out;
    const IcmpProbe b = lost();
    append_json_chosen(out, icmp, &b, {"rtt_avg_us", "sent", "target"});
    EXPECT_EQ(out.view(),
              "{\"type\":\"probe.icmp\",\"v\":1,\"ts\":\"2026-11-22T01:02:03.123456Z\",\"sent\":3,\"target\":"
              "\"db2\"}\n");
}

}  // namespace
}  // namespace nm
