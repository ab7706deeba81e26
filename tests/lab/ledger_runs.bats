#!/usr/bin/env bats
# bats file_tags=alone
# The three ledgers agree also when the run is disturbed: the clock jumps, stamps go missing, the reader is slow or
# gone, signals stop it.

bats_require_minimum_version 1.5.0
load helpers
load ledger

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() { ledger_setup; }
teardown() { lab_teardown; }

require_shim() {
    [ -e "$NM_BIN/nm-shim.so" ] || skip "needs $NM_BIN/nm-shim.so"
    [ -z "${NM_SANITIZED:-}" ] || skip "a sanitizer's runtime must be loaded first"
}

# shimmed SETTING... -- MODE OPTION...: icmp with nm-shim.so preloaded.
shimmed() {
    local settings=()
    while [ "$1" != -- ]; do settings+=("$1") && shift; done
    local mode=$2
    shift 2
    in_ns "$NS" env LD_PRELOAD="$NM_BIN/nm-shim.so" "${settings[@]}" "$NM_BIN/nmprobe" ping --each --linger 300ms \
        --format json --socket "$mode" --ttl "${ttl_of[$mode]}" "$@" >"$BATS_TEST_TMPDIR/$mode"
}

# targets N: addresses from 10.99.64.0 on as JSON lines.
targets() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "{\"target\":\"10.99.%d.%d\"}\n", 64 + i / 256, i % 256 }'; }

@test "T16: when the clock jumps, times of packets on the way come from the monotonic clock, and all are right" {
    require_shim
    local step mode
    for step in 3600000 -3600000 1500 -1500; do
        observe --spin --rule '10.99.0.0/16: delay=100ms' --rule 'fd99::/64: delay=100ms'
        for mode in raw dgram; do
            run -0 shimmed NM_SHIM_STEP_MS=$step NM_SHIM_STEP_AFTER_MS=400 -- $mode -c 40 -i 20ms -t 1s 10.99.1.{1..5} fd99::1:{1..5}
        done
        finish
        for mode in raw dgram; do judge $mode 1s 'reply=400 lost=0 late=0 ts_mono>20 ts_kernel>200'; done
    done
}

@test "T17: a lost transmit stamp costs one packet its kernel time, not the others theirs" {
    require_shim
    observe --spin --rule '10.99.0.0/16: delay=5ms' --rule 'fd99::/64: delay=5ms'
    local mode
    for mode in raw dgram; do
        run -0 shimmed NM_SHIM_LOSE_STAMP=5 -- $mode -c 40 -i 20ms -t 1s 10.99.1.{1..5} fd99::1:{1..5}
    done
    finish
    for mode in raw dgram; do judge $mode 1s 'reply=400 lost=0 ts_mono=80 ts_kernel=320'; done
}

@test "T19: while the link is down packets are send errors; the schedule goes on" {
    observe --rule '10.99.0.0/16: delay=5ms'
    icmp raw -c 30 -i 50ms -t 400ms 10.99.1.{1..5} 3>&- &
    local pid=$!
    sleep 0.5
    in_ns "$NS" ip link set sim0 down
    sleep 0.4
    in_ns "$NS" ip link set sim0 up
    wait $pid
    stop_capture
    stop_sim
    # tcpdump ends with the link: the tool's own sums must do.
    run -0 jq -s 'map(select(.fate)) | group_by(.fate) | map({(.[0].fate): length}) | add' "$BATS_TEST_TMPDIR/raw"
    [ "$(jq '.reply + .send_error + (.lost // 0)' <<<"$output")" -eq 150 ]
    [ "$(jq .send_error <<<"$output")" -ge 10 ]
    [ "$(jq .reply <<<"$output")" -ge 50 ]
}

@test "T25: a reader that leaves ends the run, quietly and at once" {
    start_sim "$NS" --rule '10.99.0.0/16: delay=1ms'
    local begin=$SECONDS status
    set -o pipefail
    status=0
    in_ns "$NS" "$NM_BIN/nmprobe" ping --each --format json -c 1000 -i 10ms 10.99.1.{1..20} 2>"$BATS_TEST_TMPDIR/err" \
        | head -1 >"$BATS_TEST_TMPDIR/first" || status=$?
    [ "$status" -eq 0 ]
    [ $((SECONDS - begin)) -lt 6 ]
    [ ! -s "$BATS_TEST_TMPDIR/err" ]
    jq -e '.type == "probe.icmp.reply"' "$BATS_TEST_TMPDIR/first"
}

@test "T25: a full disk is reported, not swallowed" {
    start_sim "$NS"
    run -74 in_ns "$NS" sh -c "exec '$NM_BIN/nmprobe' ping --format json 10.99.1.1 >/dev/full"
    [[ $output == *'No space left on device'* ]]
}

@test "T25: a slow reader makes the sender wait, and costs no reply" {
    observe --rule '10.99.0.0/16: delay=20ms'
    targets 40000 >"$BATS_TEST_TMPDIR/targets"
    in_ns "$NS" "$NM_BIN/nmprobe" ping --each --format json --socket raw --ttl 61 --rate 0 -t 1s \
        <"$BATS_TEST_TMPDIR/targets" | (sleep 3 && cat) >"$BATS_TEST_TMPDIR/raw"
    finish
    judge raw 1s 'reply=40000 lost=0 lost_self=0'
    # It did wait: some requests left when the reader had begun to read.
    [ "$(jq -s 'map(select(.icmp_type == 8) | .t_rx_ns) | (max - min) / 1000000000 | floor' "$LEDGER")" -ge 2 ]
}

