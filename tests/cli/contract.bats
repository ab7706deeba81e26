#!/usr/bin/env bats
# The promises that every tool and verb keeps; nm-pipeline(7), nm-record(5) and nm-config(5) tell them to users.
# How each verb is run: samples/README.md.
load helpers

setup() {
    clean_environment
    cd "$BATS_TEST_TMPDIR"
    fixtures
}

# Files that the samples name.
fixtures() {
    local i
    {
        echo 'all:'
        for ((i = 1; i < 1500; i++)); do echo "  - 127.0.$((i / 250)).$((i % 250 + 1))"; done
    } >many.yaml
    sed 's/^  - \(.*\)$/  \1: 1/' many.yaml >many-ports.yaml
    printf '{"target":"127.0.0.1"}\n{"target":"127.0.0.2","rack":"r1"}\n' >targets.jsonl
    printf '{"target":"127.0.0.1","port":1}\n{"target":"127.0.0.2:1","rack":"r1"}\n' >targets-ports.jsonl
    for i in 1 2 3 4; do
        echo '{"type":"flow","v":1,"ts":"2026-11-22T01:02:03.123456Z","src_ip":"10.0.0.'"$i"'",' \
            '"dst_ip":"192.0.2.1","src_port":1024,"dst_port":443,"proto":"tcp","proto_num":6,' \
            '"bytes":'"$i"'000,"packets":10}'
    done | tr -d ' ' >flows.jsonl
    awk '{ for (i = 0; i < 1500; i++) print }' flows.jsonl >many-flows.jsonl
}

# sample TOOL VERB: reads the sample; false when there is none or it cannot be run here.
sample() {
    options=() operands=() many=() endless=() line_options=() needs_net_raw=()
    stdin=/dev/null many_stdin=/dev/null endless_stdin='' lines='' filter='' whole='' skip=''
    [ -e "$NM_ROOT/tests/cli/samples/$1.$2" ] || return 1
    # shellcheck disable=SC1090  # one for each verb
    source "$NM_ROOT/tests/cli/samples/$1.$2"
    [ -z "$skip" ]
}

# each_verb FUNCTION: calls it with tool and verb; tells which of them failed.
each_verb() {
    local tool verb broken='' ran=0
    while read -r tool verb <&9; do
        ran=$((ran + 1))
        ("$1" "$tool" "$verb") || broken="$broken $tool-$verb"
    done 9< <(nm_verbs)
    [ "$ran" -gt 0 ] || fail_with 'there is no verb'
    [ -z "$broken" ] || fail_with "broken by:$broken"
}

# each_tool FUNCTION
each_tool() {
    local tool broken=''
    for tool in $(nm_tools); do ("$1" "$tool") || broken="$broken $tool"; done
    [ -z "$broken" ] || fail_with "broken by:$broken"
}

# expect_status STATUS COMMAND...: stdout in ./out, stderr in ./err.
expect_status() {
    local wanted=$1 got=0
    shift
    timeout 60 "$@" >out 2>err || got=$?
    [[ " $wanted " == *" $got "* ]] || complain "exit $got instead of $wanted: $*"
}

complain() {
    echo "$*" >&2
    for file in out err; do [ ! -s "$file" ] || sed "s/^/  $file: /" "$file" | head -c 2000 >&2; done
    return 1
}

one_line_error() {  # tool: what: why, nothing on stdout
    [ ! -s out ] || complain "something on stdout: $*" || return 1
    [ "$(wc -l <err)" -eq 1 ] || complain "not one line on stderr: $*" || return 1
    grep -q "^$1: ..*" err || complain "the line does not begin with '$1: '" || return 1
}

# --- Records and streams

@test "stdout is records and nothing else, each valid by the schema the tool generates; stderr is silent" {
    check() {
        sample "$1" "$2" || return 0
        "$1" --generate schema >schemas
        expect_status '0 1 4' "$1" "$2" --format json "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        "$NM_ROOT/tests/cli/check_records.py" "$([ -z "$filter" ] && echo schemas || echo -)" <out || complain "$*"
        [ ! -s err ] || complain "stderr is not silent: $*"
    }
    each_verb check
}

