#!/usr/bin/env bats
# bats file_tags=alone
# scripts/lab builds what it says and leaves nothing behind, however it ends.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=90; }

setup() {
    require_root
    require_commands fping
    LAB=$NM_ROOT/scripts/lab
    NAME=t$$
    unset NM_LAB
}

teardown() {
    "$LAB" down "$NAME" >/dev/null 2>&1 || true
    [ -z "${STRAY:-}" ] || { kill "$STRAY" && wait "$STRAY"; } 2>/dev/null || true
}

# Whatever carries a lab's name: namespaces, their mounts and files, links outside, processes of its nodes.
left_behind() {
    ip netns list | grep "nm-$1-" || true
    grep "nm-$1-" /proc/mounts || true
    ls /run/netns | grep "nm-$1-" || true
    ip -o link show | grep -E ' (to-(n1|n2|n3|w)|eth0)@if' || true
}

alive() { kill -0 "$1" 2>/dev/null; }

@test "quickstart: every node reaches every other in both families as soon as up returns" {
    "$LAB" up "$NAME"
    local node
    for node in n1 n2 n3 w r; do
        run -0 "$LAB" exec "$NAME/$node" fping -r 0 -t 1000 198.18.{1,2,3,10}.2 2001:db8:{1,2,3,10}::2 198.18.0.1 2001:db8::1
        [ "$(grep -c 'is alive' <<<"$output")" -eq 10 ]
    done
    run -0 "$LAB" status
    [[ $output == *"$NAME: quickstart"* ]]
}

@test "pair: any address behind q answers, in both families" {
    "$LAB" up --topology pair "$NAME"
    run -0 "$LAB" exec "$NAME/p" fping -r 0 -t 1000 10.99.0.1 10.99.7.200 10.99.255.254 fd99::1 fd99::abcd:1
    [ "$(grep -c 'is alive' <<<"$output")" -eq 5 ]
}

@test "down ends the processes inside, also one that ignores SIGTERM, and leaves nothing" {
    "$LAB" up "$NAME"
    "$LAB" exec "$NAME/w" sleep 300 3>&- &
    local polite=$!
    "$LAB" exec "$NAME/n1" bash -c 'trap "" TERM; while :; do sleep 0.2; done' 3>&- &
    local stubborn=$!
    sleep 300 3>&- &
    STRAY=$!  # runs outside of the laboratory
    sleep 0.3
    "$LAB" down "$NAME"
    run -1 alive "$polite"
    run -1 alive "$stubborn"
    alive "$STRAY"
    [ -z "$(left_behind "$NAME")" ]
}

@test "a second up says that it is up and changes nothing; down of nothing is fine" {
    "$LAB" up "$NAME"
    run -75 "$LAB" up "$NAME"
    [[ $output == *"$NAME (quickstart) is up already"* ]]
    "$LAB" exec "$NAME/n1" fping -q 198.18.10.2
    "$LAB" down "$NAME"
    "$LAB" down "$NAME"
}

@test "down removes its own laboratory only" {
    "$LAB" up --topology pair "$NAME"
    "$LAB" up --topology pair "${NAME}b"
    "$LAB" down "$NAME"
    run -0 "$LAB" exec "${NAME}b/p" fping -q 10.99.1.1
    "$LAB" down "${NAME}b"
    [ -z "$(left_behind "${NAME}b")" ]
}

@test "killed with SIGKILL anywhere in the middle, down still leaves nothing" {
    local delay half=0
    for delay in 0.005 0.01 0.02 0.03 0.04 0.05 0.07 0.09 0.12 0.16 0.2; do
        "$LAB" up "$NAME" >/dev/null 2>&1 3>&- &
        local pid=$!
        sleep "$delay"
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        sleep 0.1  # the command of the moment ends by itself
        if [ -n "$(ip netns list | grep "nm-$NAME-")" ]; then
            half=$((half + 1))
            run -75 "$LAB" up "$NAME"
        fi
        "$LAB" down "$NAME"
        [ -z "$(left_behind "$NAME")" ]
    done
    [ "$half" -gt 0 ]
}

@test "SIGTERM in the middle of up cleans up by itself" {
    local delay
    for delay in 0.02 0.05 0.1; do
        "$LAB" up "$NAME" >/dev/null 2>&1 3>&- &
        local pid=$! status=0
        sleep "$delay"
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" || status=$?
        # Either it was done already, or it is gone.
        [ "$status" -eq 0 ] || [ -z "$(left_behind "$NAME")" ]
        "$LAB" down "$NAME"
    done
}

@test "a step that fails undoes the steps before it" {
    mkdir "$BATS_TEST_TMPDIR/bin"
    # An ip that cannot make the last link.
    cat >"$BATS_TEST_TMPDIR/bin/ip" <<SH
#!/bin/sh
case "\$*" in *'peer name to-w'*) exit 1 ;; esac
exec $(command -v ip) "\$@"
SH
    chmod +x "$BATS_TEST_TMPDIR/bin/ip"
    PATH=$BATS_TEST_TMPDIR/bin:$PATH run -71 "$LAB" up "$NAME"
    [[ $output == *'could not be built'* ]]
    [ -z "$(left_behind "$NAME")" ]
}

@test "run gives the command its laboratory, returns its status and takes all down" {
    run -7 "$LAB" run --topology pair sh -c "echo \$NM_LAB; '$LAB' exec p fping -q 10.99.1.1 && exit 7"
    local name=${lines[0]}
    [[ $name == run* ]]
    [ -z "$(left_behind "$name")" ]
}

@test "run takes all down when it is told to stop" {
    "$LAB" run --topology pair sh -c 'echo $NM_LAB; exec sleep 300' >"$BATS_TEST_TMPDIR/name" 3>&- &
    local pid=$! tries=0
    until [ -s "$BATS_TEST_TMPDIR/name" ]; do
        [ $((tries += 1)) -lt 100 ]
        sleep 0.1
    done
    kill -TERM "$pid"
    local status=0
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ -z "$(left_behind "$(cat "$BATS_TEST_TMPDIR/name")")" ]
}

@test "wrong words and missing rights have their exit status" {
    run -64 "$LAB" up Bad-Name
    run -64 "$LAB" up --topology ring
    run -64 "$LAB" fly
    run -64 "$LAB" exec "$NAME/n9" true
    run -0 "$LAB" --help
    [[ $output == *EXAMPLES* ]]
    # A tree below /root is not everybody's to read.
    setpriv --reuid 65534 --clear-groups test -x "$LAB" || skip 'the tree is not readable without root'
    run -77 setpriv --reuid 65534 --clear-groups "$LAB" up "$NAME"
}
