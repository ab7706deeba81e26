#!/usr/bin/env bats
# nmbgp from files: every route equals bgpdump's reading of the same file; damage is told with its byte.
bats_require_minimum_version 1.5.0

load ../lab/helpers
# shellcheck source=tests/cli/bgpdump_compare.bash
load bgpdump_compare

setup() {
    require_commands bgpdump jq
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/bgp"
    shared="$NM_SHARED_DATA/bgp"
    synth="$golden/synth-10k-v4-2k-v6.mrt.gz"
    bird="$golden/bird-static-two-peer-tables.mrt"
    cd "$BATS_TEST_TMPDIR"
}

need() {
    for file; do
        [ -e "$file" ] || skip "third-party data is not here: ${file##*/} (set NM_SHARED_DATA)"
    done
}

# equals_bgpdump FILE ROUTES
equals_bgpdump() {
    nmbgp mrt "$1" > ours.json 2> ours.err || [ $? -eq 0 ]
    routes_of_nmbgp < ours.json > ours.txt
    routes_of_bgpdump "$1" > theirs.txt
    [ "$(wc -l < theirs.txt)" -eq "$2" ]
    diff theirs.txt ours.txt
}

summary() { tail -n 1 "$1" | jq -r ".$2"; }

@test "12,000 generated routes equal bgpdump in every attribute, absent ones too" {
    equals_bgpdump "$synth" 12000
    [ "$(summary ours.json routes)" = 12000 ]
    [ ! -s ours.err ]
}

@test "two tables of peers in one file, a route without peer, next hop and origin" {
    equals_bgpdump "$bird" 1
    run -0 jq -c 'select(.type == "route") | [has("peer_ip"), has("peer_as"), has("next_hop"), has("origin")]' ours.json
    [ "$output" = '[false,false,false,false]' ]
}

@test "bgpdump's own samples: add-path, and a record over 64 KiB" {
    need "$shared/bgpdump/bview.ipv4_unicast_add_path.gz"
    equals_bgpdump "$shared/bgpdump/bview.ipv4_unicast_add_path.gz" 62
    equals_bgpdump "$shared/bgpdump/bview.64k_stream_overflow.gz" 23
}

@test "bgpdump's stored expectations hold for its samples, field by field" {
    need "$shared/bgpdump/bview.ipv4_unicast_add_path.gz"
    for name in ipv4_unicast_add_path 64k_stream_overflow; do
        # In this form bgpdump invents a peer, an origin and a next hop where there is none.
        # type|time|B|peer ip|peer as|prefix[|path id]|as path|origin|next hop|local pref|med|communities|AG|aggregator|
        nmbgp mrt "$shared/bgpdump/bview.$name.gz" | jq -r 'select(.type == "route") | [
            if .path_id then "TABLE_DUMP2_AP" else "TABLE_DUMP2" end, (.ts[0:19] + "Z" | fromdate), "B",
            .peer_ip // "0.0.0.0", .peer_as // 0, .prefix, (.path_id // empty), .as_path // "",
            (.origin // "incomplete" | ascii_upcase), .next_hop // "255.255.255.255",
            .local_pref // 0, .med // 0, (.communities // [] | join(" ")),
            if .atomic_aggregate then "AG" else "NAG" end,
            if .aggregator_ip then "\(.aggregator_as) \(.aggregator_ip)" else "" end, ""
        ] | map(tostring) | join("|")' > ours.txt
        zcat "$shared/bgpdump/bview.$name.gz.expect.gz" > theirs.txt
        diff theirs.txt ours.txt
    done
}

@test "tables written by BIRD 1, OpenBGPD and Quagga equal bgpdump" {
    need "$shared/mrtparse/quagga_rib.mrt"
    equals_bgpdump "$shared/mrtparse/quagga_rib.mrt" 9
    equals_bgpdump "$shared/mrtparse/bird-mrtdump_rib.mrt" 18
    equals_bgpdump "$shared/mrtparse/bird6-mrtdump_rib.mrt" 10
    equals_bgpdump "$shared/mrtparse/openbgpd_rib_table-v2.mrt" 31
}