@test "the last record of a bounded run is a summary" {
    check() {
        sample "$1" "$2" || return 0
        expect_status '0 1 4' "$1" "$2" --format json "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        tail -n 1 out | jq -e '.type | test("\\.(summary|check)$")' >/dev/null || complain "no summary: $*"
    }
    each_verb check
}

@test "every format that --help names works, and --output holds what stdout would" {
    check() {
        sample "$1" "$2" || return 0
        local format
        for format in $(verb_json "$1" "$2" '.options[] | select(.long[0] == "format").value' | tr '|' ' '); do
            expect_status '0 1 4' "$1" "$2" --format "$format" "${options[@]}" "${operands[@]}" <"$stdin" || return 1
            rm -f page
            expect_status '0 1 4' "$1" "$2" --format "$format" --output page "${options[@]}" "${operands[@]}" \
                <"$stdin" || return 1
            [ -e page ] || [ "$format" = prom ] || complain "no file from --output: $*" || return 1
            [ ! -s out ] || complain "stdout although --output: $*" || return 1
        done
    }
    each_verb check
}

@test "a decimal point is a point, whatever the locale" {
    command -v localedef >/dev/null && [ -e /usr/share/i18n/locales/de_DE ] ||
        skip "needs the sources of a locale (package locales)"
    mkdir locales
    localedef -i de_DE -f UTF-8 locales/de_DE.UTF-8
    export LOCPATH=$PWD/locales LC_ALL=de_DE.UTF-8
    [ "$(locale decimal_point)" = , ]
    check() {
        sample "$1" "$2" || return 0
        "$1" --generate schema >schemas
        expect_status '0 1 4' "$1" "$2" --format json "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        "$NM_ROOT/tests/cli/check_records.py" - <out || complain "$*"
    }
    each_verb check
}

@test "a reader that goes away ends the run quietly with 0" {
    check() {
        sample "$1" "$2" && [ "${#many[@]}" -gt 0 ] || return 0
        timeout 60 "$1" "$2" --format json "${many[@]}" <"$many_stdin" >whole 2>err
        [ "$(wc -c <whole)" -gt 65536 ] || complain "the sample is too small for a pipe: $*" || return 1
        { timeout 60 "$1" "$2" --format json "${many[@]}" <"$many_stdin" 2>err; echo $? >status; } | head -n 1 >out
        [ "$(cat status)" -eq 0 ] || complain "exit $(cat status): $*" || return 1
        [ ! -s err ] || complain "not quiet: $*"
    }
    each_verb check
}

@test "a full disk is told, and exits 74" {
    check() {
        sample "$1" "$2" || return 0
        local status=0
        timeout 60 "$1" "$2" --format json "${options[@]}" "${operands[@]}" <"$stdin" >/dev/full 2>err || status=$?
        [ "$status" -eq 74 ] || complain "exit $status: $*" || return 1
        grep -q "^$1: stdout: No space left on device$" err || complain "not told: $*"
    }
    each_verb check
}

@test "a full disk under --help, --version, --show-config and --generate exits 74 too" {
    check() {
        local status arguments
        for arguments in --help --version '--generate schema'; do
            status=0
            # shellcheck disable=SC2086  # two words
            "$1" $arguments >/dev/full 2>err || status=$?
            [ "$status" -eq 74 ] || complain "exit $status: $1 $arguments" || return 1
        done
    }
    each_tool check
}

