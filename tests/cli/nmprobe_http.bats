#!/usr/bin/env bats
# nmprobe http against a scripted server (trap T31): each phase has its own time, each hop its own record, and
# every way to fail reads differently.
load helpers

setup() {
    local command
    for command in python3 openssl; do command -v "$command" >/dev/null || skip "needs $command"; done
    clean_environment
    cd "$BATS_TEST_TMPDIR"
    # Too old by a day less than ten, so that the days left are known.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem \
        -days 9 -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2>/dev/null
    mkfifo ports hold
    exec 7<>hold
    "$NM_ROOT/tests/cli/http_server.py" cert.pem key.pem <hold >ports 3>&- &
    server_pid=$!
    read -r -t 10 port port6 port_tls <ports
    at=http://127.0.0.1:$port
}

teardown() {
    exec 7>&-
    [ -z "${server_pid:-}" ] || kill "$server_pid" 2>/dev/null || true
}

get() { nmprobe http --format json -t 2s "$@"; }
of() { jq -rc "select(.type == \"probe.http\") | $1" <<<"$output"; }
sum() { jq -rc "select(.type == \"probe.http.summary\") | $1" <<<"$output"; }

@test "a good answer: status, version, address, bytes, and phases that sum up to the total" {
    run -0 --separate-stderr get "$at/"
    [ "$(of '[.state, .status, .http_version, .address, .family, .bytes, .content_type, .reused, .hop]')" \
        = '["ok",200,"1.1","127.0.0.1","ipv4",11,"text/plain",false,0]' ]
    of 'has("resolve_ms") or has("tls_ms")' | grep -qx false
    of '.connect_ms > 0 and .connect_ms + .request_ms + .first_byte_ms + .transfer_ms <= .total_ms' | grep -qx true
    [ -z "$stderr" ]
}

@test "time is charged to the phase that took it" {
    run -0 get "$at/slow"
    of '.first_byte_ms > 199 and .transfer_ms < .first_byte_ms and .connect_ms < .first_byte_ms' | grep -qx true
    run -0 get "$at/drip"
    of '.transfer_ms > 199 and .first_byte_ms < .transfer_ms' | grep -qx true
}

@test "a hint before the answer (103) is not its first byte" {
    run -0 get "$at/interim"
    of '.status == 200 and .first_byte_ms > 199' | grep -qx true
}

@test "every redirect is a request of its own with its own times, which are not summed twice" {
    run -0 get "$at/hops/3"
    [ "$(of '[.hop, .state, .status]' | tr '\n' ' ')" \
        = '[0,"redirect",302] [1,"redirect",302] [2,"redirect",302] [3,"ok",200] ' ]
    jq -se 'map(select(.type == "probe.http")) | all(.[]; .first_byte_ms > 49) and (map(.first_byte_ms) | add) <= .[3].chain_ms
        and (.[3].chain_ms - (map(.total_ms) | add) | fabs < 0.01) and .[3].redirects == 3
        and (.[:3] | all(.[]; has("chain_ms") | not))' <<<"$output"
    [ "$(sum '[.probes, .ok, .redirects]')" = '[1,1,3]' ]
}

@test "redirects that never end are cut off; --redirects 0 takes the first answer as the answer" {
    run -1 get --redirects 4 "$at/loop"
    [ "$(of .state | tail -n 1)" = too_many_redirects ]
    [ "$(of . | wc -l)" -eq 5 ]
    run -0 get --redirects 0 --expect-status 302 "$at/loop"
    [ "$(of '[.state, .location]')" = "[\"ok\",\"$at/loop\"]" ]
}

@test "each way to fail reads differently, and the exit status is 1" {
    local case
    for case in close:no_reply reset:no_reply cut:cut garbage:bad_reply status/404:unexpected_status \
        status/500:unexpected_status; do
        run -1 get "$at/${case%:*}"
        [ "$(of .state)" = "${case#*:}" ] || fail_with "$case: $(of .)"
        of 'has("error")' | grep -qx true
    done
    # One thing that is wrong with all has a status of its own.
    run -4 get http://127.0.0.1:9/
    [ "$(of '[.state, .error]')" = '["closed","Connection refused"]' ]
    run -4 get http://127.0.0.1:9/ "$at/"
    run -5 get http://no-such-host.invalid/
    run -1 get http://127.0.0.1:9/ http://no-such-host.invalid/
}

@test "a timeout says in which phase" {
    local case
    for case in hang:first_byte stall:transfer; do
        run -1 nmprobe http --format json -t 300ms "$at/${case%:*}"
        [ "$(of '[.state, .phase]')" = "[\"timeout\",\"${case#*:}\"]" ] || fail_with "$case: $(of .)"
        of '.total_ms > 299 and .total_ms < 3000' | grep -qx true
    done
}

@test "a body without end is cut off at --max-bytes, and so is one that unpacks to more" {
    run -1 get --max-bytes 100k "$at/endless"
    [ "$(of '[.state, .error]')" = '["too_large","more than 100000 bytes of body"]' ]
    run -1 get --compressed --max-bytes 1M "$at/bomb"
    [ "$(of .state)" = too_large ]
    run -0 get --max-bytes 1M "$at/bomb"  # as it came it is small
    of '.bytes < 100000' | grep -qx true
}

