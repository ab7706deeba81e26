#!/usr/bin/env bats
# nmprobe dns against a scripted server: every way an answer can be good, bad or absent reads differently.
load helpers

setup() {
    command -v python3 >/dev/null || skip "needs python3"
    clean_environment
    cd "$BATS_TEST_TMPDIR"
    mkfifo port hold
    exec 7<>hold
    "$NM_ROOT/tests/cli/dns_server.py" <hold >port 3>&- &
    server_pid=$!
    read -r -t 10 server_port <port
    server=127.0.0.1:$server_port
}

teardown() {
    exec 7>&-
    [ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
}

ask() { nmprobe dns --format json -t 500ms "$@" "@$server"; }
of() { jq -rc "select(.type == \"probe.dns\") | $1" <<<"$output"; }
sum() { jq -r "select(.type == \"probe.dns.summary\") | $1" <<<"$output"; }

@test "a good answer: rcode, flags, data, time to live, size, and a time by the kernel's stamps" {
    run -0 --separate-stderr ask www.test
    [ "$(of '[.target, .qtype, .server, .state, .rcode, .flags, .answers, .ttl_s, .answer_count, .transport, .ts_source]')" \
        = "[\"www.test\",\"A\",\"$server\",\"ok\",\"NOERROR\",\"aa rd\",[\"192.0.2.1\"],300,1,\"udp\",\"kernel\"]" ]
    of '.rtt_us > 0 and .rtt_us < 500000 and .bytes == 42' | grep -qx true
    [ -z "$stderr" ]
}

@test "each way to fail reads differently, and the exit status is 1; that of a name that does not exist 5" {
    run -5 --separate-stderr ask nx.test
    [ "$(of '"\(.state):\(.rcode)"')" = nxdomain:NXDOMAIN ]
    local case
    for case in servfail:failed:SERVFAIL silent:timeout:null wrongid:timeout:null \
        wrongquestion:wrong:null wrongsource:wrong:null garbage:malformed:NOERROR noquestion:failed:FORMERR \
        tcclose:truncated:null tcwrong:wrong:null query:timeout:null short:timeout:null; do
        run -1 --separate-stderr ask "${case%%:*}.test"
        [ "$(of '"\(.state):\(.rcode)"')" = "${case#*:}" ] || fail_with "$case: $(of .)"
    done
}

@test "a name without data of this type is an answer: no_data, exit 0" {
    run -0 ask empty.test
    [ "$(of '[.state, .rcode, .answer_count, has("answers")]')" = '["no_data","NOERROR",0,false]' ]
}

@test "a port that nobody listens on is closed, not silent" {
    run -4 nmprobe dns --format json www.test @127.0.0.1:9
    [ "$(of '.state')" = closed ]
    [ "$(of '.error')" = 'port unreachable from 127.0.0.1' ]
    run -4 nmprobe dns --format json --tcp www.test @127.0.0.1:9
    [ "$(of '[.state, .error]')" = '["closed","Connection refused"]' ]
    run -1 nmprobe dns --format json www.test nx.test @127.0.0.1:9 "@$server"  # closed and unresolved: no one word
}

@test "a truncated answer is asked for again by TCP, with times of its own; --no-tcp leaves it truncated" {
    run -0 ask tc.test
    [ "$(of '[.state, .transport, .answer_count, (.answers | length)]')" = '["ok","tcp",250,250]' ]
    of '.tcp_connect_us > 0 and .tcp_rtt_us > 10000 and .rtt_us > 0' | grep -qx true
    [ "$(sum .by_tcp)" -eq 1 ]
    run -1 ask --no-tcp tc.test
    [ "$(of '[.state, .flags, .transport]')" = '["truncated","aa tc rd","udp"]' ]
    run -0 ask --tcp www.test
    [ "$(of '[.state, .transport, has("rtt_us")]')" = '["ok","tcp",false]' ]
}

@test "an answer to another question does not hide the right one, and is counted" {
    run -0 ask wrongthenright.test
    [ "$(of '[.state, .wrong]')" = '["ok",1]' ]
    [ "$(sum .wrong_answers)" -eq 1 ]
}

@test "duplicates and late answers are counted; a late one does not answer the next query" {
    run -0 ask --linger 200ms dup.test
    [ "$(sum '[.ok, .dup, .late]')" = '[
  1,
  1,
  0
]' ]
    run -1 nmprobe dns --format json -t 100ms -c 2 -i 250ms --linger 300ms late.test "@$server"
    [ "$(of .state | sort -u)" = timeout ]
    [ "$(sum .late)" -eq 2 ]
    [ "$(sum .timeout)" -eq 2 ]
}

@test "the case of the letters must come back as it was sent with --random-case" {
    run -0 ask --random-case abcdefghijklmnopqrstuvwxyz.test
    run -1 ask --random-case lower.abcdefghijklmnopqrstuvwxyz.test
    [ "$(of .state)" = wrong ]
    run -0 ask lower.abcdefghijklmnopqrstuvwxyz.test
}

@test "NSID and extended errors are read" {
    run -0 ask --nsid nsid.test
    [ "$(of '[.nsid, .edns_size, .additional_count]')" = '["node-7",1232,0]' ]
    run -1 ask servfail.test
    [ "$(of '.ede[0]')" = '22 No Reachable Authority: gone' ]
}

@test "every name is asked of every server with every type, each a record; sums are equal" {
    run -1 ask --type a,mx,TYPE65280 mx.test nx.test @127.0.0.1:9 -c 2 -i 1ms
    [ "$(of . | wc -l)" -eq 24 ]
    [ "$(of '.server + .target + .qtype' | sort -u | wc -l)" -eq 12 ]
    [ "$(of 'select(.qtype == "MX" and .target == "mx.test" and .state == "ok") | .answers[0]' | sort -u)" = '10 mail.test.' ]
    sum '.queries == .ok + .no_data + .nxdomain + .failed + .truncated + .malformed + .wrong + .closed + .unreachable
        + .timeout + .lost_self + .errors + .unfinished and .queries == 24' | grep -qx true
}

@test "ten thousand queries at once: none lost, none mixed up" {
    seq -f 'n%g.test A' 1 10000 >names.txt
    run -0 --separate-stderr nmprobe dns --format json -t 5s --rate 0 --window 100 -f names.txt "@$server"
    [ "$(of .target | sort -u | wc -l)" -eq 10000 ]
    [ "$(sum .ok)" -eq 10000 ]
}

@test "names come from a file of targets with labels, and from JSON lines with their own type" {
    printf 'rack1:\n  - www.test\ntargets:\n  - {host: nx.test, labels: {team: dns}}\n' >names.yaml
    run -5 ask -f names.yaml
    [ "$(of '[.target, .region, .team]' | sort | tr '\n' ' ')" = '["nx.test",null,"dns"] ["www.test","rack1",null] ' ]
    run -0 ask <<<'{"target":"mx.test","qtype":"MX","rack":"r1","server":"not a label"}'
    [ "$(of '[.qtype, .rack, .answers[0]]')" = '["MX","r1","10 mail.test."]' ]
    [ "$(of .server)" = "$server" ]
}

@test "what cannot be asked is refused before anything is sent" {
    run -64 ask 'a..b'
    run -64 ask --type NOTYPE www.test
    run -64 nmprobe dns www.test @a:b:c
    run -64 ask --no-tcp --tcp www.test
    echo 'www.test NOTYPE' >names.txt
    run -65 ask -f names.txt
}

@test "a server that has no address is an error of its own, and the others are asked" {
    run -5 ask www.test @no-such-host.invalid
    [ "$(of .state)" = ok ]
    [ "$(jq -r 'select(.type == "error") | .stage' <<<"$output")" = resolve ]
    [ "$(sum .unresolved)" -eq 1 ]
}

@test "rounds go on by the clock, and SIGHUP reads the names again" {
    echo 'www.test' >names.txt
    nmprobe dns --format json -t 40ms --every 50ms -f names.txt "@$server" >out &
    local pid=$!
    sleep 0.4
    echo 'nx.test' >names.txt
    kill -HUP "$pid"
    sleep 0.4
    kill -TERM "$pid"
    wait "$pid" || [ $? -eq 143 ]
    [ "$(jq -r 'select(.type == "probe.dns") | .target' out | uniq | paste -sd' ')" = 'www.test nx.test' ]
    [ "$(jq -r 'select(.type == "probe.dns.summary") | .rounds' out)" -ge 10 ]
}
