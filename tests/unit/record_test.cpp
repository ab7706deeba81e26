// Every record type: what is written is strict JSON, and reads back to a record that writes the same bytes.
// tests/cli/drift.bats checks that each type of libcommon/record is in the list below.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "json/record_parser.hpp"
#include "json/write.hpp"
#include "record/deploy.hpp"
#include "record/error.hpp"
#include "record/flow.hpp"
#include "record/flow_export.hpp"
#include "record/flow_field.hpp"
#include "record/flow_stats.hpp"
#include "record/plan.hpp"
#include "record/probe_dns.hpp"
#include "record/probe_http.hpp"
#include "record/probe_icmp.hpp"
#include "record/probe_sweep.hpp"
#include "record/probe_trace.hpp"
#include "record/route.hpp"
#include "record/sflow.hpp"
#include "record/sflow_app.hpp"
#include "record/sflow_counters.hpp"
#include "record/sflow_host.hpp"
#include "record/tcp_diagnosis.hpp"
#include "record/tcp_info.hpp"
#include "record/tcp_probe.hpp"

namespace nm {
namespace {

using RecordTypes =
    ::testing::Types<Bound, DeployState, DeployStep, DeploySummary, DnsProbe, DnsSummary, ErrorRecord,
                     ExportSummary, FlowDestination, FlowField, FlowFieldSummary, FlowOption, FlowRecord,
                     FlowRoute, FlowStats, FlowSummary, FlowTop, ForwardSummary, HttpProbe, HttpSummary,
                     IcmpError, IcmpProbe, IcmpReply, Migration, NamedFlow, Placement, PlanCheck, PlanSummary,
                     PlanViolation, ProbeSummary, Reject, Route, RouteSummary, SflowApp, SflowCounters,
                     SflowDrop, SflowHost, SflowSample, Slot, SweepProbe, SweepSummary, TcpDiagnosis,
                     TcpDiagnosisStep, TcpDiagnosisSummary, TcpError, TcpGroup, TcpInfo, TcpInfoSummary,
                     TcpProbe, TcpReply, Trace, TraceHopRow, TraceProbe>;
// Structs inside a list: they have no type and no line of their own.
using NestedTypes = ::testing::Types<FlowError, HostAdapter, MplsEntry, OpticsLane, QueueLengths, TraceHop,
                                     TraceLink, TraceReply>;

class Filler {
  public:
    explicit Filler(std::uint64_t seed) : random_(seed) {}

    template <class V>
    void fill(V& value) {
        if constexpr (requires {
                          value.emplace();
                          *value;
                      }) {
            if (random_() % 3 == 0)
                value.reset();
            else
                fill(value.emplace());
        } else if constexpr (detail::is_vector<V>) {
            value.clear();
            if constexpr (Described<typename V::value_type>) {
                return;  // lists of objects are written, and read as documents only
            } else {
                for (std::uint64_t n = random_() % 4; n > 0; --n) {
                    fill(value.emplace_back());
                    if (is_absent(value.back())) value.pop_back();
                }
            }
        } else if constexpr (std::is_same_v<V, bool>) {
            value = random_() % 2 == 0;
        } else if constexpr (std::is_integral_v<V>) {
            value = static_cast<V>(random_() >> random_() % 64);
        } else if constexpr (std::is_floating_point_v<V>) {
            const std::array<double, 8> odd{0, -0.0, 1e-9, 0.0005, 1e15, 1e300, -1e18, 7};
            value = random_() % 4 == 0 ? odd[random_() % odd.size()]
                                       : std::uniform_real_distribution<double>(-1e7, 1e7)(random_);
        } else if constexpr (std::is_same_v<V, std::string>) {
            value = text();
        } else if constexpr (is_fixed_text<V>) {
            value.assign(std::string_view(text()).substr(0, 7));  // each byte may become a character of three
        } else if constexpr (std::is_same_v<V, Time>) {
            value.ns = static_cast<std::int64_t>(random_() >> 1);
        } else if constexpr (std::is_same_v<V, IpAddress>) {
            value = address();
        } else if constexpr (std::is_same_v<V, Prefix>) {
            const IpAddress ip = address();
            value = make_prefix(ip, static_cast<unsigned>(random_() % (ip.bits() + 1)));
        } else if constexpr (std::is_same_v<V, Mac>) {
            for (std::uint8_t& byte : value.bytes) byte = static_cast<std::uint8_t>(random_());
        } else if constexpr (std::is_same_v<V, Labels>) {
            if (random_() % 2 == 0) value.items = {{"x label", text()}, {"\"", "y"}};
        } else {
            value = static_cast<V>(random_() % enum_words<V>.size());
        }
    }

  private:
    std::string text() {
        const std::array<std::string_view, 9> pieces{"a",        "\"",           "\\", "\n", "\xff",
                                                     "\xc3\xa9", "\xed\xa0\x80", "{",  "7"};
        std::string out = "t";
        for (std::uint64_t n = random_() % 8; n > 0; --n) out += pieces[random_() % pieces.size()];
        return out;
    }
    IpAddress address() {
        std::array<std::uint64_t, 2> words{random_(), random_()};
        if (random_() % 2 == 0) return IpAddress::v4(static_cast<std::uint32_t>(words[0]));
        return IpAddress::v6(words.data());
    }

