#!/usr/bin/env bats
# nmtcp diagnose: each fault is made on purpose, and the verdict must name it.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=60; }

# A server's namespace behind a link: 10.98.0.2 and fd98::2.
setup() {
    require_root
    require_commands jq python3 nft
    make_ns client
    CLIENT=$NS
    make_ns server
    SERVER=$NS
    ip -n "$CLIENT" link add wan type veth peer name lan netns "$SERVER"
    ip -n "$CLIENT" addr add 10.98.0.1/24 dev wan
    ip -n "$SERVER" addr add 10.98.0.2/24 dev lan
    ip -n "$CLIENT" addr add fd98::1/64 dev wan nodad
    ip -n "$SERVER" addr add fd98::2/64 dev lan nodad
    ip -n "$CLIENT" link set wan up
    ip -n "$SERVER" link set lan up
    cd "$BATS_TEST_TMPDIR"
}

teardown() { lab_teardown; }

serve() {  # serve PORT WORD [ARGUMENT]
    local word='' fifo
    fifo=$BATS_TEST_TMPDIR/service.$1
    mkfifo "$fifo"
    in_ns "$SERVER" "$NM_ROOT/tests/lab/slow_service.py" "${ADDRESS:-10.98.0.2}" "$@" >"$fifo" 3>&- &
    read -r -t 10 word <"$fifo"
    [ "$word" = ready ]
}

server_rule() {
    in_ns "$SERVER" nft add table inet t
    in_ns "$SERVER" nft add chain inet t in '{ type filter hook input priority 0; }'
    in_ns "$SERVER" nft add rule inet t in "$@"
}

diagnose() { in_ns "$CLIENT" "$NM_BIN/nmtcp" diagnose --format json -i 10ms -t 500ms --service-timeout 1s "$@"; }
# of JQ: over the diagnosis in $output.
of() { jq -c "select(.type == \"tcp.diagnosis\") | $1" <<<"$output"; }
verdict() { echo "$output"; [ "$(of .verdict)" = "\"$1\"" ]; }

@test "all is well: exit 0, the evidence in keys" {
    serve 22 banner
    run -0 diagnose 10.98.0.2:22
    verdict none
    [ "$(of '[.ping_state, .handshake_state, .service_state, .protocol, .reply]')" \
        = '["ok","ok","ok","ssh","220 ready"]' ]
    of 'select(.ping_rtt_p50_us > 0 and .handshake_p50_us > 0 and .first_byte_p50_ms > 0 and .handshakes_open == 10)' | grep .
    [ "$(jq -c 'select(.type == "tcp.diagnosis.step") | .step' <<<"$output" | paste -sd,)" \
        = '"resolve","ping","handshake","service"' ]
    ADDRESS=fd98::2 serve 25 banner
    run -0 diagnose '[fd98::2]:25'
    verdict none
}

@test "a closed port is the service" {
    run -4 diagnose 10.98.0.2:22
    verdict service
    [ "$(of '[.handshake_state, .handshakes_closed, .service_state]')" = '["closed",10,null]' ]
    [[ $(of .reason) == *'nothing listens on 10.98.0.2:22'* ]]
}

@test "SYNs that are dropped are the network, and the reason says that the host answers pings" {
    serve 22 banner
    server_rule tcp dport 22 drop
    run -1 diagnose 10.98.0.2:22
    verdict network
    [ "$(of '[.ping_state, .handshake_state, .handshakes_lost]')" = '["ok","silent",10]' ]
    [ "$(of '[.handshake_min_us, .handshake_p50_us, .first_byte_p50_ms]')" = '[null,null,null]' ]  # T39: no zeros
    [[ $(of .reason) == *'although pings are answered'* ]]
}

@test "a host that is not there is the network" {
    run -1 diagnose 10.98.0.9:22
    verdict network
    [[ $(of .ping_state) == '"silent"' || $(of .ping_state) == '"unreachable"' ]]
}

@test "a router that says unreachable is the network, and is named" {
    server_rule tcp dport 22 reject with icmpx type admin-prohibited
    run -3 diagnose 10.98.0.2:22
    verdict network
    [ "$(of .handshake_state)" = '"unreachable"' ]
    [[ $(of .reason) == *'from 10.98.0.2'* ]]
}