@test "gz, bz2, xz, zstd, lz4, several members and stdin give the same routes" {
    zcat "$synth" > plain
    nmbgp mrt plain | grep '"type":"route"' > expected
    gzip -k plain; bzip2 -k plain; xz -0 -k plain; zstd -q plain; lz4 -q plain plain.lz4
    for name in plain.gz plain.bz2 plain.xz plain.zst plain.lz4; do
        nmbgp mrt "$name" | grep '"type":"route"' | cmp - expected
        nmbgp mrt - < "$name" | grep '"type":"route"' | cmp - expected
        nmbgp mrt < "$name" | grep '"type":"route"' | cmp - expected
        cat "$name" "$name" > twice
        [ "$(nmbgp mrt twice | tail -n 1 | jq .routes)" = 24000 ]
    done
    run -0 nmbgp mrt plain plain.xz
    [ "$(tail -n 1 <<< "$output" | jq -c '[.files, .routes]')" = '[2,24000]' ]
}

@test "a file that ends early: the routes before, the byte, exit 65" {
    zcat "$synth" | head -c 100000 > cut
    run -65 --separate-stderr nmbgp mrt cut
    [ "$(grep -c '"type":"route"' <<< "$output")" -gt 800 ]
    reason=$(jq -r 'select(.type == "error").reason' <<< "$output")
    [[ $reason =~ ^byte\ ([0-9]+):\ the\ file\ ends\ inside\ a\ record ]]
    # The byte is where the last record begins: what is before it is whole.
    head -c "${BASH_REMATCH[1]}" cut > whole
    run -0 nmbgp mrt whole
}

@test "a packed file that ends early: the routes before, exit 65" {
    head -c 200000 "$synth" > cut
    run -65 nmbgp mrt cut
    [ "$(grep -c '"type":"route"' <<< "$output")" -gt 4000 ]
    grep -q '"reason":"byte [0-9]*: gzip data is cut short at packed byte 200000"' <<< "$output"
}

@test "a damaged record costs only itself" {
    zcat "$synth" > damaged
    # The prefix length of the first route: 12 bytes of header, 4 of sequence number after the table of peers.
    first=$((12 + $(od -An -tu4 --endian=big -j8 -N4 damaged)))
    printf '\377' | dd of=damaged bs=1 seek=$((first + 16)) conv=notrunc status=none
    run -65 --separate-stderr nmbgp mrt damaged
    [ "$(jq -r 'select(.type == "error").reason' <<< "$output")" = "byte $first: damaged prefix" ]
    [ "$(tail -n 1 <<< "$output" | jq -c '[.routes, .damaged]')" = '[11999,1]' ]
}

@test "random bytes, an empty file and a missing file are told, not swallowed" {
    head -c 5000 /dev/zero | tr '\0' '\377' > noise
    run -65 nmbgp mrt noise
    grep -q 'is not MRT' <<< "$output"
    : > empty
    run -65 nmbgp mrt empty
    grep -q 'the file is empty' <<< "$output"
    run -66 nmbgp mrt nothing
    grep -q 'nothing: No such file' <<< "$output"
    run -66 nmbgp mrt nothing "$bird"
    [ "$(tail -n 1 <<< "$output" | jq -c '[.files, .routes]')" = '[1,1]' ]
}

@test "other kinds of MRT are counted and told, never silently dropped" {
    # BGP4MP (16), subtype 4, 4 bytes of body.
    printf '\0\0\0\1\0\20\0\4\0\0\0\4abcd' > update
    run -65 --separate-stderr nmbgp mrt update
    [[ $stderr == *"not in this version: 1 BGP4MP; what is read is TABLE_DUMP_V2"* ]]
    [ "$(jq -c '[.routes, .unsupported]' <<< "$output")" = '[0,1]' ]
    cat "$bird" update > mixed
    run -0 --separate-stderr nmbgp mrt mixed
    [[ $stderr == *"not in this version: 1 BGP4MP; these records were left out"* ]]
}

@test "a signal ends the run with what was read, even where no route ever comes" {
    nmbgp mrt /dev/zero > out 2> /dev/null & pid=$!
    sleep 0.5
    kill -TERM "$pid"
    status=0; wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ "$(tail -n 1 out | jq -r .type)" = route.summary ]
    mkfifo pipe
    nmbgp mrt - < pipe > out & pid=$!
    exec 9> pipe
    cat "$bird" >&9
    sleep 0.5
    kill -TERM "$pid"
    status=0; wait "$pid" || status=$?
    exec 9>&-
    [ "$status" -eq 143 ]
    [ "$(tail -n 1 out | jq -c '[.type, .routes]')" = '["route.summary",1]' ]
}