    std::mt19937_64 random_;
};

template <class T>
std::string line_of(const T& record) {
    TextBuffer out;
    append_json(out, record);
    return std::string(out.view());
}

template <class T>
T random_record(std::uint64_t seed) {
    T record;
    Filler filler(seed);
    for_each_field<T>([&](auto, const auto& field) { filler.fill(record.*(field.member)); });
    return record;
}

template <class T>
class EveryRecord : public ::testing::Test {};
TYPED_TEST_SUITE(EveryRecord, RecordTypes);

TYPED_TEST(EveryRecord, ReadsBackToWhatWasWritten) {
    RecordParser parser;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const std::string line = line_of(random_record<TypeParam>(seed));
        ASSERT_TRUE(parser.open(line)) << parser.error() << line;
        ASSERT_EQ(parser.type(), describe<TypeParam>.type);
        TypeParam again;
        ASSERT_TRUE(parser.read(again)) << parser.error() << line;
        ASSERT_EQ(line_of(again), line);
    }
}

TYPED_TEST(EveryRecord, IsStrictJsonWithoutNullOrLargeNumbers) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const std::string line = line_of(random_record<TypeParam>(seed));
        ASSERT_EQ(line.find('\n'), line.size() - 1);
        const auto json = nlohmann::ordered_json::parse(line);
        ASSERT_EQ(json.begin().key(), "type");
        ASSERT_EQ(json.at("v"), describe<TypeParam>.version);
        for (const auto& [key, value] : json.items()) {
            ASSERT_FALSE(value.is_null()) << key;
            ASSERT_FALSE(value.is_string() && value.template get<std::string>().empty()) << key;
            if (value.is_number_unsigned()) {
                ASSERT_LE(value.template get<std::uint64_t>(), largest_exact_integer) << key;
            }
        }
    }
}

TYPED_TEST(EveryRecord, IsNoLongerThanTheRoomThatItsWriterAsksFor) {
    for_each_field<TypeParam>([](auto, [[maybe_unused]] const auto& field) {
        using Member = std::remove_cvref_t<decltype(std::declval<const TypeParam&>().*(field.member))>;
        using Value = typename detail::Unwrap<Member>::type;
        if constexpr (WordEnum<Value>) {
            for (const std::string_view word : enum_words<Value>)
                EXPECT_LE(word.size() + 2, detail::longest_json_value<Value>()) << word;
        }
    });
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        const TypeParam record = random_record<TypeParam>(seed);
        ASSERT_LE(line_of(record).size(), detail::HeadText<TypeParam>::text.size() + 2 +
                                              detail::longest_json_members<field_count<TypeParam>>(record));
    }
}

TYPED_TEST(EveryRecord, HasKeysOnlyOnceAndDocumented) {
    std::vector<std::string_view> keys{"type", "v"};
    for (const FieldInfo& info : field_infos<TypeParam>) {
        EXPECT_EQ(std::count(keys.begin(), keys.end(), info.key), 0) << info.key;
        EXPECT_FALSE(info.doc.empty()) << info.key;
        EXPECT_FALSE(info.doc.ends_with('.')) << info.key;
        keys.push_back(info.key);
    }
}

TYPED_TEST(EveryRecord, IgnoresKeysThatItDoesNotKnow) {
    RecordParser parser;
    TypeParam record;
    ASSERT_TRUE(parser.open(R"({"no_such":{"deep":[1,{}]},"nor_this":null,"list":[[1],[2]]})"));
    EXPECT_TRUE(parser.read(record)) << parser.error();
}

template <class T>
class EveryNestedRecord : public ::testing::Test {};
TYPED_TEST_SUITE(EveryNestedRecord, NestedTypes);

TYPED_TEST(EveryNestedRecord, IsAStrictJsonObjectWithDocumentedKeys) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        TextBuffer out;
        append_json_value(out, random_record<TypeParam>(seed), Unit::none);
        const auto document = nlohmann::ordered_json::parse(out.view());
        for (const auto& [key, value] : document.items()) ASSERT_FALSE(value.is_null()) << key;
    }
    for (const FieldInfo& info : field_infos<TypeParam>) EXPECT_FALSE(info.doc.empty()) << info.key;
}

TEST(Records, ALineOfTheWrongShapeIsAnError) {
    RecordParser parser;
    IcmpProbe record;
    for (const char* line :
         {"", " ", "null", "7", "[]", "\"x\"", "{", R"({"sent":1)", R"({"sent":-1})", R"({"sent":1.5})",
          R"({"sent":"x"})", R"({"target":7})", R"({"ts":"today"})", R"({"address":"1.2.3"})",
          R"({"state":"sideways"})", R"({"rtt_avg_us":nul})", R"({} x)", R"({"a":1} {})"}) {
        EXPECT_FALSE(parser.open(line) && parser.read(record)) << line;
        EXPECT_FALSE(parser.error().empty()) << line;
    }
}

TEST(Records, OtherWritersSpellAbsentAndWholeNumbersInTheirOwnWay) {
    RecordParser parser;
    IcmpProbe record;
    ASSERT_TRUE(
        parser.open(R"({"target":null,"sent":8e1,"received":12.0,"rtt_avg_us":5,"rtt_min_us":null})") &&
        parser.read(record));
    EXPECT_EQ(record.target, "");
    EXPECT_EQ(record.sent, 80u);
    EXPECT_EQ(record.received, 12u);
    EXPECT_EQ(record.rtt_avg_us, 5.0);
    EXPECT_FALSE(record.rtt_min_us.has_value());
}

TEST(Records, IntegersAbove2To53TravelAsStrings) {
    IcmpProbe record;
    record.sent = (std::uint64_t{1} << 53) + 1;
    EXPECT_NE(line_of(record).find(R"("sent":"9007199254740993")"), std::string::npos);
    RecordParser parser;
    IcmpProbe again;
    ASSERT_TRUE(parser.open(line_of(record)) && parser.read(again));
    EXPECT_EQ(again.sent, record.sent);
}

}  // namespace
}  // namespace nm