@test "no route from here is this host" {
    run -6 diagnose 192.0.2.1:22
    verdict local
    [[ $(of .reason) == *'Network is unreachable'* ]]
}

@test "a service that accepts and never answers is the service" {
    serve 22 silent
    run -1 diagnose 10.98.0.2:22
    verdict service
    [ "$(of '[.service_state, .large_ping_received]')" = '["silent",3]' ]
}

@test "a service that accepts and closes is the service" {
    serve 22 close
    run -1 diagnose 10.98.0.2:22
    verdict service
    [ "$(of .service_state)" = '"closed"' ]
}

@test "a slow first byte is the service while the handshake is fast; the limit is the user's" {
    serve 22 banner 0.7
    run -1 diagnose 10.98.0.2:22
    verdict service
    of 'select(.service_state == "slow" and .first_byte_p50_ms > 690 and .handshake_p50_us < 900000)' | grep .
    run -0 diagnose 10.98.0.2:22 --max-first-byte 2s
    verdict none
    serve 7000 echo 0.7
    run -1 diagnose 10.98.0.2:7000 --send 'hello\r\n'
    verdict service
    [ "$(of .reply)" = '"hello"' ]
}

@test "HTTP by --http; a server that says 503 is the service" {
    serve 9000 http 200
    run -0 diagnose 10.98.0.2:9000 --http --path /health
    verdict none
    [ "$(of '[.protocol, .reply]')" = '["http","HTTP/1.1 200 Something"]' ]
    serve 9001 http 503
    run -1 diagnose 10.98.0.2:9001 --http
    verdict service
    [[ $(of .reason) == *503* ]]
}

@test "TLS: a server says hello to ours, of TLS 1.2 and 1.3" {
    command -v openssl >/dev/null || skip "needs openssl"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out cert -subj /CN=x -days 2 2>/dev/null
    local version
    for version in tls1_2 tls1_3; do
        in_ns "$SERVER" openssl s_server -accept 443 -key key -cert cert -"$version" -quiet >/dev/null 2>&1 3>&- &
        local pid=$!
        sleep 0.5
        run -0 diagnose 10.98.0.2:443
        verdict none
        [ "$(of '[.protocol, .service_state, .reply]')" = '["tls","ok",null]' ]
        kill "$pid" 2>/dev/null || true
        wait "$pid" || true
    done
}

@test "nothing known of a port: connections are enough, and it says so; a banner is noticed" {
    serve 7000 silent
    run -0 diagnose 10.98.0.2:7000
    verdict none
    [ "$(of .service_state)" = '"unknown"' ]
    [[ $(of .reason) == *'not asked anything'* ]]
    serve 7001 banner
    run -0 diagnose 10.98.0.2:7001
    [ "$(of '[.service_state, .protocol]')" = '["ok","banner"]' ]
}

@test "pings that are filtered are no fault" {
    serve 22 banner
    server_rule icmp type echo-request drop
    run -0 diagnose 10.98.0.2:22
    verdict none
    [ "$(of .ping_state)" = '"silent"' ]
    [[ $(of .reason) == *'pings are filtered'* ]]
}

@test "large packets that vanish are the network, not the service" {
    serve 22 large
    in_ns "$CLIENT" nft add table inet t
    in_ns "$CLIENT" nft add chain inet t in '{ type filter hook ingress device wan priority 0; }' 2>/dev/null ||
        in_ns "$CLIENT" nft add chain inet t in '{ type filter hook input priority 0; }'
    in_ns "$CLIENT" nft add rule inet t in meta length '>' 1000 drop
    in_ns "$SERVER" ethtool -K lan tso off gso off 2>/dev/null || true
    run -1 diagnose 10.98.0.2:22
    verdict network
    [ "$(of '[.ping_state, .service_state, .large_ping_received]')" = '["ok","silent",0]' ]
}