@test "T25: a signal in mid-run gives the summary, with what was on the way, and the status of the signal" {
    local signal status
    for signal in INT:130 TERM:143; do
        observe --rule '10.99.1.0/24: delay=300ms' --rule '10.99.2.0/24: delay=1ms'
        status=0
        # In the foreground: else timeout sends it twice, and the second ends a run at once.
        in_ns "$NS" timeout --foreground --preserve-status -s "${signal%:*}" 1 "$NM_BIN/nmprobe" ping --each --linger 300ms --format json \
            --socket raw --ttl 61 -c 1000 -i 20ms -t 2s 10.99.{1,2}.{1..4} >"$BATS_TEST_TMPDIR/raw" || status=$?
        [ "$status" -eq "${signal#*:}" ]
        sleep 0.4  # what the simulator still holds
        finish
        judge raw 2s 'unfinished>20 reply>100 lost=0'
    done
}

@test "65,000 targets, 16 packets each, all in flight that will: the run ends, and every target's sums are equal" {
    [ -z "${NM_SANITIZED:-}" ] || skip "a million packets take a sanitizer minutes"
    start_sim "$NS" --address 10.98.0.1/15 --queue 500000 --ledger-counts \
        --rule '10.99.192.0/18: icmp=silent' --rule '10.99.128.0/18: delay=1500ms' \
        --rule '10.99.64.0/18: icmp_error=3/13' --rule '10.98.0.0/15: delay=10ms,loss=10%'
    awk 'BEGIN { for (i = 256; i < 65256; i++) printf "{\"target\":\"10.99.%d.%d\"}\n", i / 256, i % 256 }' >"$BATS_TEST_TMPDIR/targets"
    run -1 in_ns "$NS" sh -c "exec '$NM_BIN/nmprobe' ping --format json --rate 0 -c 16 -i 1ms -t 1s --receive-buffer 1G \
        <'$BATS_TEST_TMPDIR/targets' >'$BATS_TEST_TMPDIR/records'"
    stop_sim
    python3 - "$BATS_TEST_TMPDIR/records" "$LEDGER" <<'PY'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
summary = records.pop()
sim = {line["dst"]: line for line in map(json.loads, open(sys.argv[2])) if "dst" in line}
assert len(records) == len({r["address"] for r in records}) == 65000, len(records)
fates = ("received", "errors", "lost", "lost_self")
for r in records:
    truth, third = sim.get(r["address"], {"received": 0, "replied": 0, "error": 0}), int(r["address"].split(".")[2])
    assert r["sent"] == 16 == sum(r[fate] for fate in fates), r
    # Nothing is made up: no more than came there, and than was answered from there.
    assert truth["received"] <= 16 and r["received"] <= truth["replied"] and r["errors"] <= truth["error"], (r, truth)
    # Each kind of target has only the fates that it can have.
    if third >= 192: assert r["received"] == r["errors"] == r["late"] == 0, r
    elif third >= 128: assert r["received"] == r["errors"] == 0, r
    elif third >= 64: assert r["received"] == 0, r
    else: assert r["errors"] == 0, r
for key in ("sent", *fates):
    assert summary[key] == sum(r[key] for r in records), key
assert summary["sent"] == 1040000 and summary["unfinished"] == 0, summary
assert sum(line["received"] for line in sim.values()) >= 1040000 - summary["lost"] - summary["lost_self"]
print(summary)
PY
}

@test "T27: after a stop of 500 ms no burst follows, and the rate that was reached is reported" {
    [ -z "${NM_SANITIZED:-}" ] || skip "a sanitizer slows down what is timed"
    observe --rule '10.99.0.0/16: delay=5ms'
    targets 6000 >"$BATS_TEST_TMPDIR/targets"
    stopped_icmp raw --rate 5k -t 1s <"$BATS_TEST_TMPDIR/targets"
    finish
    judge raw 1s 'reply=6000 lost=0 lost_self=0'
    # The cap is 4 ms' worth, 20 packets; a busy machine may make two such follow each other.
    python3 - "$LEDGER" "$BATS_TEST_TMPDIR/raw" <<'PY'
import json, sys
times = sorted(line["t_rx_ns"] for line in map(json.loads, open(sys.argv[1])) if line.get("icmp_type") == 8)
rate = [line["rate_pps"] for line in map(json.loads, open(sys.argv[2])) if line["type"] == "probe.summary"][0]
most, first = 0, 0
for last, t in enumerate(times):
    while t - times[first] > 4_000_000:
        first += 1
    most = max(most, last - first + 1)
gap = max(b - a for a, b in zip(times, times[1:])) / 1e6
true = (len(times) - 1) * 1e9 / (times[-1] - times[0])
print(f"most in 4 ms: {most}, longest gap {gap:.0f} ms, rate {rate:.0f}, by the ledger {true:.0f}")
assert most <= 70 and gap > 400 and abs(rate / true - 1) < 0.03 and rate < 4800
PY
}
