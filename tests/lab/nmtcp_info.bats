#!/usr/bin/env bats
# nmtcp info: the kernel's figures as ss(8) has them, on real connections; filters, groups, deltas; nothing missing and
# nothing twice while sockets come and go (trap T34).

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq python3 ss nsenter
    make_ns info
    cd "$BATS_TEST_TMPDIR"
}

teardown() {
    exec 7>&- 8<&-
    lab_teardown
}

info() { in_ns "$NS" "$NM_BIN/nmtcp" info --format json "$@"; }
sockets() { jq -c "select(.type == \"tcp.info\") | $1"; }
summary() { jq -c "select(.type == \"tcp.info.summary\") | $1"; }

# start_pairs SPEC...: see tcp_pairs.py; tell COMMAND... follows.
start_pairs() {
    mkfifo in out
    in_ns "$NS" "$NM_ROOT/tests/lab/tcp_pairs.py" "$@" <in >out 2>pairs.err 3>&- &
    exec 7>in 8<out
    wait_for ready
}
wait_for() {
    local word=''
    read -r -t 60 word <&8 || { cat pairs.err >&2; return 1; }
    [ "$word" = "$1" ]
}
tell() { echo "$*" >&7; }

# lossy FRACTION: every nth packet on lo is dropped, where the kernel has nft_numgen.
lossy() {
    in_ns "$NS" nft -f - <<NFT
table inet loss {
    chain in { type filter hook input priority 0; tcp flags syn accept; tcp dport 7000 numgen inc mod $1 0 drop; }
}
NFT
}

@test "every figure is that of ss -tin: IPv4, IPv6, v4-mapped" {
    start_pairs 127.0.0.1,20,100000 ::1,20,5000 127.0.0.2,5
    run -0 in_ns "$NS" "$NM_ROOT/tests/lab/ss_compare.py" "$NM_BIN/nmtcp"
    echo "$output"
    [[ ${lines[-1]} == "90 sockets, "* ]]
    tell quit
}

@test "a v4-mapped address is an IPv4 address" {
    start_pairs ::,3,1000
    run -0 in_ns "$NS" "$NM_ROOT/tests/lab/ss_compare.py" "$NM_BIN/nmtcp"
    run -0 info
    [ "$(sockets '[.local_ip, .peer_ip]' <<<"$output" | sort -u)" = '["127.0.0.1","127.0.0.1"]' ]
    run -0 info --peer 127.0.0.0/8
    [ "$(sockets . <<<"$output" | wc -l)" -eq 6 ]
}

@test "segments sent again are counted as ss counts them" {
    command -v nft >/dev/null || skip "needs nft"
    ip -n "$NS" link set lo mtu 1500
    lossy 20 || skip "needs nft_numgen"
    start_pairs 127.0.0.1,4,400000
    run -0 in_ns "$NS" "$NM_ROOT/tests/lab/ss_compare.py" "$NM_BIN/nmtcp"
    run -0 info
    [ "$(sockets 'select(.retrans_total > 0 and .bytes_retrans > 0)' <<<"$output" | wc -l)" -ge 2 ]
}

@test "a socket without a measurement has no round-trip time; one that waits out its time has no figures" {
    ip -n "$NS" link add black type veth peer name hole
    ip -n "$NS" addr add 192.0.2.1/24 dev black
    ip -n "$NS" link set black up
    ip -n "$NS" link set hole up
    ip -n "$NS" neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev black
    start_pairs 127.0.0.1,1
    in_ns "$NS" timeout 20 bash -c 'exec 3<>/dev/tcp/192.0.2.9/80' 3>&- &
    in_ns "$NS" python3 -c 'import socket
l = socket.create_server(("127.0.0.3", 7000)); c = socket.create_connection(("127.0.0.3", 7000))
s, _ = l.accept(); c.close(); s.close()'
    sleep 0.3
    run -0 info --state all
    [ "$(sockets 'select(.state == "syn_sent") | [.peer_ip, .srtt_us, .rttvar_us, .min_rtt_us]' <<<"$output")" \
        = '["192.0.2.9",null,null,null]' ]
    [ "$(sockets 'select(.state == "time_wait") | [.peer_port, .cwnd, .bytes_sent, .uid]' <<<"$output")" = '[7000,null,null,null]' ]
    [ "$(sockets 'select(.state == "listen") | [.local_port, .backlog, .backlog_max, .peer_ip, .srtt_us]' <<<"$output")" \
        = '[7000,0,128,null,null]' ]
}

@test "filters keep what ss keeps" {
    start_pairs 127.0.0.1,8,10 127.0.1.1,5,10 ::1,3,10
    count() { info "$@" >records || [ $? -eq 1 ]; sockets . <records | wc -l; }
    theirs() { in_ns "$NS" ss -tnH "$@" | wc -l; }
    [ "$(count)" -eq 32 ]
    [ "$(count --peer 127.0.1.0/24)" -eq "$(theirs dst 127.0.1.0/24)" ]
    [ "$(count --peer 127.0.1.0/24)" -eq 5 ]
    [ "$(count --local 127.0.1.1)" -eq "$(theirs src 127.0.1.1)" ]
    [ "$(count --peer ::1)" -eq 6 ]
    [ "$(count --peer ::1 --peer 127.0.1.1)" -eq 11 ]
    [ "$(count --port 7000)" -eq 32 ]
    [ "$(count --port 7001)" -eq 0 ]
    local port
    port=$(info | sockets 'select(.peer_port == 7000 and .peer_ip == "127.0.0.1") | .local_port' | head -n 1)
    [ "$(count --port "$port")" -eq 2 ]
    [ "$(count --port "$port" --port 9 --local 127.0.0.0/24)" -eq 2 ]
    [ "$(count -4)" -eq 26 ]
    [ "$(count --state listen)" -eq "$(theirs -l)" ]
    [ "$(count --state close-wait,last-ack)" -eq 0 ]
    run -1 info --port 7001
    [ "$(summary .sockets <<<"$output")" = 0 ]
    run -64 info --peer 127.0.0.1/8
    run -64 info --state open
}