@test "without CAP_NET_RAW: handshakes by connect, pings as far as allowed; the verdicts are the same" {
    command -v setpriv >/dev/null || skip "needs setpriv"
    serve 22 banner
    plain() {
        in_ns "$CLIENT" setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
            "$NM_BIN/nmtcp" diagnose --format json -i 10ms -t 500ms --service-timeout 1s "$@"
    }
    in_ns "$CLIENT" sysctl -qw net.ipv4.ping_group_range='1 0'
    run -0 plain 10.98.0.2:22
    verdict none
    [ "$(of '[.ping_state, .socket, .handshakes_open, .syn_retrans]')" = '["unknown","connect",10,0]' ]
    run -4 plain 10.98.0.2:23
    verdict service
    in_ns "$CLIENT" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    run -0 plain 10.98.0.2:22
    [ "$(of .ping_state)" = '"ok"' ]
    run -6 plain 192.0.2.1:22
    verdict local
}

@test "loss and delay of the way are the network (simulator)" {
    make_ns sim
    CLIENT=$NS
    in_ns "$NS" sysctl -qw net.ipv4.ping_group_range='0 2147483647'
    start_sim "$NS" --rule '10.99.1.1/32: tcp_open=22,loss=30%' --rule '10.99.1.2/32: tcp_open=22,delay=350ms' \
        --rule '10.99.1.3/32: tcp_open=22' --rule '10.99.1.4/32: icmp=reply,tcp_filtered=22'
    run -1 diagnose -c 30 10.99.1.1:22
    verdict network
    [ "$(of '[.handshake_state, .ping_state]')" = '["lossy","lossy"]' ]
    run -1 diagnose 10.99.1.2:22
    verdict network
    [[ $(of .reason) == *'the way to 10.99.1.2:22 and back takes 35'* ]]
    run -1 diagnose 10.99.1.3:22  # it accepts, and knows no data
    [[ $(of .verdict) == '"service"' || $(of .verdict) == '"network"' ]]
    run -1 diagnose 10.99.1.4:22
    verdict network
}

@test "T13: a SYN that had to be sent again is told as such, and its second is no round-trip time" {
    make_ns sim
    CLIENT=$NS
    start_sim "$NS" --rule '10.99.1.1/32: tcp_open=22,swallow_first_syn=1'
    run -1 in_ns "$CLIENT" "$NM_BIN/nmtcp" diagnose --format json --method connect -c 3 -i 10ms -t 3s \
        --service-timeout 1s 10.99.1.1:22
    verdict network
    of 'select(.syn_retrans >= 1 and .handshake_state == "lossy" and (.handshake_max_us // 0) < 900000)' | grep .
    [[ $(of .reason) == *'sent again'* ]]
}

# with_resolver OPTION...: names come from this namespace's dnsmasq; records in $FORMAT.
with_resolver() {
    echo 'nameserver 10.98.0.2' >resolv.conf
    : >hosts
    # shellcheck disable=SC2016
    in_ns "$CLIENT" unshare -m sh -c 'mount --bind hosts /etc/hosts && mount --bind resolv.conf /etc/resolv.conf && exec "$@"' \
        sh "$NM_BIN/nmtcp" diagnose --format "${FORMAT:-json}" -i 10ms -t 500ms --service-timeout 1s "$@"
}

@test "a name that does not resolve is the name; one that does is probed" {
    command -v dnsmasq >/dev/null || skip "needs dnsmasq"
    in_ns "$SERVER" dnsmasq --keep-in-foreground --no-resolv --no-hosts --listen-address=10.98.0.2 --port=53 \
        --bind-interfaces --address=/db1.example/10.98.0.2 --address=/dead.example/ --pid-file= --user=root 3>&- &
    serve 22 banner
    sleep 0.3
    run -0 with_resolver db1.example:22
    verdict none
    of 'select(.resolve_ms > 0 and .address == "10.98.0.2" and .addresses == 1)' | grep .
    run -5 with_resolver dead.example:22
    verdict name
    [ "$(of '[.address, .ping_state, .handshake_state]')" = '[null,null,null]' ]
    [[ $(of .reason) == *'dead.example does not resolve'* ]]
    run -1 with_resolver db1.example:22 --max-resolve 1us
    verdict name
}

# Both families, and an address at which nothing is; the resolver's namespace serves port 22 where ADDRESS says.
serve_names() {
    require_commands dnsmasq
    in_ns "$SERVER" dnsmasq --keep-in-foreground --no-resolv --no-hosts --listen-address=10.98.0.2 --port=53 \
        --bind-interfaces --host-record=both.example,10.98.0.2,fd98::2 --host-record=far.example,10.98.0.2,2001:db8::1 \
        --host-record=six.example,fd98::2 --pid-file= --user=root 3>&- &
    sleep 0.3
}

