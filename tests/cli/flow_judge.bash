# Random flows as a capture and, through a real nfcapd, as a file of nfdump. Load with `load flow_judge`.

# make_flows: flows.pcap, flows.nf (through nfcapd) and flows.jsonl (through our decoder) of the same flows.
make_flows() {
    local port collector _ files
    mkdir -p nfcapd
    for _ in 1 2 3 4 5; do
        port=$((20000 + RANDOM % 20000))
        nfcapd -b 127.0.0.1 -p "$port" -l nfcapd -t 3600 >nfcapd.log 2>&1 3>&- &
        collector=$!
        for _ in $(seq 100); do
            ! grep -q "$(printf ':%04X 0' "$port" | cut -d' ' -f1) " /proc/net/udp || break 2
            kill -0 "$collector" 2>/dev/null || break
            sleep 0.05
        done
    done
    python3 "$BATS_TEST_DIRNAME/filter_judge.py" make flows.pcap "$port"
    sleep 0.5
    kill -TERM "$collector"
    wait "$collector" || true
    files=(nfcapd/nfcapd.2*)
    mv "${files[0]}" flows.nf
    nmflowtool decode -r flows.pcap >flows.jsonl
    [ "$(grep -c '"type":"flow",' flows.jsonl)" = 400 ]
    [ "$(nfdump -q -r flows.nf -o 'fmt:%pr' | wc -l)" = 400 ]
}