@test "a malformed line never stops a stream: told once with its number, exit 65; --strict stops there" {
    check() {
        sample "$1" "$2" && [ -n "$lines" ] || return 0
        expect_status '0 1 4' "$1" "$2" --format json "${line_options[@]}" <"$lines" || return 1
        local good
        good=$(grep -vcE '"type":"[a-z.]*(summary|check)"' out)
        { head -n 1 "$lines"; printf 'not json\n{"type":\n'; tail -n +2 "$lines"; echo 'not json'; } >dirty
        expect_status 65 "$1" "$2" --format json "${line_options[@]}" <dirty || return 1
        [ -n "$whole" ] || [ "$(grep -vcE '"type":"([a-z.]*(summary|check)|error)"' out)" -ge "$good" ] ||
            complain "records are missing: $*" || return 1
        grep -qE '(stdin|-):2: ' err || complain "line 2 is not told: $*" || return 1
        [ "$(wc -l <err)" -le 4 ] || complain "each kind is told once: $*" || return 1
        [ -n "$whole" ] || "$NM_ROOT/tests/cli/check_records.py" - <out || complain "$*" || return 1
        expect_status 65 "$1" "$2" --format json --strict "${line_options[@]}" <dirty || return 1
        grep -qE '(stdin|-):2: ' err || complain "line 2 is not told with --strict: $*"
    }
    each_verb check
}

@test "a line over 1 MiB is told, not kept; a line just below it is read" {
    check() {
        sample "$1" "$2" && [ -n "$lines" ] || return 0
        head -c 3000000 /dev/zero | tr '\0' x >long
        { cat "$lines"; cat long; echo; cat "$lines"; } >dirty
        expect_status 65 "$1" "$2" --format json "${line_options[@]}" <dirty || return 1
        grep -qE "(stdin|-):$(($(wc -l <"$lines") + 1)): .*(long|1 MiB)" err || complain "not told: $*"
    }
    each_verb check
}

@test "records of other types pass through a filter byte for byte, whatever their spelling" {
    check() {
        sample "$1" "$2" && [ -n "$filter" ] || return 0
        printf '%s\n' '{"type":"x.y","v":7,"b":1.50,"a":"\u00e9\/","n":null,"l":[1, {"k":[]}],"big":18446744073709551615}' \
            '{ "type" : "x.y" }' >foreign
        cat foreign "$lines" foreign >mixed
        expect_status '0 1 4' "$1" "$2" --format json "${line_options[@]}" <mixed || return 1
        [ "$(grep -cxFf foreign out)" -eq 4 ] || complain "not forwarded: $*"
    }
    each_verb check
}

@test "output is flushed before waiting for input" {
    check() {
        sample "$1" "$2" && [ -n "$filter" ] || return 0
        rm -f in out && mkfifo in
        "$1" "$2" --format json "${line_options[@]}" <in >out 2>err &
        local pid=$! i
        exec 7>in
        printf '{"type":"x.y"}\n' >&7
        for ((i = 0; i < 200; i++)); do [ ! -s out ] || break; sleep 0.1; done
        grep -qxF '{"type":"x.y"}' out || { kill "$pid"; complain "kept back: $*"; } || return 1
        exec 7>&-
        wait "$pid" || [ $? -eq 1 ] || complain "exit $?: $*"  # 1: no record that it looks for
    }
    each_verb check
}

# --- Signals

# start_endless TOOL VERB: runs the endless sample in the background; its process in $pid, records in out.
# python gives it the default dispositions, which a background job of a script has not. Returns once it catches
# signals and waits for something, having read what it needs before; some never do.
start_endless() {
    : >out
    if [ "$endless_stdin" = open ]; then
        mkfifo in
        exec 8<>in
        endless_stdin=in
    fi
    /usr/bin/python3 -c 'import os, signal, sys
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGPIPE): signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$1" "$2" --format json "${endless[@]}" <"${endless_stdin:-/dev/null}" >out 2>err 8>&- &
    pid=$!
    local caught state i
    for ((i = 0; i < 60; i++)); do
        caught=$(sed -n 's/^SigCgt:[[:space:]]*/0x/p' "/proc/$pid/status" 2>/dev/null) || true
        state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || true
        [ $((${caught:-0} >> 14 & 1)) -eq 0 ] || [ "$state" != S ] || break  # SIGTERM
        sleep 0.02
    done
    sleep 0.1
}