@test "what is expected decides the exit status" {
    run -0 get --expect-status 404 "$at/status/404"
    run -0 get --expect-status 2xx,404 "$at/status/404"
    run -1 get --expect-status 201 "$at/"
    run -0 get --expect-body '^hel+o [a-z]+$' "$at/"
    run -1 get --expect-body 'goodbye' "$at/"
    [ "$(of '[.state, .error]')" = '["unexpected_body","the body does not match"]' ]
    run -64 get --expect-body '(' "$at/"
    run -64 get --expect-status 2000 "$at/"
}

@test "--reuse keeps connections and says so: no connect time, never a zero" {
    run -0 get --reuse --window 1 -c 3 -i 1ms "$at/"
    [ "$(of '[.reused, has("connect_ms")]' | tr '\n' ' ')" = '[false,true] [true,false] [true,false] ' ]
    run -0 get --window 1 -c 3 -i 1ms "$at/"
    [ "$(of .reused | sort -u)" = false ]
}

@test "method, headers and data go out; secrets from a file; a redirect turns POST into GET where it should" {
    run -0 get -X PUT -H 'X-One: 1' -d body --expect-body '^PUT /echo' "$at/echo"
    run -0 get -H 'X-One: 1' -d 'k=v' --expect-body '^k=v$' "$at/echo"
    printf 'Authorization: Bearer s3\n' >secret
    run -0 get -H @secret --expect-body 'Authorization: Bearer s3' "$at/echo"
    run -0 get -X HEAD "$at/echo"
    [ "$(of '[.status, .bytes]')" = '[200,0]' ]
    run -0 get -d body --expect-body '^GET /echo' "$at/move/302"
    run -0 get -d body --expect-body '^POST /echo' "$at/move/307"
    run -64 get -H nonsense "$at/"
}

@test "credentials do not follow a redirect to another server" {
    run -0 get -H 'Authorization: Bearer s3' --expect-body 'Bearer s3' "$at/move/302"
    run -1 get -H 'Authorization: Bearer s3' -H 'X-Open: y' --expect-body 'Bearer s3' "$at/elsewhere"
    run -0 get -H 'Authorization: Bearer s3' -H 'X-Open: y' --expect-body 'X-Open: y' "$at/elsewhere"
}

@test "a redirect to nowhere, or out of HTTP, is told" {
    run -5 get "$at/nowhere"
    [ "$(jq -r 'select(.type == "error") | .stage' <<<"$output")" = resolve ]
    run -1 get "$at/ftp"
    jq -r 'select(.type == "error") | .stage + ": " + .reason' <<<"$output" | grep -q '^redirect: .*ftp'
    [ "$(sum '[.unresolved, .errors]')" = '[0,1]' ]
}

@test "IPv6 literals, and the family that was asked for" {
    run -0 get "http://[::1]:$port6/echo" --expect-body "Host: \\[::1\\]:$port6"
    [ "$(of '[.address, .family]')" = '["::1","ipv6"]' ]
    run -0 get -4 "http://localhost:$port/"
    [ "$(of '[.address, .family, has("resolve_ms")]')" = '["127.0.0.1","ipv4",true]' ]
    run -5 get -6 "$at/"
    [ "$(sum .unresolved)" -eq 1 ]
}

@test "TLS: version, cipher, expiry; a certificate that does not hold is tls_failed" {
    run -1 get "https://localhost:$port_tls/"
    [ "$(of .state)" = tls_failed ]
    of .error | grep -qi certificate
    run -0 get --ca-file cert.pem "https://localhost:$port_tls/" "https://127.0.0.1:$port_tls/"
    [ "$(of '[.state, .tls_version]' | sort -u)" = '["ok","TLSv1.3"]' ]
    of '.tls_ms > 0 and .cert_days_left > 8.9 and .cert_days_left <= 9 and (.tls_cipher | test("TLS_"))' | uniq | grep -qx true
    [ "$(of .cert_not_after | head -n 1)" = "$(date -u -d "$(openssl x509 -in cert.pem -noout -enddate | cut -d= -f2)" \
        +%Y-%m-%dT%H:%M:%S.000000Z)" ]
    run -0 get --insecure "https://localhost:$port_tls/"
    run -1 nmprobe http --format json -t 300ms "https://127.0.0.1:$port/"  # it waits for HTTP, we for TLS
    [ "$(of '[.state, .phase]')" = '["timeout","tls"]' ]
}

@test "targets with labels from a file and JSON lines; what is no URL is told and the others are asked" {
    printf 'web:\n  - %s/\n' "$at" >sites.yaml
    run -0 get -f sites.yaml
    [ "$(of .region)" = web ]
    run -1 get <<<'{"target":"'"$at"'/","team":"a"}
{"target":"ftp://127.0.0.1/"}'
    [ "$(of '[.team, .state]')" = '["a","ok"]' ]
    [ "$(jq -r 'select(.type == "error") | .stage' <<<"$output")" = url ]
}

@test "a thousand requests, a hundred at once: each is answered, and the sums are equal" {
    for i in $(seq 1000); do echo "{\"target\":\"$at/n$i\"}"; done >urls
    run -0 --separate-stderr nmprobe http --format json -t 20s --rate 0 --window 100 <urls
    [ "$(of .target | sort -u | wc -l)" -eq 1000 ]
    sum '.probes == 1000 and .ok == 1000' | grep -qx true
}

@test "an environment that names a proxy does not change what is measured" {
    http_proxy=http://127.0.0.1:9 run -0 get "$at/"
}
