#!/usr/bin/env bats
# What nmflowtool says to people: the columns of its tables and lists, and words about what went wrong.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq python3
    PATH="$NM_BIN:$PATH"
    golden="$BATS_TEST_DIRNAME/../golden/flow"
    v9="$golden/nfcapd/input-v9.pcap"
    sflow="$golden/nfcapd/input-sflow.pcap"
    stored="$golden/nfcapd/nfcapd-1.7.8-v9-none.nf"
    unset NO_COLOR
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    [ -z "${collector:-}" ] || kill -KILL "$collector" 2>/dev/null || true
}

# start_collector OPTION...: decode on 127.0.0.1:$port, in the background.
start_collector() {
    port=$((20000 + RANDOM % 20000))
    nmflowtool decode -l 127.0.0.1:$port "$@" >live.json 2>live.err 3>&- &
    collector=$!
    wait_for 'grep -q "$(printf ":%04X 0" $port | cut -d" " -f1) " /proc/net/udp'
}

wait_for() {
    for _ in $(seq 100); do
        ! eval "$1" || return 0
        sleep 0.05
    done
    return 1
}

# header KEYS OPTION...: of the table of top.
header() {
    local by=$1
    shift
    nmflowtool top --format table --by "$by" -r "$v9" "$@" | head -n 1 | tr -s ' '
}

@test "the table of top shows every key it groups by, in their order, between the rank and the sums" {
    sums='BYTES PACKETS FLOWS SHARE_PCT'
    for key in src_as in_if vlan exporter tcp_flags next_hop src_ip proto ip port interface mac; do
        [ "$(header $key)" = "RANK ${key^^} $sums" ]
    done
    [ "$(header dst_port,src_ip/24,proto_num,in_if --filter 'proto 250 or port 53')" = "RANK DST_PORT SRC_PREFIX PROTO_NUM IN_IF PROTO $sums" ]
    [ "$(header in_if_name,out_if_name --names)" = "RANK IN_IF_NAME OUT_IF_NAME $sums" ]
    nmflowtool top --format table --by in_if_name --names -r "$v9" | sed -n 2p | grep -Eq '^ *1  - +[0-9]'
    [ "$(header src_ip --scaled)" = "RANK SRC_IP $sums ERROR_PCT" ]
}

@test "with --every the table of top shows each window's time" {
    [ "$(header src_as --every 10s)" = 'WINDOW_START RANK SRC_AS BYTES PACKETS FLOWS SHARE_PCT' ]
    nmflowtool top --format table --by src_as --every 10s -r "$v9" | sed -n 2p | grep -q '^2023-11-14T22:13:20'
}

@test "--fields gives its own order in every format, and leaves out records that have none of the keys" {
    nmflowtool decode --format table --fields dst_ip,bytes,src_ip -r "$v9" >table
    head -n 1 table | grep -Eq '^DST_IP +BYTES +SRC_IP$'
    [ "$(grep -vcE '[0-9a-f] +[0-9]+ +[0-9a-f]' table)" = 2 ]  # the header and the summary
    [ "$(nmflowtool decode --format csv --fields dst_ip,exporter -r "$v9" | cut -d, -f1 | sort | uniq -c | tr -s ' ' | paste -sd' ')" = \
        ' 240 flow  1 type' ]
    nmflowtool decode --fields dst_ip,src_ip -r "$v9" >lines
    [ "$(head -n 1 lines | jq -c keys_unsorted)" = '["type","v","ts","dst_ip","src_ip"]' ]
    [ "$(jq -r .type lines | sort | uniq -c | tr -s ' ' | paste -sd' ')" = ' 240 flow  1 flow.summary' ]
}

