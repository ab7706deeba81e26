#!/usr/bin/env bats
# bats file_tags=alone
# nmprobe http against nginx, judged by curl and by a capture; and what firewalls and name servers do to it.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq curl nginx nft openssl dnsmasq tcpdump tshark
    make_ns web
    cd "$BATS_TEST_TMPDIR"
    local n
    for n in 1 2 3; do ip -n "$NS" address add "10.80.0.$n/24" dev lo; done
    ip -n "$NS" address add fd80::1/64 dev lo nodad
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 30 \
        -subj /CN=web.test -addext 'subjectAltName=DNS:web.test,DNS:all.test' 2>/dev/null
    head -c 100000 /dev/zero | tr '\0' x >page
    chmod 755 .
    start_nginx
}

teardown() { lab_teardown; }

start_nginx() {
    cat >nginx.conf <<CONF
daemon off; worker_processes 1; user root; pid $PWD/nginx.pid; error_log $PWD/error.log;
events { worker_connections 1024; }
http { access_log off;
    server { listen 10.80.0.1:80; listen 10.80.0.2:80; listen [fd80::1]:80; root $PWD;
        location /moved { return 301 https://web.test/page; }
        location /gone { return 444; }
        location /busy { return 503; } }
    server { listen 10.80.0.1:443 ssl http2; ssl_certificate $PWD/cert.pem; ssl_certificate_key $PWD/key.pem; root $PWD; } }
CONF
    in_ns "$NS" nginx -c "$PWD/nginx.conf" -e "$PWD/error.log" >nginx.log 2>&1 3>&- &
    local tries=0
    until in_ns "$NS" curl -sf http://10.80.0.1/page >/dev/null; do
        [ $((tries += 1)) -lt 50 ] || { cat nginx.log error.log >&2; return 1; }
        sleep 0.1
    done
}

# With names from a resolver of this namespace: web.test, and all.test with four addresses.
start_names() {
    in_ns "$NS" dnsmasq -k --no-resolv --no-hosts -C /dev/null --bind-interfaces --listen-address=10.80.0.3 --user=root \
        --pid-file="$PWD/dnsmasq.pid" --address=/web.test/10.80.0.1 --host-record=all.test,10.80.0.1,fd80::1 \
        --host-record=all.test,10.80.0.2 --address=/dead.test/ >dnsmasq.log 2>&1 3>&- &
    echo 'nameserver 10.80.0.3' >resolv.conf
    sleep 0.5
}

get() { in_ns "$NS" "$NM_BIN/nmprobe" http --format json -t 2s "$@"; }
get_by_name() {
    # shellcheck disable=SC2016
    in_ns "$NS" unshare -m sh -c 'mount --bind resolv.conf /etc/resolv.conf && exec "$@"' sh \
        "$NM_BIN/nmprobe" http --format json -t 2s "$@"
}
of() { jq -rc "select(.type == \"probe.http\") | $1" <<<"$output"; }

@test "status, version, sizes and TLS are those that curl tells" {
    start_names
    run -0 get_by_name --ca-file cert.pem http://web.test/moved
    [ "$(of '[.hop, .state, .status, .http_version, .address]' | tr '\n' ' ')" \
        = '[0,"redirect",301,"1.1","10.80.0.1"] [1,"ok",200,"2","10.80.0.1"] ' ]
    theirs=$(in_ns "$NS" curl -s --cacert cert.pem --resolve web.test:443:10.80.0.1 -o /dev/null \
        -w '%{size_download} %{size_header} %{http_version}' https://web.test/page)
    [ "$(of 'select(.hop == 1) | "\(.bytes) \(.header_bytes) \(.http_version)"')" = "$theirs" ]
    of 'select(.hop == 1) | .tls_ms > 0 and .resolve_ms > 0 and .cert_days_left > 29' | grep -qx true
    of 'select(.hop == 0) | has("tls_ms")' | grep -qx false
}

@test "connect and first byte are those of the wire" {
    start_capture "$NS" lo tcp port 80
    run -0 get --window 1 -c 20 -i 20ms http://10.80.0.1/busy --expect-status 503
    stop_capture
    fields 'tcp.flags.syn == 1 && tcp.flags.ack == 1' tcp.time_relative | awk '{ print $1 * 1000 }' | sort -g >wire-connect
    fields http.response http.time | awk '{ print $1 * 1000 }' | sort -g >wire-first
    of .connect_ms | sort -g >connect
    of .first_byte_ms | sort -g >first
    python3 - <<'PY'
import statistics
def middle(name): return statistics.median(map(float, open(name)))
connect, first = middle("connect") - middle("wire-connect"), middle("first") - middle("wire-first")
print(f"median errors in ms: connect {connect:.3f}, first byte {first:.3f}", file=__import__("sys").stderr)
assert abs(connect) < 0.1 and abs(first) < 0.2
PY
}

@test "nobody there, a firewall's silence, its no, and a server that says nothing read differently" {
    in_ns "$NS" nft -f - <<'NFT'
table inet f {
    chain in {
        type filter hook input priority 0;
        ip daddr 10.80.0.2 tcp dport 80 drop
        ip daddr 10.80.0.3 tcp dport 80 reject with icmp type host-unreachable
    }
}
NFT
    run -1 in_ns "$NS" "$NM_BIN/nmprobe" http --format json -t 500ms http://10.80.0.1:81/ http://10.80.0.2/ http://10.80.0.3/ \
        http://10.80.0.1/gone http://10.80.0.1/busy http://10.81.0.1/
    diff <(of '"\(.url) \(.state) \(.phase)"' | sort) - <<'WANTED'
http://10.80.0.1/busy unexpected_status null
http://10.80.0.1/gone no_reply null
http://10.80.0.1:81/ closed null
http://10.80.0.2/ timeout connect
http://10.80.0.3/ unreachable null
http://10.81.0.1/ unreachable null
WANTED
    run -3 in_ns "$NS" "$NM_BIN/nmprobe" http --format json -t 500ms http://10.80.0.3/ http://10.80.0.1/page
}

@test "a lost SYN shows in connect_ms as the second that it took, not as the handshake that came after (trap T13)" {
    in_ns "$NS" nft -f - <<'NFT'
table inet f {
    chain in {
        type filter hook input priority 0;
        tcp dport 80 tcp flags syn numgen inc mod 2 0 drop
    }
}
NFT
    run -0 get http://10.80.0.1/page
    of '.connect_ms > 900' | grep -qx true
}

@test "every address of a name with --addresses all, of both families; a name without address is an error (trap T23)" {
    start_names
    run -0 get_by_name --addresses all http://all.test/page
    [ "$(of .address | sort | paste -sd' ')" = '10.80.0.1 10.80.0.2 fd80::1' ]
    run -0 get_by_name -6 http://all.test/page
    [ "$(of '[.address, .family]')" = '["fd80::1","ipv6"]' ]
    run -5 get_by_name http://dead.test/ http://web.test/page
    [ "$(of .state)" = ok ]
    jq -r 'select(.type == "error") | .stage' <<<"$output" | grep -qx resolve
}

@test "unprivileged it does the same" {
    run -0 in_ns "$NS" setpriv --reuid 65534 --clear-groups "$NM_BIN/nmprobe" http --format json http://10.80.0.1/page
    [ "$(of '[.state, .bytes]')" = '["ok",100000]' ]
}