@test "SIGINT and SIGTERM end a run in order: the summary is written and the caller sees the signal" {
    check() {
        sample "$1" "$2" && [ "${#endless[@]}" -gt 0 ] || return 0
        local signal status
        for signal in INT:130 TERM:143; do
            rm -f in
            start_endless "$1" "$2"
            kill -0 "$pid" || complain "it ended before the signal: $*" || return 1
            kill -"${signal%:*}" "$pid"
            status=0
            wait "$pid" || status=$?
            [ "$status" -eq "${signal#*:}" ] || complain "exit $status instead of ${signal#*:}: $*" || return 1
            tail -n 1 out | jq -e '.type | test("\\.summary$")' >/dev/null || complain "no summary: $*" || return 1
            [ ! -s err ] || complain "not silent: $*" || return 1
            sample "$1" "$2"
        done
    }
    each_verb check
}

@test "a second signal ends a run at once, even when nobody takes its output" {
    check() {
        sample "$1" "$2" && [ "${#endless[@]}" -gt 0 ] || return 0
        start_endless "$1" "$2"
        kill -STOP "$pid"
        kill -TERM "$pid"
        kill -CONT "$pid"
        sleep 0.1
        kill -TERM "$pid" 2>/dev/null || true
        local i
        for ((i = 0; i < 20; i++)); do
            kill -0 "$pid" 2>/dev/null || return 0
            sleep 0.1
        done
        kill -KILL "$pid"
        complain "still there two seconds after the second signal: $*"
    }
    each_verb check
}

@test "SIGHUP and SIGUSR1 do not end a run" {
    check() {
        sample "$1" "$2" && [ "${#endless[@]}" -gt 0 ] || return 0
        start_endless "$1" "$2"
        kill -HUP "$pid"
        kill -USR1 "$pid"
        sleep 0.5
        kill -0 "$pid" || complain "it ended: $*" || return 1
        kill -TERM "$pid"
        wait "$pid" || [ $? -eq 143 ] || complain "$*"
    }
    each_verb check
}

# --- Exit status

@test "a wrong command line is 64, one line on stderr that says how to get help" {
    check() {
        expect_status 64 "$1" && one_line_error "$1" &&
            expect_status 64 "$1" no-such-verb && one_line_error "$1" &&
            expect_status 64 "$1" --no-such-option && one_line_error "$1"
    }
    each_tool check
    check_verb() {
        expect_status 64 "$1" "$2" --no-such-option </dev/null && one_line_error "$1" &&
            expect_status 64 "$1" "$2" --format no-such-format </dev/null && one_line_error "$1" || return 1
        # A key that no record has; where targets bring labels, any word may be a key.
        sample "$1" "$2" && [ "$(verb_json "$1" "$2" .labels)" = false ] || return 0
        expect_status 64 "$1" "$2" --fields no_such_key,ts "${options[@]}" "${operands[@]}" <"$stdin" &&
            one_line_error "$1"
    }
    each_verb check_verb
}

@test "a timeout of no time is 64: nothing could answer in it" {
    check() {
        sample "$1" "$2" && verb_json "$1" "$2" '.options[].long[]' | grep -qx timeout || return 0
        expect_status 64 "$1" "$2" --timeout 0s "${operands[@]}" <"$stdin" && one_line_error "$1" &&
            grep -q 'no time' err
    }
    each_verb check
}

@test "a typo in a verb or an option is named, with what there is instead" {
    check() {
        expect_status 64 "$1" no-such-verb && grep -q "no verb 'no-such-verb': there are " err || complain "$1: $(cat err)" || return 1
    }
    each_tool check
    check_verb() {
        expect_status 64 "$1" "$2" --outptu x </dev/null && grep -q 'no option --outptu, is --output meant' err ||
            complain "$1 $2: $(cat err)" || return 1
        expect_status 64 "$1" "$2" --nothing-like-it </dev/null && grep -q 'no option --nothing-like-it (try' err ||
            complain "$1 $2: $(cat err)"
    }
    each_verb check_verb
}