@test "CSV lists flows and samples, top its groups; what it leaves out it tells when nothing else was there" {
    [ "$(nmflowtool top --by src_ip --format csv -r "$v9" | cut -d, -f1 | sort -u | paste -sd' ')" = 'flow.top type' ]
    run -0 --separate-stderr nmflowtool decode --format csv -r "$v9"
    [ -z "$stderr" ]
    [ "$(grep -c ^type <<<"$output")" = 1 ]
    run -1 --separate-stderr nmflowtool decode --format csv -r "$v9" --filter 'port 1 and port 2 and port 3'
    [[ "$stderr" == *"records are of other types than csv lists"* ]]
    nmflowtool decode --format csv --fields protocol,datagrams -r "$v9" | grep -q '^flow.stats,netflow9,2$'
}

@test "an old output survives a wrong filter, a wrong key, a missing input and an address that is not ours" {
    cp "$v9" old.pcap
    echo old >old.json
    run -64 nmflowtool decode -o old.json -r "$v9" --filter 'src prt 3'
    run -64 nmflowtool top -o old.json -r "$v9" --by no_such_key
    run -66 nmflowtool decode -o old.json -r missing
    run -69 nmflowtool decode -o old.json -l 192.0.2.77:2055
    run -66 nmflowtool export --as ipfix --to old.pcap -r missing
    run -69 nmflowtool forward --to old.pcap -l 192.0.2.77:2055
    [ "$(cat old.json)" = old ]
    cmp old.pcap "$v9"
    head -c 100000 /dev/zero >long.pcap
    nmflowtool forward --speed max --to long.pcap -r "$v9" >/dev/null
    [ "$(nmflowtool decode --all-fields -r long.pcap | tail -n 1 | jq .flows)" = 240 ]
}

@test "a file is not read and written at once" {
    cp "$v9" both.pcap
    run -64 nmflowtool decode -r both.pcap -o both.pcap
    run -64 nmflowtool export --as ipfix -r both.pcap --to ./both.pcap
    run -64 nmflowtool forward -r both.pcap --to both.pcap
    [[ "$output" == *"both.pcap: input file is output file"* ]]
    run -64 nmflowtool export --as ipfix --to both.pcap <both.pcap
    run -64 nmflowtool forward -r "$v9" --to both.pcap -o ./both.pcap
    [[ "$output" == *"both.pcap: would be written twice: name another file"* ]]
    run -64 nmflowtool export --as ipfix -r "$v9" --to both.pcap --to "$PWD/both.pcap"
    run -64 nmflowtool export --as ipfix --to both.pcap -o both.pcap <<<'{}'
    cmp both.pcap "$v9"
    mkdir folder
    cp "$v9" folder/a.pcap
    nmflowtool decode -r folder -o folder/out.json
    [ "$(tail -n 1 folder/out.json | jq .flows)" = 240 ]
}

@test "SIGUSR1 tells counters; SIGHUP saves the state, so that a killed run has lost nothing" {
    start_collector --state templates
    nmflowtool forward -r "$v9" --to 127.0.0.1:$port --speed max >/dev/null
    wait_for 'grep -q flow.option live.json'
    kill -USR1 "$collector"
    wait_for 'grep -q "datagrams 16, flows 240" live.err'
    [ ! -e templates ]
    kill -HUP "$collector"
    wait_for '[ -s templates ]'
    kill -KILL "$collector"
    wait "$collector" || true
    collector=
    [ "$(grep -c ^template templates)" -gt 8 ]
    mkfifo lines
    nmflowtool top --by src_ip <lines >/dev/null 2>top.err 3>&- &
    collector=$!
    exec 7>lines
    echo '{"type":"flow","src_ip":"10.0.0.1","bytes":1}' >&7
    sleep 0.5
    kill -USR1 "$collector"
    wait_for 'grep -q "lines 1" top.err'
    exec 7>&-
    wait "$collector"
    collector=
}

@test "a state that could not be written is told at the start: 73, by its own name" {
    run -73 nmflowtool decode --state . -r "$v9"
    [ "$output" = 'nmflowtool: --state .: Is a directory' ]
    mkfifo pipe
    run -73 nmflowtool decode --state pipe -r "$v9"
    [ "$output" = 'nmflowtool: --state pipe: is no regular file; without a state leave the option out' ]
    [ -p pipe ]
    run -73 nmflowtool decode --state no/such/folder/x -r "$v9"
    [ "$output" = 'nmflowtool: --state no/such/folder/x: No such file or directory' ]
}