@test "annotate joins flows with the table: what lookup says, annotate adds" {
    nmbgp mrt "$synth" | jq -r 'select(.type == "route").prefix | split("/")[0]' | awk 'NR % 97 == 0' > addresses
    jq -R -c '{type: "flow", v: 1, ts: "2026-11-22T00:00:00.000000Z", dst_ip: ., bytes: 1}' addresses > flows
    nmbgp annotate --mrt "$synth" < flows > annotated
    # shellcheck disable=SC2046
    nmbgp lookup $(cat addresses) --mrt "$synth" > found
    jq -c 'select(.type == "route") | [.target, .prefix, .next_hop, .as_path, .origin, .med, .local_pref,
        .communities, .large_communities, .peer_ip, .peer_as]' found > expected
    [ "$(wc -l < expected)" -gt 100 ]
    jq -c 'select(.type == "flow") | [.dst_ip, .dst_prefix, .next_hop, .as_path, .origin, .med, .local_pref,
        .communities, .large_communities, .peer_ip, .peer_as]' annotated | diff expected -
    jq -s -e 'map(select(.type == "flow") | .dst_as == (.as_path | split(" ") | last | tonumber)) | all' annotated
}

@test "annotate: every line has one fate and the summary adds up" {
    cat > flows <<'LINES'
{"type":"flow","v":1,"src_ip":"203.0.113.9","dst_ip":"203.0.113.1","x":{"y":[1, 2.50]}}
{"type":"flow","v":1,"dst_ip":"192.0.2.1"}
{"type":"probe.icmp","v":1,"target":"203.0.113.1"}
{"type":"flow","dst_ip":
{"type":"flow","v":1,"dst_ip":"203.0.113.999"}
LINES
    run -65 --separate-stderr nmbgp annotate --mrt "$bird" < flows
    [ "${lines[0]}" = '{"type":"flow","v":1,"src_ip":"203.0.113.9","dst_ip":"203.0.113.1","x":{"y":[1, 2.50]},"src_as":65009,"src_prefix":"203.0.113.0/24","dst_as":65009,"dst_prefix":"203.0.113.0/24","as_path":"65009","communities":["65001:77"]}' ]
    [ "${lines[1]}" = "$(sed -n 2p flows)" ]
    [ "${lines[2]}" = "$(sed -n 3p flows)" ]
    [ "${#lines[@]}" -eq 4 ]
    [ "$(jq -c '[.read, .annotated, .no_route, .forwarded, .rejected]' <<< "${lines[3]}")" = '[5,1,1,1,2]' ]
    [[ $stderr == *"stdin:4: not a JSON object"* ]]
    [[ $stderr == *"stdin:5: dst_ip is not an address"* ]]
}

@test "annotate does not answer from half a table" {
    zcat "$synth" | head -c 100000 > cut
    run -65 --separate-stderr nmbgp annotate --mrt cut <<< '{"dst_ip":"1.8.49.1"}'
    [ "$output" = "" ]
    [[ $stderr == *"the table is not whole"* ]]
}

@test "lookup of an address without a route is an error record and exit 1" {
    run -1 nmbgp lookup 203.0.113.7 192.0.2.1 --mrt "$bird"
    [ "$(jq -r .prefix <<< "${lines[0]}")" = 203.0.113.0/24 ]
    [ "$(jq -r '.target + ": " + .reason' <<< "${lines[1]}")" = "192.0.2.1: no route" ]
    run -64 nmbgp lookup 203.0.113 --mrt "$bird"
}

@test "what this version does not have is refused with a plain word" {
    for verb in listen top arm; do
        run -64 nmbgp "$verb"
        [[ $output == *"$verb: not in this version; there is mrt, annotate, lookup"* ]]
    done
    for option in --peer --bmp --routes; do
        run -64 nmbgp annotate "$option" x --mrt "$bird" <<< ''
        [[ $output == *"$option: not in this version"* ]]
    done
    run -64 nmbgp annotate < "$bird"
    run -64 nmbgp annotate --mrt "$bird" --format csv <<< ''
    run -64 nmbgp annotate --mrt - <<< ''
}