@test "a name is diagnosed at each of its addresses, both families" {
    serve_names
    serve 22 banner
    mkdir six && BATS_TEST_TMPDIR=$PWD/six ADDRESS=fd98::2 serve 22 banner
    run -0 with_resolver both.example:22
    echo "$output"
    [ "$(of '[.address, .verdict, .addresses]' | sort | paste -sd' ')" = '["10.98.0.2","none",2] ["fd98::2","none",2]' ]
    [ "$(jq -c 'select(.step == "handshake") | .address' <<<"$output" | sort | paste -sd,)" = '"10.98.0.2","fd98::2"' ]
    [ "$(jq -s 'map(select(.step == "resolve")) | length' <<<"$output")" = 1 ]
    [ "$(jq -c 'select(.type == "tcp.diagnosis.summary") | [.targets, .diagnoses, .wrong]' <<<"$output")" = '[1,2,0]' ]
    run -0 with_resolver -4 both.example:22
    [ "$(of .address)" = '"10.98.0.2"' ]
    run -0 with_resolver -6 both.example:22
    [ "$(of .address)" = '"fd98::2"' ]
    run -0 with_resolver --addresses first both.example:22
    [ "$(of .addresses)" = 2 ]
    run -5 with_resolver -4 six.example:22
    verdict name
}

@test "a service that listens in one family only is told as such: the case of dual-stack trouble" {
    serve_names
    serve 22 banner
    run -4 with_resolver both.example:22
    [ "$(of '[.address, .verdict]' | sort | paste -sd' ')" = '["10.98.0.2","none"] ["fd98::2","service"]' ]
    [[ $(of 'select(.address == "fd98::2") | .reason') == *'nothing listens on [fd98::2]:22'* ]]
    run -0 with_resolver -4 both.example:22
    FORMAT=table
    run -4 with_resolver both.example:22
    echo "$output"
    [ "$(grep -c '^handshake ' <<<"$output")" = 2 ]
    [ "$(grep -c '^TARGET ' <<<"$output")" = 1 ]  # the verdicts stand together
}

@test "an address that this host has no way to is told, and is no fault while another can be tried" {
    serve_names
    serve 22 banner
    run -0 with_resolver far.example:22
    echo "$output"
    [ "$(of '[.address, .verdict]' | sort | paste -sd' ')" = '["10.98.0.2","none"] ["2001:db8::1","local"]' ]
    run -6 with_resolver -6 far.example:22
    verdict local
}

@test "a terminal shows at a glance what is wrong" {
    serve 22 silent
    run -1 in_ns "$CLIENT" "$NM_BIN/nmtcp" diagnose --format table -c 3 -i 10ms --service-timeout 500ms 10.98.0.2:22
    echo "$output"
    [[ ${lines[0]} == STEP*STATE*TIME_MS*DETAIL ]]
    [[ $output == *$'\nhandshake '*' ok '* ]]
    [[ $output == *$'\nservice '*' silent '*'no byte within 500ms'* ]]
    [[ $output == *$'\nTARGET     ADDRESS    PORT  VERDICT  REASON\n10.98.0.2  10.98.0.2    22  service  10.98.0.2:22 accepts connections'* ]]
}

@test "several services in one run; what cannot be asked is 64" {
    serve 22 banner
    run -4 diagnose 10.98.0.2:22 10.98.0.2:23
    [ "$(of .verdict | paste -sd,)" = '"none","service"' ]
    [ "$(jq -c 'select(.type == "tcp.diagnosis.summary") | [.targets, .wrong]' <<<"$output")" = '[2,1]' ]
    run -1 diagnose 10.98.0.2:23 192.0.2.1:22  # two kinds of wrong have no status of their own
    [ "$(of .verdict | paste -sd,)" = '"service","local"' ]
    run -64 diagnose
    run -64 diagnose 10.98.0.2
    run -64 diagnose 10.98.0.2:22 --tls --http
    run -64 diagnose 10.98.0.2:22 --send '\q'
}