@test "--strict stops at the first malformed datagram and at a file that is cut" {
    python3 - "$v9" bad.pcap <<'PY'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = 24 + 16 + 14 + 20 + 8 + 20 + 2  # the length of the first set
data[at:at + 2] = b"\xff\xff"
open(sys.argv[2], "wb").write(data)
PY
    head -c 2000 "$v9" >cut.pcap
    for verb in decode 'filter any' 'top --by src_ip' 'export --as ipfix --to out.pcap'; do
        # shellcheck disable=SC2086  # words
        run -65 --separate-stderr nmflowtool $verb --strict -r bad.pcap
        [[ "$stderr" == *"datagram 1, of "*" is malformed" ]]
        # shellcheck disable=SC2086
        run -65 --separate-stderr nmflowtool $verb --strict -r cut.pcap
        [[ "$stderr" == *"cut.pcap: the file ends inside a packet"* ]]
    done
    run -0 nmflowtool decode -r bad.pcap
}

@test "numbers and durations that mean nothing are refused; 5k is a number" {
    for number in -1 '' 99999999999999999999999 x; do
        run -64 nmflowtool top --by src_ip -n "$number" -r "$v9"
        [[ "$output" == *"is not a number"* ]]
    done
    [ "$(nmflowtool top --by src_ip -n 5k -r "$v9" | grep -c flow.top)" -gt 100 ]
    run -64 nmflowtool top --by src_ip --every 0s -r "$v9"
    [[ "$output" == *"--every: no time: leave it out"* ]]
    nmflowtool export --help | grep -A 1 -- '--as ' | grep -q 'protocol to export$'
    nmflowtool forward --help | grep -A 2 -- '--read' | grep -vq nfdump
}

@test "what was given in the wrong place is named, with the right one" {
    nmflowtool decode -r "$v9" >flows.jsonl
    run -65 nmflowtool decode -r flows.jsonl
    [[ "$output" == *"flows.jsonl: these are JSON lines"*"on stdin"* ]]
    for verb in 'filter any' 'top --by src_ip' 'export --as ipfix --to out.pcap'; do
        # shellcheck disable=SC2086  # words
        run -65 --separate-stderr nmflowtool $verb <"$v9"
        [ "$stderr" = 'nmflowtool: stdin: this is a capture, not JSON lines: read it with -r -' ]
    done
    printf '\x28\xb5\x2f\xfd1234' >packed.zst
    run -65 nmflowtool decode -r packed.zst
    [[ "$output" == *"zstd data is damaged"* ]]
    run -65 nmflowtool decode -r "$BATS_TEST_DIRNAME/../../README.md"
    [[ "$output" == *"neither a capture (pcap, pcapng) nor a file of nfdump (nfcapd)" ]]
    run -65 --separate-stderr nmflowtool filter any <<<hello
    [ "$stderr" = 'nmflowtool: stdin:1: not a JSON object' ]
    run -64 nmflowtool decode --filter 'src prt 3' -r "$v9"
    [[ "$output" == "nmflowtool: --filter: column 5: 'prt'"* ]]
    run -64 nmflowtool top --by srcip,dst_port -r "$v9"
    [ "$output" = "nmflowtool: --by: 'srcip' is not a key: did you mean src_ip?" ]
    run -64 nmflowtool decode -l 127.0.0.1:0
    [[ "$output" == *"a port from 1 to 65535"* ]]
    run -64 nmflowtool forward -r "$v9" --to localhost:2055
    [[ "$output" == *"names are not looked up"* ]]
}

@test "files of a folder that hold no flows are told in one line; what nfcapd still writes is left out" {
    mkdir folder
    cp "$v9" folder/a.pcap
    for name in x y z; do echo "no flows: $name" >folder/$name; done
    cp "$v9" folder/nfcapd.current.4711
    run -65 --separate-stderr nmflowtool decode -r folder
    [ "$(tail -n 1 <<<"$output" | jq .flows)" = 240 ]
    [ "$stderr" = 'nmflowtool: folder/x: neither a capture (pcap, pcapng) nor a file of nfdump (nfcapd) (and 2 more): passed over' ]
}

