#include "options.hpp"

#include "app/cli.hpp"
#include "decode/decode.hpp"
#include "decode/sflow_output.hpp"
#include "export/export.hpp"
#include "fields/fields.hpp"
#include "filter/compile.hpp"
#include "filter/filter.hpp"
#include "forward/forward.hpp"
#include "record/flow_field.hpp"
#include "sflowtool/sampled_traffic.hpp"
#include "sflowtool/sflowtool.hpp"
#include "top/top.hpp"

namespace nmflowtool {
namespace {

void add_input_options(CLI::App& cli, InputOptions& input) {
    cli.add_option("-r,--read", input.files,
                   "file to read: a capture (pcap, pcapng) or flows of nfdump (nfcapd), packed or not; a "
                   "folder stands for the files beneath it; repeatable; - is stdin")
        ->type_name("FILE")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    nm::add_endpoints(
        cli, "-l,--listen", input.listen,
        "receive datagrams on this UDP address until a signal; repeatable; :PORT is every address");
    nm::add_size(cli, "--receive-buffer", input.receive_buffer,
                 "bytes the kernel keeps for each UDP address");
    cli.add_option(
           "--allow", input.allow,
           "only datagrams from these addresses and networks, or a file of them; others are counted, and "
           "nothing of them is decoded or remembered; repeatable")
        ->type_name("ADDRESS|PREFIX|FILE")
        ->delimiter(',')
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_sampling_rate(CLI::App& cli, std::optional<SamplingRate>& given) {
    cli.add_option_function<std::string>(
           "--sampling-rate",
           [&given](const std::string& text) {
               given = parse_sampling_rate(text);
               if (!given) {
                   throw CLI::ValidationError(
                       "--sampling-rate", nm::in_quotes(text) +
                                              " is no sampling rate: write 1000 where exporters tell none, "
                                              "-1000 also in place of what they tell");
               }
           },
           "one packet in so many was looked at, where the exporter tells no rate; -NUMBER is in place of "
           "what it tells, too. The record's rate_source is then assumed or override. Flows in files of "
           "nfdump are scaled already by the rate that nfcapd knew")
        ->type_name("[-]NUMBER");
}

void add_decoder_options(CLI::App& cli, InputOptions& input) {
    add_sampling_rate(cli, input.sampling_rate);
    nm::add_word(
        cli, "--template-scope", input.template_scope, template_scope_words,
        "what templates, sampling rates and sequence numbers of NetFlow and IPFIX belong to, beside the "
        "source id or observation domain: the exporter's address, or its address and UDP port, for "
        "exporters that share an address behind a NAT and keep their ports");
}

// Why it is no filter, without the word that the verb of that name says it with.
std::string refusal_of_filter(const std::string& expression) {
    constexpr std::string_view prefix = "filter: ";
    try {
        compile_filter(expression);
    } catch (const nm::UserError& error) {
        const std::string_view why = error.what();
        return std::string(why.starts_with(prefix) ? why.substr(prefix.size()) : why);
    }
    return {};
}

void add_filter_option(CLI::App& cli, InputOptions& input) {
    cli.add_option("--filter", input.filter, "only flows that match, in the language of nmflowtool filter")
        ->type_name("EXPR")
        ->check(refusal_of_filter);
}

void add_names_option(CLI::App& cli, bool& names) {
    cli.add_flag("--names", names,
                 "flows carry the names of their interfaces, VRFs, samplers and applications, once their "
                 "exporter told them in options records or sFlow port names");
}

void take_stdin_as_capture(InputOptions& input) {
    if (input.is_given()) return;
    if (nm::Console::stdin_is_terminal()) {
        throw nm::UserError(nm::Exit::usage,
                            "stdin is a terminal: give a capture in a pipe, -r FILE or -l ADDR:PORT");
    }
    input.files = {"-"};
}

std::vector<const nm::RecordType*> decoded_types() {
    std::vector<const nm::RecordType*> types{&nm::record_type<nm::NamedFlow>};
    for (const nm::RecordType* type : sflow_record_types()) types.push_back(type);
    for (const nm::RecordType* type : {&nm::record_type<nm::FlowOption>, &nm::record_type<nm::FlowStats>,
                                       &nm::record_type<nm::FlowSummary>})
        types.push_back(type);
    return types;
}

// What is for records would be passed over.
void refuse_beside_sflowtool(const DecodeOptions& options, SflowtoolStyle style, const nm::Output& out) {
    const bool has_filter = options.input.filter.has_value() && lists_datagrams(style);
    const std::pair<bool, const char*> refused[] = {
        {out.format() != nm::Format::json, "--format"},
        {!out.all_fields(), "--fields"},
        {options.all_fields, "--all-fields"},
        {options.names, "--names"},
        {options.sflow.header, "--header"},
        {!options.state.empty(), "--state"},
        {options.input.sampling_rate.has_value(), "--sampling-rate"},
        {options.input.template_scope != TemplateScope::address, "--template-scope"},
        {has_filter, "--filter"}};
    for (const auto& [is_given, name] : refused) {
        if (!is_given) continue;
        throw nm::UserError(nm::Exit::usage,
                            "--sflowtool " + std::string(sflowtool_styles[static_cast<std::size_t>(style)]) +
                                " has a form of its own, in which " + name +
                                (has_filter ? " selects nothing: it does with http, pcap and discards"
                                            : " has no place: leave it out"));
    }
}

void define_decode(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("decode", "NetFlow, IPFIX and sFlow datagrams to records");
    const auto options = std::make_shared<DecodeOptions>();
    add_input_options(*verb.cli, options->input);
    add_decoder_options(*verb.cli, options->input);
    add_filter_option(*verb.cli, options->input);
    verb.cli->add_flag(
        "--all-fields", options->all_fields,
        "add every element of NetFlow and IPFIX records by its registry name, MPLS stacks of nfdump's files "
        "in the same way, and the structures of sFlow samples that have no keys of their own in hex; JSON "
        "only");
    add_names_option(*verb.cli, options->names);
    verb.cli->add_flag("--header", options->sflow.header, "sFlow samples carry the sampled bytes in hex");
    verb.cli
        ->add_option("--state", options->state,
                     "keep templates, sampling rates and names in this file for the next run: written at the "
                     "end, on SIGHUP, and every minute in which there was something new")
        ->type_name("FILE");
    const auto style = std::make_shared<SflowtoolStyle>(SflowtoolStyle::none);
    nm::add_word(
        *verb.cli, "--sflowtool", *style, sflowtool_styles,
        "print sFlow as sflowtool does, instead of records: text as it does without options, csv as "
        "-l, grep as -g, json as -j; http as -H: requests as lines of a log; pcap as -t: a capture of "
        "the sampled packets; discards as -T: of discarded ones");
    verb.later_options = {"--scaled"};
    verb.emits = decoded_types();
    verb.main_types = 2;  // flows and samples
    verb.examples = {
        {"nmflowtool decode -r flows.pcap", "the records of a capture, then what was lost and why"},
        {"nmflowtool decode -r nfcapd.202611220100", "the flows of a file of nfdump, 1.6 or 1.7"},
        {"nmflowtool decode -r /var/cache/nfdump", "of all its files, in their order"},
        {"nmflowtool decode -l :2055 -l :6343 | nmbgp annotate --mrt rib.mrt", "live, with routes"},
        {"nmflowtool decode -l :4739 --all-fields --state /var/lib/nmtools/templates",
         "every element, and templates that outlive a restart"},
        {"nmflowtool decode -l :2055 --names | jq 'select(.in_if_name == \"Te0/0/0\")'",
         "flows of an interface by its name"},
        {"tcpdump -w - udp port 6343 | nmflowtool decode | jq .src_ip", "a capture from a pipe"},
        {"nmflowtool decode -l :6343 | jq 'select(.type == \"sflow.host\") | [.hostname, .load_1m]'",
         "load of the hosts that send sFlow"},
        {"nmflowtool decode -l :2055 --allow 10.0.0.0/24 --sampling-rate 1000",
         "known routers only, which sample but do not say so"},
        {"nmflowtool decode -l :6343 --sflowtool text | my_perl_script", "for a script made for sflowtool"},
        {"nmflowtool decode -l :6343 --sflowtool pcap --filter 'port 53' | tcpdump -nr -",
         "what passes the switches, packet by packet"},
    };
    verb.has_table = true;
    verb.not_as_table = [options, style] { return options->all_fields || *style != SflowtoolStyle::none; };
    verb.run = [options, style, cli = verb.cli](nm::Context& context) {
        DecodeOptions chosen = *options;
        if (chosen.all_fields && !context.out.is_plain_json()) {
            throw nm::UserError(nm::Exit::usage,
                                "--all-fields is for whole JSON records: it takes no other --format and no "
                                "--fields");
        }
        chosen.sflow.unknown = chosen.all_fields;
        take_stdin_as_capture(chosen.input);
        if (*style == SflowtoolStyle::none) return run_decode(chosen, context);
        refuse_beside_sflowtool(chosen, *style, context.out);
        const bool is_capture = *style == SflowtoolStyle::pcap || *style == SflowtoolStyle::discards;
        if (is_capture && cli->get_option("--append")->count() > 0)
            throw nm::UserError(nm::Exit::usage, "--append: two captures in one file are none");
        return lists_datagrams(*style) ? run_sflowtool(chosen.input, *style, context)
                                       : run_sampled_traffic(chosen.input, *style, context);
    };
}

void define_filter(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("filter", "flows that match an expression of nfdump's filter language");
    const auto options = std::make_shared<FilterOptions>();
    verb.cli
        ->add_option(
            "expression", options->expression,
            "such as: proto tcp and (src net 10.0.0.0/8 or dst port in [80 443]) and bytes > 1k; what a "
            "record lacks counts as zero")
        ->type_name("EXPR");
    verb.cli
        ->add_option("--filter-file", options->file, "read the expression from a file; # begins a comment")
        ->type_name("FILE");
    add_input_options(*verb.cli, options->input);
    add_decoder_options(*verb.cli, options->input);
    verb.emits = decoded_types();
    verb.examples = {
        {"nmflowtool decode -l :2055 | nmflowtool filter 'proto tcp and flags S and not flags A'",
         "live records, as they came"},
        {"nmflowtool filter 'dst port in [53, 853] and not src net 10.0.0.0/8' -r flows.pcap",
         "of a capture"},
        {"nmflowtool top --by src_ip --filter 'not net 10.0.0.0/8' -r flows.pcap",
         "the same language in front of other verbs"},
    };
    verb.json_only = true;
    verb.run = [options](nm::Context& context) { return run_filter(*options, context); };
}

void add_rank_options(CLI::App& cli, RankOptions& rank) {
    cli.add_option("--by", rank.by,
                   "keys of the flow record, separated by commas; src_ip and dst_ip take prefix lengths: "
                   "src_ip/24 cuts IPv4, src_ip/24/48 IPv6 too; ip, port, as, interface and mac are the "
                   "source's and the destination's, and count a flow on both sides")
        ->type_name("KEYS")
        ->required();
    nm::add_word(cli, "--value", rank.value, rank_by_words, "what is ranked");
    nm::add_word(cli, "--order", rank.order, rank_order_words, "which come first");
    nm::add_size(cli, "-n,--number", rank.number, "groups to print; 0 is all");
    nm::add_duration(cli, "--every", rank.every_ns,
                     "rank each window of this length on its own: by the records' ts, and on sockets by the "
                     "clock")
        ->check([](const std::string& text) {
            return nm::parse_duration_ns(text) == 0 ? "no time: leave it out for one ranking of everything"
                                                    : "";
        });
    cli.add_flag("--scaled", rank.scaled,
                 "bytes and packets times the sampling rate of their record; error_pct then says how far off "
                 "sampling may have them");
    nm::add_size(
        cli, "--max-keys", rank.max_keys,
        "exact up to so many groups; beyond, the smallest are given up and value_error says how much "
        "may be missing; 0 is no limit");
}

void define_top(nm::Tool& tool) {
    nm::Verb& verb =
        tool.add_verb("top", "flows grouped by keys and ranked, from records, captures or sockets");
    const auto options = std::make_shared<TopOptions>();
    add_rank_options(*verb.cli, options->rank);
    add_input_options(*verb.cli, options->input);
    add_decoder_options(*verb.cli, options->input);
    add_filter_option(*verb.cli, options->input);
    add_names_option(*verb.cli, options->names);
    verb.emits = {&nm::record_type<nm::FlowTop>, &nm::record_type<nm::FlowStats>,
                  &nm::record_type<nm::FlowSummary>};
    verb.main_types = 1;
    verb.key_lists = {{"by", group_keys}};
    verb.examples = {
        {"nmflowtool top --by src_ip -r flows.pcap", "the ten addresses that sent most bytes"},
        {"nmflowtool top --by ip,port --every 10s --scaled -l :6343", "live, every ten seconds"},
        {"nmflowtool decode -l :2055 | nmflowtool top --by src_ip,dst_port --value packets",
         "of live records"},
        {"nmflowtool top --by in_if_name --names -r flows.pcap", "traffic of each interface"},
        {"nmflowtool top --by dst_ip/24/48 --value flows -n 0 -r flows.pcap", "every destination network"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_top(*options, context); };
}

void define_fields(nm::Tool& tool) {
    nm::Verb& verb =
        tool.add_verb("fields", "keys of flow records, and the information elements behind them");
    const auto options = std::make_shared<FieldsOptions>();
    verb.cli
        ->add_option("pattern", options->pattern,
                     "the number of an element, a shell pattern of a name, or a part of a name or meaning")
        ->type_name("PATTERN");
    verb.emits = {&nm::record_type<nm::FlowField>, &nm::record_type<nm::FlowFieldSummary>};
    verb.examples = {
        {"nmflowtool fields vlan", "everything about VLANs"},
        {"nmflowtool fields 'post*' --format csv", "elements by a pattern of their name"},
        {"nmflowtool fields 136", "one element by its number"},
    };
    verb.has_table = true;
    verb.run = [options](nm::Context& context) { return run_fields(*options, context); };
}

void add_destination_options(CLI::App& cli, DestinationOptions& destinations, const std::string& to) {
    cli.add_option("--to", destinations.to, to)
        ->type_name("DESTINATION")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->required();
    cli.add_flag(
        "--keep-source", destinations.keep_source,
        "send from the address of the exporter instead of ours; needs CAP_NET_RAW, and what is larger "
        "than the MTU of our interface cannot be sent so");
    nm::add_size(cli, "--rate", destinations.rate, "datagrams a second, to each destination; 0: no limit");
}

void define_export(nm::Tool& tool) {
    nm::Verb& verb =
        tool.add_verb("export", "flow records to NetFlow v5, NetFlow v9, IPFIX or sFlow datagrams");
    const auto options = std::make_shared<ExportOptions>();
    nm::add_word(*verb.cli, "--as", options->as, export_as_words, "protocol to export")
        ->required()
        ->default_str("");
    add_destination_options(*verb.cli, options->destinations,
                            "collector ADDR:PORT, or FILE.pcap to write a capture; repeatable");
    add_input_options(*verb.cli, options->input);
    add_decoder_options(*verb.cli, options->input);
    nm::add_size(*verb.cli, "--mtu", options->mtu, "fill datagrams up to this many bytes, headers included");
    nm::add_size(*verb.cli, "--template-packets", options->template_datagrams,
                 "send templates and options again after this many datagrams");
    nm::add_duration(*verb.cli, "--template-interval", options->template_ns,
                     "send templates and options again after this time of the flows");
    verb.cli->add_flag("--vlan-as-dstas", options->vlan_as_dst_as,
                       "tell the VLAN as the destination AS, for collectors that know no VLANs");
    verb.emits = {&nm::record_type<nm::FlowDestination>, &nm::record_type<nm::FlowStats>,
                  &nm::record_type<nm::ExportSummary>};
    verb.examples = {
        {"nmflowtool decode -r flows.pcap | nmflowtool export --as ipfix --to 192.0.2.1:4739",
         "records to a collector"},
        {"nmflowtool export -l :6343 --as netflow9 --to 192.0.2.1:2055",
         "sFlow samples as NetFlow, scaled by their sampling rate"},
        {"nmflowtool export -r flows.pcap --as netflow5 --vlan-as-dstas --to v5.pcap",
         "a capture of one protocol to a capture of another"},
    };
    verb.run = [options](nm::Context& context) { return run_export(*options, context); };
}

// "max" is as fast as it goes.
void add_speed(CLI::App& cli, std::optional<double>& speed) {
    cli.add_option_function<std::string>(
           "--speed",
           [&speed](const std::string& text) {
               const auto factor = nm::parse_number<double>(text);
               if (text != "max" && !(factor && *factor > 0 && *factor < 1e9)) {
                   throw CLI::ValidationError(
                       "--speed", nm::in_quotes(text) + " is no speed: write 1.0 (as captured), 10 or max");
               }
               speed = text == "max" ? std::nullopt : factor;
           },
           "of captures: 1.0 as they were captured, 10 ten times as fast, max as fast as it goes")
        ->type_name("FACTOR|max")
        ->default_str("1.0");
}

void define_forward(nm::Tool& tool) {
    nm::Verb& verb = tool.add_verb("forward", "flow datagrams as they are to several collectors");
    const auto options = std::make_shared<ForwardOptions>();
    add_destination_options(*verb.cli, options->destinations,
                            "collector ADDR:PORT, or FILE.pcap to write a capture; repeatable");
    add_input_options(*verb.cli, options->input);
    verb.cli->get_option("--read")->description(
        "capture to read (pcap, pcapng), packed or not; a folder stands for the files beneath it; "
        "repeatable; "
        "- is stdin");
    add_speed(*verb.cli, options->speed);
    verb.emits = {&nm::record_type<nm::FlowDestination>, &nm::record_type<nm::ForwardSummary>};
    verb.examples = {
        {"nmflowtool forward -l :2055 --to 192.0.2.1:2055 --to 192.0.2.2:9995 --keep-source",
         "two collectors see the exporters as if these sent to each"},
        {"nmflowtool forward -r flows.pcap --to 127.0.0.1:2055 --speed 10", "a capture, ten times as fast"},
    };
    const CLI::Option* speed = verb.cli->get_option("--speed");
    verb.run = [options, speed](nm::Context& context) {
        ForwardOptions forward = *options;
        if (speed->count() > 0 && !forward.input.listen.empty())
            throw nm::UserError(nm::Exit::usage, "--speed is for captures: what comes by -l goes on at once");
        take_stdin_as_capture(forward.input);
        return run_forward(forward, context);
    };
}

}  // namespace

void define(nm::Tool& tool) {
    define_decode(tool);
    define_filter(tool);
    define_top(tool);
    define_fields(tool);
    define_export(tool);
    define_forward(tool);
    tool.add_later({"meter", "watch", "store", "query", "profile", "alert", "vlan", "matrix", "serve"});
}

}  // namespace nmflowtool
