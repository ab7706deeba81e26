#!/usr/bin/env bats
# What a person sees: the live tables of --every and --watch on a terminal, whose emulator is pyte. What they say
# is judged by the simulator's rules; in a pipe nothing changes.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=120; }

setup() {
    require_root
    require_commands jq python3
    /usr/bin/python3 -c 'import pyte' 2>/dev/null || skip "needs python3-pyte (scripts/install-deps test)"
    [ -x "$NM_BIN/nm-netsim" ] || skip "needs $NM_BIN/nm-netsim"
    make_ns live
    cd "$BATS_TEST_TMPDIR"
    export LC_ALL=C.UTF-8
    unset NO_COLOR
}

teardown() { lab_teardown; }

# on_terminal COLUMNSxLINES STEP... -- TOOL ARGUMENT...: the last screen in $output, how it ended in $stderr.
on_terminal() {
    local steps=()
    while [ "$1" != -- ]; do steps+=("$1"); shift; done
    shift
    local program=$1
    [[ $program == ./* ]] || program=$NM_BIN/$program
    run --separate-stderr in_ns "$NS" "$NM_ROOT/tests/lab/terminal.py" "${steps[@]}" -- "$program" "${@:2}"
    printf '%s\n' "$output" "$stderr"
    [ "$status" -eq 0 ]
}
line() { grep -E "$1" <<<"$output"; }          # the line of the last screen
column() { awk -v n="$2" '{ print $n }' < <(line "^$1 "); }

@test "ping --every is one table: a row for each target, with the loss and state that the simulator gives it" {
    start_sim "$NS" --rule '10.99.1.0/24: delay=10ms' --rule '10.99.2.0/24: icmp=silent' --rule '10.99.3.0/24: drop_every=2' \
        --rule '10.99.4.0/24: icmp_error=3/1'
    on_terminal 120x30 end -- nmprobe ping --every 250ms -t 200ms --rounds 10 10.99.1.1 10.99.2.1 10.99.3.1 10.99.4.1
    [[ $stderr == 'exit 1'$'\n''modes same' ]]
    line '^round 10 of 10, every 250ms, 4 targets: .*1 unreachable'
    line '^TARGET +STATE +LOSS% +SENT +LAST ms +AVG +BEST +WORST +P95 +JITTER +ROUNDS'
    line '^10.99.1.1 +up +0 +10( +1[0-9.]+){5} +[0-9.]+  [^ 0-9x!]{10}$'
    line '^10.99.2.1 +lost +100 +10 +- +- +- +- +- +- +!{10}$'
    line '^10.99.3.1 +(up|lost) +50 +10 '
    line '^10.99.4.1 +unreachable +100 +10 .*x+ host unreachable from'
    line '^targets 4, answered [12], unresolved 0'
    [ "$(grep -c '^10.99.1.1 ' <<<"$output")" -eq 1 ]
}

@test "nmtcp ping --every: open, closed, filtered and unreachable are different words" {
    start_sim "$NS" --rule '10.99.1.0/24: tcp_open=443' --rule '10.99.2.0/24: tcp=silent' \
        --rule '10.99.3.0/24: icmp_error=3/13'
    local method
    for method in syn connect; do
        on_terminal 120x30 end -- nmtcp ping --method $method --every 400ms -t 300ms --rounds 3 \
            10.99.1.1:443 10.99.1.1:80 10.99.2.1:443 10.99.3.1:443
        [ "$(column 10.99.1.1:443 2) $(column 10.99.1.1:80 2) $(column 10.99.2.1:443 2) $(column 10.99.3.1:443 2)" = \
            'open closed filtered unreachable' ]
        [ "$(column 10.99.1.1:443 4) $(column 10.99.2.1:443 3)" = '3 100' ]
    done
}

@test "in a pipe there are records and no escapes, whatever the terminal was" {
    start_sim "$NS" --rule '10.99.0.0/16: path=10.98.0.1'
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" ping --every 200ms -t 150ms --rounds 2 10.99.1.1
    [ "$(jq -r .type <<<"$output" | paste -sd' ')" = 'probe.icmp probe.icmp probe.summary' ]
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" trace --watch --every 200ms -t 150ms --rounds 2 10.99.1.1
    [ "$(jq -r .type <<<"$output" | paste -sd' ')" = 'probe.trace probe.trace probe.summary' ]
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" ping --format table --every 200ms -t 150ms --rounds 2 10.99.1.1
    [ "$(grep -c '^10.99.1.1' <<<"$output")" -eq 2 ]
    [[ $output != *$'\033'* ]]
    run -0 in_ns "$NS" "$NM_BIN/nmprobe" trace --format table --watch --every 200ms -t 150ms --rounds 1 10.99.1.1
    [[ $output != *$'\033'* ]]
    # On a terminal, records are records too when asked for.
    on_terminal 200x30 --raw=raw end -- nmprobe ping -q --format json --every 200ms -t 150ms --rounds 2 10.99.1.1
    run -1 grep -q $'\033' raw
}

@test "the terminal is as it was, and the last table stays, however the run ends" {
    start_sim "$NS" --rule '10.99.1.0/24: icmp=reply'
    local signal verb
    for signal in INT TERM; do
        on_terminal 100x20 'wait=^10.99.1.1 +up +0 +[3-9]' signal=$signal end -- nmprobe ping --every 100ms -t 90ms 10.99.1.1
        [[ $stderr == "signal $signal"$'\n''modes same' ]]
        line '^10.99.1.1 +up +0 +[0-9]+ '
        line '^targets 1, answered 1,'
        on_terminal 100x20 'wait=^ +1 +10.99.1.1 +0 +[3-9]' signal=$signal end -- \
            nmprobe trace --watch -n --every 100ms -t 90ms 10.99.1.1
        [[ $stderr == "signal $signal"$'\n''modes same' ]]
        line '^ +1 +10.99.1.1 +0 '
    done
    # What cannot be caught finds nothing to restore.
    on_terminal 100x20 'wait=^10.99.1.1 +up +0 +[3-9]' signal=KILL end -- nmprobe ping --every 100ms -t 90ms 10.99.1.1
    [[ $stderr == 'signal KILL'$'\n''modes same' ]]
    on_terminal 100x20 'wait=^10.99.1.1 +up +0 +[3-9]' hangup -- nmprobe ping --every 100ms -t 90ms 10.99.1.1
    [[ $stderr == 'exit '* || $stderr == 'signal '* ]]
}

@test "what does not fit the window is counted, worst first, also when the window changes" {
    start_sim "$NS" --rule '10.99.1.0/24: icmp=reply' --rule '10.99.2.0/24: icmp=silent'
    local targets=() i
    for i in $(seq 1 40); do targets+=("10.99.1.$i"); done
    on_terminal 100x50 'wait=^10.99.2.1 +lost' screen=large resize=45x10 'wait=^and 35 more: 35 up' screen=small \
        resize=100x50 'wait=^10.99.1.40 +up' signal=INT end -- \
        nmprobe ping --every 200ms -t 150ms "${targets[@]}" 10.99.2.1
    [[ $stderr == 'signal INT'$'\n''modes same' ]]
    [ "$(grep -c '^10.99' large)" -eq 41 ]
    grep -E '^and 35 more: 35 up' small
    # The header, the worst one, then the slowest: in nine lines, one more is the cursor's.
    [ "$(grep -c . small)" -eq 9 ]
    grep -E '^10.99.2.1 +lost' <(sed -n 3p small)
    [ "$(grep -c '^10.99' <<<"$output")" -eq 41 ]
    # As given, or the worst first when asked.
    [ "$(grep '^10.99' <<<"$output" | tail -1 | awk '{ print $1 }')" = 10.99.2.1 ]
    on_terminal 100x50 'wait=^10.99.2.1 +lost' signal=INT end -- \
        nmprobe ping --worst-first --every 200ms -t 150ms "${targets[@]}" 10.99.2.1
    [ "$(grep '^10.99' <<<"$output" | head -1 | awk '{ print $1 }')" = 10.99.2.1 ]
}

@test "NO_COLOR, a dumb terminal and a locale without UTF-8 are respected" {
    start_sim "$NS" --rule '10.99.1.0/24: icmp=reply'
    on_terminal 100x20 --raw=raw end -- nmprobe ping --every 100ms -t 90ms --rounds 3 10.99.1.1
    grep -q $'\033\[32mup' raw
    NO_COLOR=1 on_terminal 100x20 --raw=raw end -- nmprobe ping --every 100ms -t 90ms --rounds 3 10.99.1.1
    run -1 grep -qE $'\033\[[0-9;]*m' raw
    LC_ALL=C on_terminal 100x20 --raw=raw end -- nmprobe ping --every 100ms -t 90ms --rounds 3 10.99.1.1
    run -1 grep -qP '[\x80-\xff]' raw
    NM_TERM=dumb on_terminal 100x20 --raw=raw end -- nmprobe ping --every 100ms -t 90ms --rounds 3 10.99.1.1
    run -1 grep -qE $'\033\[[0-9]*[AJK]' raw
}

@test "a name without an address is a row, and messages stand above the table" {
    start_sim "$NS" --rule '10.99.1.0/24: icmp=reply'
    echo 'nameserver 127.0.0.1' >resolv.conf
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nexec unshare -m sh -c '"'"'mount --bind resolv.conf /etc/resolv.conf && exec "$@"'"'"' sh %s "$@"\n' \
        "$NM_BIN/nmprobe" >nowhere
    chmod +x nowhere
    on_terminal 100x20 'wait=^10.99.1.1 +up +0 +[2-9]' 'wait=^nosuch.test' signal=USR1 'wait=^nmprobe: targets 1' \
        'wait=^10.99.1.1 ' signal=INT end -- ./nowhere ping --every 200ms -t 150ms 10.99.1.1 nosuch.test
    line '^nosuch.test +unresolved +- +0 .*'
    [ "$(grep -c '^10.99.1.1 ' <<<"$output")" -eq 1 ]
    [ "$(grep -n '^nmprobe: targets' <<<"$output" | cut -d: -f1)" -lt "$(grep -n '^round' <<<"$output" | cut -d: -f1)" ]
}

@test "trace --watch is one table of all rounds: silent, rate limiting and losing hops read differently" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+*+10.98.2.1,hop_delay=2ms' \
        --rule '10.99.2.0/24: path=10.98.0.1,icmp=silent'
    on_terminal 110x30 'wait=^ +4 +10.99.1.1 +0 +[0-9]{2} ' signal=INT end -- \
        nmprobe trace --watch -n --every 300ms -t 200ms 10.99.1.1 10.99.2.1
    [[ $stderr == 'signal INT'$'\n''modes same' ]]
    line '^10.99.1.1: reached, 4 hops$'
    line '^ +1 +10.98.0.1 +0 +[0-9]+ +[0-9.]+ +[0-9.]+ +[24]\.'  # the best; others may have met a pause
    line '^ +2 +\* +100 +[0-9]+ +- +- +- +- +-$'
    line '^ +4 +10.99.1.1 +0 +'
    line '^10.99.2.1: gap, 5 silent hops behind hop 1$'
    # A router that answers some of the time, while all behind it answer, limits itself.
    stop_sim
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.1.1,rate_limit=2,rate_burst=1'
    on_terminal 110x30 'wait=^ +3 +10.99.1.1 +0 +[3-9][0-9] ' signal=INT end -- \
        nmprobe trace --watch -n --every 150ms -t 140ms 10.99.1.1
    line '^ +1 +10.98.0.1 .*rate limited, no loss'
}

@test "T30: trace --watch marks a path that changes, and counts it as no loss" {
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.2'
    on_terminal 110x30 'wait=^ +3 +10.99.1.1 +0 +[3-9] ' touch=stable 'wait=^ +2 +10.98.0.9 .*new in round' signal=INT end -- \
        nmprobe trace --watch -n --every 400ms -t 200ms 10.99.1.1 &
    local terminal=$!
    until [ -e stable ]; do sleep 0.05; done
    stop_sim
    start_sim "$NS" --rule '10.99.1.0/24: path=10.98.0.1+10.98.0.9'
    wait "$terminal"
}

@test "each way of being not well has a word of its own, and a status of its own" {
    start_sim "$NS" --rule '10.99.1.0/24: tcp_open=443,path=10.98.0.1' --rule '10.99.2.0/24: icmp=silent,tcp=silent' \
        --rule '10.99.3.0/24: icmp_error=3/1'
    ends() {  # ends STATUS STATE ARGUMENT...
        local want=$1 state=$2
        shift 2
        run -"$want" --separate-stderr in_ns "$NS" "$NM_BIN/$1" "$2" --format json -t 200ms "${@:3}"
        [ "$(jq -r 'select(.state) | .state' <<<"$output" | sort -u)" = "$state" ]
        run -"$want" --separate-stderr in_ns "$NS" "$NM_BIN/$1" "$2" --format table -t 200ms "${@:3}"
        grep -qw "$state" <<<"$output"
    }
    ends 0 up nmprobe ping 10.99.1.1
    ends 1 lost nmprobe ping 10.99.2.1
    ends 3 unreachable nmprobe ping 10.99.3.1
    local method
    for method in syn connect; do
        ends 0 open nmtcp ping --method $method 10.99.1.1:443
        ends 4 closed nmtcp ping --method $method 10.99.1.1:80
        ends 1 filtered nmtcp ping --method $method 10.99.2.1:443
        ends 3 unreachable nmtcp ping --method $method 10.99.3.1:443
    done
    ends 0 reached nmprobe trace 10.99.1.1
    ends 1 gap nmprobe trace 10.99.2.1
    # Two things that are wrong are just a no.
    run -1 in_ns "$NS" "$NM_BIN/nmprobe" ping -t 200ms 10.99.2.1 10.99.3.1
    run -3 in_ns "$NS" "$NM_BIN/nmprobe" ping -t 200ms 10.99.1.1 10.99.3.1
    # A name without an address.
    run -5 --separate-stderr in_ns "$NS" "$NM_BIN/nmprobe" ping --format json nosuch.invalid
    [ "$(jq -r 'select(.type == "error") | .stage' <<<"$output")" = resolve ]
    run -5 --separate-stderr in_ns "$NS" "$NM_BIN/nmprobe" ping --format table nosuch.invalid
    [[ $stderr == 'nmprobe: nosuch.invalid: '* ]]
    run -5 --separate-stderr in_ns "$NS" "$NM_BIN/nmprobe" ping --format table 10.99.1.1 nosuch.invalid
    grep -E '^nosuch.invalid +- +unresolved ' <<<"$output"
}