@test "a collector that is not there is told, 69; so are flows that a protocol has no place for" {
    port=$((20000 + RANDOM % 20000))
    run -69 --separate-stderr nmflowtool forward --speed max -r "$v9" --to 127.0.0.1:$port
    [ "$stderr" = "nmflowtool: --to 127.0.0.1:$port: nobody listens there: refused 16 times, of 16 datagrams" ]
    run -69 --separate-stderr nmflowtool export --as ipfix -r "$v9" --to 127.0.0.1:$port
    run -0 --separate-stderr nmflowtool export --as netflow5 -r "$v9" --to five.pcap
    [ "$stderr" = 'nmflowtool: 68 flows are left out: without addresses, IPv6 in NetFlow v5, or in sFlow without packets' ]
}

@test "flows that nfcapd scaled need no rate, and a rate for them is told once" {
    run -0 --separate-stderr nmflowtool top --by src_ip --scaled -r "$stored"
    [ -z "$stderr" ]
    run -0 --separate-stderr nmflowtool top --by src_ip --scaled --sampling-rate 10 -r "$stored" -r "$stored"
    [ "$(wc -l <<<"$stderr")" = 1 ]
    [[ "$stderr" == *"nfcapd has scaled these flows already"* ]]
}

# on_terminal COLUMNS COMMAND...: its stderr, and its stdout when STDOUT is set, as a terminal of that width gets it.
on_terminal() {
    python3 - "$@" <<'PY'
import fcntl, os, pty, struct, subprocess, sys, termios
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
out = slave if os.environ.get("STDOUT") else subprocess.DEVNULL
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=out, stderr=slave)
os.close(slave)
try:
    while chunk := os.read(master, 65536):
        sys.stdout.buffer.write(chunk)
except OSError:
    pass
child.wait()
PY
}

@test "a progress bar fits the terminal, tells megabytes a second, and goes; nothing is erased where none was drawn" {
    export TERM=xterm
    python3 - "$v9" long.pcap <<'PY'
import sys
data = open(sys.argv[1], "rb").read()
with open(sys.argv[2], "wb") as out:
    out.write(data[:24])
    for _ in range(3000):
        out.write(data[24:])
PY
    on_terminal 120 nmflowtool decode --all-fields -r long.pcap >wide
    grep -qE '\[#* *\] +[0-9]+ %  [0-9.]+ [kMG]B/s  [0-9]+:[0-9]+ left' wide
    on_terminal 30 nmflowtool decode --all-fields -r long.pcap >narrow
    [ "$(sed 's/\r/\n/g; s/\x1b\[K//g' narrow | awk '{ print length }' | sort -n | tail -n 1)" = 29 ]
    STDOUT=1 on_terminal 80 nmflowtool top --by src_ip --color never -r "$v9" >short
    grep -q '^RANK' short
    ! grep -q $'\x1b' short
}

@test "--state is never written over a capture, an output or any other file that is no state" {
    cp "$v9" capture.pcap
    run -64 --separate-stderr nmflowtool decode -r capture.pcap --state capture.pcap
    cmp "$v9" capture.pcap
    echo 'my notes' >notes
    run -65 --separate-stderr nmflowtool decode -r "$v9" --state notes
    [[ $stderr == *'is no state of nmflowtool'* ]]
    [ "$(cat notes)" = 'my notes' ]
    run -64 --separate-stderr nmflowtool decode -r "$v9" --state new -o new
}

@test "--state is saved beside what a run that was killed has left, keeps its mode, and follows a link" {
    nmflowtool decode -r "$v9" --state real >/dev/null
    chmod 600 real
    ln -s real link
    # The same pid again, as in a container.
    sh -c ': >"real.$$.tmp"; exec nmflowtool decode -r "$1" --names --state link >/dev/null' sh "$v9"
    [ -L link ]
    [ "$(stat -c %a real)" = 600 ]
}