@test "groups are the sums of their sockets" {
    start_pairs 127.0.0.1,8,1000 127.0.1.1,5,1000 ::1,3,1000
    run -0 info --by peer/24,port
    [ "$(jq -c 'select(.type == "tcp.info.group") | [.peer_prefix, .port, .sockets, .bytes_sent, (.srtt_min_us <= .srtt_p50_us)]' <<<"$output" | sort)" \
        = '["127.0.0.0/24",7000,21,14500,true]
["127.0.1.0/24",7000,5,5000,true]
["::1/128",7000,6,4500,true]' ]
    [ "$(summary '[.sockets, .groups]' <<<"$output")" = '[32,3]' ]
    run -64 info --by address
}

@test "--every tells what was added, and which sockets are new" {
    start_pairs 127.0.0.1,3,1000
    info --every 600ms --rounds 3 --port 7000 >records &
    local pid=$!
    sleep 0.9
    tell send 50000
    wait_for 'done'
    wait "$pid"
    [ "$(sockets 'select(.round == 0 and .delta_bytes_sent == null and .opened == null)' <records | wc -l)" -eq 6 ]
    [ "$(sockets 'select(.round == 1) | .delta_bytes_sent' <records | sort -u)" = 0 ]
    [ "$(sockets 'select(.round == 2 and .delta_bytes_sent > 0) | [.peer_port, .delta_bytes_sent, .delta_bytes_acked]' <records)" \
        = '[7000,50000,50000]' ]
    [ "$(sockets 'select(.round == 2 and .delta_bytes_received > 0) | [.local_port, .delta_bytes_received]' <records)" = '[7000,50000]' ]
    sockets 'select(.round == 2) | .interval_ms' <records | jq -se 'all(. > 590 and . < 1190)'
    [ "$(summary '[.rounds, .sockets, .opened, .closed]' <records)" = '[3,18,0,0]' ]
}

@test "T34: while sockets come and go, those that stay are told once in every round" {
    start_pairs 127.0.0.1,300,10
    tell churn 6
    info --every 50ms --rounds 40 >records
    wait_for 'done'
    # Those of the first list that are in the last one were there all the time.
    sockets 'select(.round == 0) | .cookie' <records | sort >first
    sockets 'select(.round == 39) | .cookie' <records | sort >last
    comm -12 first last >stayed
    [ "$(wc -l <stayed)" -ge 600 ]
    sockets '"\(.round) \(.cookie)"' <records | sort >all
    [ -z "$(uniq -d all)" ]
    sockets .cookie <records | sort | uniq -c |
        awk 'NR == FNR { stay[$1] = 1; next } $2 in stay && $1 != 40 { print }' stayed - >missing
    echo "missing: $(wc -l <missing) of $(wc -l <stayed)"; summary . <records
    [ "$(wc -l <missing)" -eq 0 ]
    [ "$(summary '.opened > 0 and .closed > 0' <records)" = true ]
}

@test "--netns NAME looks into that namespace; a name that is none is 66" {
    start_pairs 127.0.0.1,2
    run -0 "$NM_BIN/nmtcp" info --format json --netns "$NS"
    [ "$(sockets . <<<"$output" | wc -l)" -eq 4 ]
    run -66 "$NM_BIN/nmtcp" info --netns no-such-namespace
    [[ $output == *no-such-namespace* ]]
}

@test "the control group of a socket is its path" {
    local root group
    root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
    group=$root/nm-t$$
    [ -n "$root" ] && mkdir "$group" 2>/dev/null || skip "needs a writable cgroup2"
    mkfifo connected
    # ip-netns(8) would hide the hierarchy.
    # shellcheck disable=SC2016
    nsenter --net="/run/netns/$NS" sh -c 'echo $$ >"$1/cgroup.procs" && exec python3 -c "
import socket, time
l = socket.create_server((\"127.0.0.1\", 7100)); c = socket.create_connection((\"127.0.0.1\", 7100))
print(\"connected\", flush=True); time.sleep(60)"' \
        sh "$group" >connected 3>&- &
    local pid=$!
    head -n 1 connected >/dev/null
    run nsenter --net="/run/netns/$NS" "$NM_BIN/nmtcp" info --format json --by cgroup --state all
    kill "$pid"
    wait "$pid" || true
    rmdir "$group"
    [ "$(jq -c 'select(.type == "tcp.info.group") | .cgroup' <<<"$output" | grep -c "/nm-t$$")" -eq 1 ]
}

@test "nobody may look too, and gets the same" {
    command -v setpriv >/dev/null || skip "needs setpriv"
    start_pairs 127.0.0.1,5,100
    run -0 info
    local as_root=$output
    run -0 in_ns "$NS" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
        "$NM_BIN/nmtcp" info --format json
    [ "$(sockets 'del(.ts)' <<<"$output" | sort)" = "$(sockets 'del(.ts)' <<<"$as_root" | sort)" ]
}

@test "the table fits what a person looks for" {
    start_pairs 127.0.0.1,2,100
    run -0 in_ns "$NS" "$NM_BIN/nmtcp" info --format table
    [[ ${lines[0]} == STATE*LOCAL_IP*PEER_IP*SRTT_MS*RETRANS_TOTAL* ]]
    [[ ${lines[1]} == established* ]]
    [[ ${lines[-1]} == 'sockets 4'* ]]
}