@test "long names are whole words: no abbreviation is taken" {
    check() {
        sample "$1" "$2" || return 0
        expect_status 64 "$1" "$2" "${options[@]}" --forma json "${operands[@]}" <"$stdin" &&
            expect_status 64 "$1" "$2" "${options[@]}" --stric "${operands[@]}" <"$stdin"
    }
    each_verb check
}

@test "short flags bundle, -- ends the options, --name=value is --name value" {
    check() {
        sample "$1" "$2" || return 0
        expect_status '0 1 4' "$1" "$2" -qv --format=json "${options[@]}" -- "${operands[@]}" <"$stdin" || return 1
        [ -s out ] || complain "no records: $*"
    }
    each_verb check
}

@test "a missing input file is 66, an unreadable one 66 or 77" {
    check() {
        local option
        sample "$1" "$2" || options=() operands=()
        for option in $(verb_json "$1" "$2" '.options[] | select((.value // "") | test("FILE"))
                | select(.common | not) | .long[0] | select(test("^(file|read|mrt)$"))'); do
            expect_status 66 "$1" "$2" "${options[@]}" "--$option" no-such-file "${operands[@]}" </dev/null || return 1
            grep -q no-such-file out err || complain "does not name the file: $*" || return 1
            ! jq -c 'select(.type | test("error|summary") | not)' out | grep . || complain "records: $*" || return 1
        done
        [[ $(verb_json "$1" "$2" '.operands[0] // ""') == *FILE* ]] || return 0
        expect_status 66 "$1" "$2" no-such-file </dev/null || return 1
        grep -q no-such-file out err || complain "does not name the file: $*"
    }
    each_verb check
}

@test "an output file that cannot be created is 73" {
    check() {
        sample "$1" "$2" || return 0
        expect_status 73 "$1" "$2" --format json --output no/such/folder/x "${options[@]}" "${operands[@]}" <"$stdin" &&
            one_line_error "$1"
    }
    each_verb check
}

@test "a run that is refused keeps the old --output file; one that runs replaces it" {
    check() {
        sample "$1" "$2" || return 0
        echo old >kept
        expect_status 64 "$1" "$2" --output kept --no-such-option || return 1
        ! verb_json "$1" "$2" '.options[].long[]' | grep -qxE 'read|file|mrt' || {
            local option
            option=$(verb_json "$1" "$2" '.options[].long[]' | grep -xE 'read|file|mrt' | head -n 1)
            expect_status '64 66' "$1" "$2" --output kept "${options[@]}" "--$option" no-such-file "${operands[@]}" \
                <"$stdin" || return 1
        }
        [ "$(cat kept)" = old ] || complain "the old file is gone: $*" || return 1
        head -c 100000 /dev/zero >kept
        expect_status '0 1 4' "$1" "$2" --format json --output kept "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        ! grep -qP '\0' kept || complain "the old content is still there: $*"
    }
    each_verb check
}

@test "an input file is never the output file: 64, and nothing is touched" {
    check() {
        sample "$1" "$2" && [ -n "$lines" ] || return 0
        cp "$lines" both
        ln -sf both also
        expect_status 64 "$1" "$2" --output both "${line_options[@]}" <both && one_line_error "$1" &&
            expect_status 64 "$1" "$2" --append --output also "${line_options[@]}" <both || return 1
        grep -q 'input file is output file' err || complain "not told: $*" || return 1
        cmp both "$lines"
    }
    each_verb check
}

@test "--output - is stdout; a closed stdin or stdout is told as what it is" {
    check() {
        sample "$1" "$2" || return 0
        expect_status '0 1 4' "$1" "$2" --format json --output - "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        [ -s out ] && [ ! -e ./- ] || complain "not on stdout: $*" || return 1
        local status=0
        timeout 60 "$1" "$2" --format json "${options[@]}" "${operands[@]}" <"$stdin" 2>err >&- || status=$?
        [ "$status" -eq 74 ] && grep -q 'stdout: Bad file descriptor' err || complain "closed stdout: $status: $*" || return 1
        [ -n "$lines" ] || return 0
        status=0
        timeout 60 "$1" "$2" "${line_options[@]}" 2>err >out <&- || status=$?
        [ "$status" -ge 64 ] && [ "$status" -lt 80 ] || complain "closed stdin: $status: $*"
    }
    each_verb check
}

@test "a lock that is held is 75, at once" {
    check() {
        sample "$1" "$2" || return 0
        flock lock timeout 20 "$1" "$2" --lock lock "${options[@]}" "${operands[@]}" <"$stdin" >out 2>err
        [ $? -eq 75 ] || complain "exit $?: $*" || return 1
        one_line_error "$1" || return 1
        expect_status '0 1 4' "$1" "$2" --lock lock "${options[@]}" "${operands[@]}" <"$stdin"
    }
    set +e
    each_verb check
}

@test "without the capability it needs, a verb says which one and exits 77" {
    command -v setpriv >/dev/null || skip "needs setpriv"
    check() {
        sample "$1" "$2" && [ "${#needs_net_raw[@]}" -gt 0 ] || return 0
        local without=()
        [ "$(id -u)" -ne 0 ] || without=(setpriv --bounding-set -net_raw)
        expect_status 77 "${without[@]}" "$1" "$2" "${needs_net_raw[@]}" </dev/null || return 1
        one_line_error "$1" && { grep -qi 'cap_net_raw' err || complain "no hint: $*"; }
    }
    each_verb check
}

@test "a terminal on stdin and no target is a usage error, never a hang" {
    command -v script >/dev/null || skip "needs script (util-linux)"
    check() {
        sample "$1" "$2" && [ -n "$lines" ] || return 0
        local status=0
        timeout 10 script -qec "$1 $2 ${line_options[*]@Q}" /dev/null >out 2>&1 </dev/null || status=$?
        [ "$status" -eq 64 ] || complain "exit $status: $*"
    }
    each_verb check
}

# --- Options and configuration

@test "--help goes to stdout, exits 0, and has EXAMPLES; for every verb too" {
    check() {
        expect_status 0 "$1" --help || return 1
        [ ! -s err ] && grep -q '^EXAMPLES:$' out || complain "$1 --help" || return 1
        expect_status 0 "$1" -h
    }
    each_tool check
    check_verb() {
        expect_status 0 "$1" "$2" --help || return 1
        [ ! -s err ] && grep -q '^EXAMPLES:$' out || complain "$1 $2 --help" || return 1
        ! grep -nE '^.{110,}$' out || complain "a line of --help is too long: $*"
    }
    each_verb check_verb
}

@test "--help lists the exit statuses that the tool can end with, and no others" {
    statuses() { "$1" --help | sed -n 's/^ *\([0-9]*\)  [A-Z].*/\1/p' | awk '$1 < 64' | paste -sd' '; }
    check() {
        local wanted='0 1'
        ! "$1" --generate verbs | jq -se 'any(.[].options[].long[]; . == "detailed-exitcode")' >/dev/null ||
            wanted="$wanted 2"
        ! "$1" --generate verbs | jq -se 'any(.[].emits[]; test("^(probe|tcp)[.]"))' >/dev/null ||
            wanted="$wanted 3 4 5 6"
        [ "$(statuses "$1")" = "$wanted" ] || complain "$1: $(statuses "$1") instead of $wanted"
    }
    each_tool check
    [ "$(statuses nmflowtool)" = '0 1' ]
}

@test "--version is one line with the name and the version" {
    check() {
        expect_status 0 "$1" --version
        [ "$(wc -l <out)" -eq 1 ] && grep -qE "^$1 \(nmtools\) [0-9]+\.[0-9]+\.[0-9]+" out || complain "$1"
    }
    each_tool check
}

@test "file < environment < command line, the verb's own key before the general one, and --show-config says so" {
    check() {
        sample "$1" "$2" || return 0
        local upper=${1^^} verb_upper=${2^^}
        origin() { expect_status 0 "$1" "$2" "${options[@]}" "${@:3}" "${operands[@]}" --show-config <"$stdin" &&
            grep "^$2\.color = " out; }
        mkdir -p config/nmtools
        rm -f config/nmtools/*
        [[ $(origin "$1" "$2") == "$2.color = auto  # built-in" ]] || complain "built-in: $*" || return 1
        printf 'color = never\n' >"config/nmtools/$1.conf"
        [[ $(origin "$1" "$2") == "$2.color = never  # $PWD/config/nmtools/$1.conf" ]] || complain "file: $*" || return 1
        printf '# a comment\ncolor = never\n[%s]\ncolor = always\n' "$2" >"config/nmtools/$1.conf"
        [[ $(origin "$1" "$2") == "$2.color = always  # "* ]] || complain "the verb's key in a file: $*" || return 1
        export "NM_${upper}_COLOR=never"
        [[ $(origin "$1" "$2") == "$2.color = never  # environment NM_${upper}_COLOR" ]] ||
            complain "environment: $*" || return 1
        export "NM_${upper}_${verb_upper//-/_}_COLOR=auto"
        [[ $(origin "$1" "$2") == "$2.color = auto  # environment NM_${upper}_${verb_upper}_COLOR" ]] ||
            complain "the verb's variable: $*" || return 1
        [[ $(origin "$1" "$2" --color always) == "$2.color = always  # command line" ]] || complain "command line: $*"
    }
    each_verb check
}

@test "--show-config needs no other option" {
    check() { expect_status 0 "$1" "$2" --show-config </dev/null && grep -q "^$2\.color = " out; }
    each_verb check
}

@test "a default for all verbs is that of those which know the value; one verb's default is no other's" {
    check() {
        sample "$1" "$2" || return 0
        local upper=${1^^} verb_upper=${2^^}
        verb_upper=${verb_upper//-/_}
        local known='0 1 4'
        [ "$("$1" --generate verbs | jq -s 'any(.table)')" = true ] || known=78  # no verb of the tool knows it
        expect_status "$known" env "NM_${upper}_FORMAT=table" "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        if [ "$(verb_json "$1" "$2" .table)" = true ]; then
            ! grep -q '^{"type"' out || complain "not applied: $*" || return 1
        else
            expect_status 78 env "NM_${upper}_${verb_upper}_FORMAT=table" "$1" "$2" "${options[@]}" "${operands[@]}" \
                <"$stdin" && one_line_error "$1" && grep -q "NM_${upper}_${verb_upper}_FORMAT" err || return 1
        fi
        local other
        other=$("$1" --generate verbs | jq -r --arg verb "$2" 'select(.verb != $verb) | .verb' | head -n 1)
        [ -n "$other" ] || return 0
        other=${other^^}
        expect_status '0 1 4' env "NM_${upper}_${other//-/_}_COLOR=purple" "NM_${upper}_${other//-/_}_FORMAT=csv" \
            "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        grep -q '^{"type"' out || complain "another verb's format: $*"
    }
    each_verb check
}

@test "-v tells the counters of the run once, on stderr" {
    check() {
        sample "$1" "$2" || return 0
        expect_status '0 1 4' "$1" "$2" -v --format json "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        ! tail -n 1 out | grep -q '"type":"[a-z.]*summary"' || [ "$(wc -l <err)" -eq 1 ] || complain "not one line: $*"
    }
    each_verb check
}

@test "an unknown key or variable, or a bad value, is 78 and names its place" {
    check() {
        sample "$1" "$2" || return 0
        local upper=${1^^}
        mkdir -p config/nmtools
        printf 'no-such-key = 1\n' >"config/nmtools/$1.conf"
        expect_status 78 "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" && one_line_error "$1" &&
            grep -q "nmtools/$1.conf.*no-such-key" err || complain "the file is not named" || return 1
        printf 'color = purple\n' >"config/nmtools/$1.conf"
        expect_status 78 "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" &&
            grep -q "nmtools/$1.conf.*color" err || complain "the file of a bad value is not named" || return 1
        printf 'color\n' >"config/nmtools/$1.conf"
        expect_status 78 "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        rm "config/nmtools/$1.conf"
        expect_status 78 env "NM_${upper}_NO_SUCH_KEY=1" "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" &&
            one_line_error "$1" && grep -q "NM_${upper}_NO_SUCH_KEY" err || complain "the variable is not named" || return 1
        expect_status 78 env "NM_${upper}_COLOR=purple" "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" &&
            grep -q "NM_${upper}_COLOR" err || complain "the variable of a bad value is not named"
    }
    each_verb check
}

@test "the same letter means the same in all tools" {
    for tool in $(nm_tools); do "$tool" --generate verbs; done |
        jq -r '.options[] | select(.long and .short) | .short[] as $s | "\($s) \(.long[0])"' | sort -u >letters
    # -c -i -t -f -r -l -o -n -q -v -4 -6 are fixed; any other letter has one meaning.
    fixed='4 ipv4|6 ipv6|c count|f file|h help|i interval|l listen|o output|q quiet|r read|t timeout|v verbose|n no-dns'
    run awk '{ print $1 }' letters
    [ -z "$(awk '{ print $1 }' letters | uniq -d | grep -vx n)" ] || fail_with "two meanings: $(cat letters)"
    wrong=$(grep -E '^[46cfhilorqtv] ' letters | grep -vxE "$fixed" || true)
    [ -z "$wrong" ] || fail_with "not the house's meaning: $wrong"
}

# --- Terminals

@test "colour only in tables on a terminal, never with NO_COLOR; no progress without a terminal" {
    command -v script >/dev/null || skip "needs script (util-linux)"
    check() {
        sample "$1" "$2" && [ "$(verb_json "$1" "$2" .table)" = true ] || return 0
        local command="$1 $2 ${options[*]@Q} ${operands[*]@Q}" escape=$'\033['
        # Nothing found is no table.
        "$1" "$2" "${options[@]}" "${operands[@]}" <"$stdin" >out 2>err || true
        [ "$(grep -vcE '"type":"([a-z.]*summary|error)"' out)" -gt 0 ] || return 0
        script -qec "$command <$stdin" /dev/null >out 2>&1 </dev/null || true
        grep -qF "${escape}1m" out || complain "no colour on a terminal: $*" || return 1
        NO_COLOR=1 script -qec "$command <$stdin 2>/dev/null" /dev/null >out 2>&1 </dev/null || true
        ! grep -qF "$escape" out || complain "colour despite NO_COLOR: $*" || return 1
        script -qec "$command --color never <$stdin 2>/dev/null" /dev/null >out 2>&1 </dev/null || true
        ! grep -qF "$escape" out || complain "colour despite --color never: $*" || return 1
        expect_status '0 1 4' "$1" "$2" --format table "${options[@]}" "${operands[@]}" <"$stdin" || return 1
        ! grep -qF "$escape" out err || complain "colour or progress without a terminal: $*"
    }
    each_verb check
}

@test "a terminal gets a table where the verb has one, a pipe gets JSON lines" {
    command -v script >/dev/null || skip "needs script (util-linux)"
    check() {
        sample "$1" "$2" || return 0
        script -qec "$1 $2 ${options[*]@Q} ${operands[*]@Q} <$stdin 2>/dev/null" /dev/null >out 2>&1 </dev/null || true
        if [ "$(verb_json "$1" "$2" .table)" = true ]; then
            ! grep -q '^{"type"' out || complain "no table on a terminal: $*"
        else
            grep -q '^{"type"' out || complain "no records on a terminal: $*"
        fi
    }
    each_verb check
}
