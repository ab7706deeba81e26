#!/usr/bin/env bats
# nmsched: plans of the project's own instances are valid, good, repeatable, and proven by cbc; refusals are told.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq
    PATH="$NM_BIN:$PATH"
    nms="$BATS_TEST_DIRNAME/../golden/sched/nms"
    cd "$BATS_TEST_TMPDIR"
}

summary() { tail -n 1 "$1" | jq -r ".$2"; }

# plan_of STATUS ARGUMENT...: plans into plan.jsonl, and has it checked against the last argument.
plan_of() {
    local status=0 wanted=$1 input=${!#}
    shift
    nmsched plan "$@" >plan.jsonl 2>plan.err || status=$?
    [ "$status" -eq "$wanted" ]
    [ ! -s plan.err ]
    nmsched check plan.jsonl "$input" >check.jsonl
    [ "$(summary check.jsonl valid)" = true ]
}

# fleet: two nodes and two apps that fit.
fleet() {
    cat <<'JSON'
{"type":"config","slot_s":10}
{"type":"node","id":"n0","cpu":1000,"mem":1000,"lan":"lan0"}
{"type":"node","id":"n1","cpu":1000,"mem":1000,"lan":"lan1"}
{"type":"app","id":"a0","cpu":100,"mem":100,"lan":"lan1","tests":[{"id":"t0","class":"exclusive","period_s":60,"duration_s":10,"target":"s0"}]}
{"type":"app","id":"a1","cpu":100,"mem":100,"tests":[{"id":"t0","class":"exclusive","period_s":60,"duration_s":10,"target":"s0"}]}
JSON
}

@test "every instance reaches the best known number of apps, and the checker agrees" {
    while IFS=, read -r name _ accepted _ _; do
        [ "$name" != instance ] || continue
        plan_of 1 --iterations 3 "$nms/$name.jsonl"
        echo "$name: $(summary plan.jsonl accepted) of $(summary plan.jsonl bound), best known $accepted"
        [ "$(summary plan.jsonl accepted)" -ge "$accepted" ]
        [ "$(summary plan.jsonl accepted)" -le "$(summary plan.jsonl bound)" ]
        [ "$(summary plan.jsonl accepted)" -ge "$(summary plan.jsonl greedy_accepted)" ]
    done <"$nms/best_known.csv"
}

@test "the goals are reached: 132 of 150 apps and 510 of 600" {
    plan_of 1 --iterations 3 "$nms/i30_150_1.jsonl"
    [ "$(summary plan.jsonl accepted)" -ge 132 ]
    plan_of 1 --iterations 3 "$nms/i100_600_1.jsonl"
    [ "$(summary plan.jsonl accepted)" -ge 510 ]
}

@test "the smallest instance is proven optimal: 10 apps on 2 nodes" {
    plan_of 1 "$nms/i4_12_1.jsonl"
    [ "$(tail -n 1 plan.jsonl | jq -c '[.accepted, .nodes_used, .optimal, .stopped_by]')" = '[10,2,true,"proof"]' ]
}

@test "cbc proves that no plan accepts more apps than ours, and our bound says the same" {
    require_commands cbc python3
    for name in i4_12_1 i10_40_1 i10_40_2; do
        plan_of 1 --iterations 5 "$nms/$name.jsonl"
        proven=$(python3 "$BATS_TEST_DIRNAME/nmsched_server_bound.py" "$nms/$name.jsonl")
        echo "$name: $(summary plan.jsonl accepted), cbc $proven"
        [ "$(summary plan.jsonl accepted)" -eq "$proven" ]
        [ "$(summary plan.jsonl bound)" -eq "$proven" ]
    done
}

@test "the same seed and iterations give the same bytes, another seed a valid plan" {
    plan_of 1 --seed 7 --iterations 2 "$nms/i30_150_1.jsonl"
    mv plan.jsonl first.jsonl
    plan_of 1 --seed 7 --iterations 2 "$nms/i30_150_1.jsonl"
    cmp first.jsonl plan.jsonl
    plan_of 1 --seed 8 --iterations 2 "$nms/i30_150_1.jsonl"
}

@test "a time limit of 0 gives the greedy plan at once" {
    plan_of 1 --time-limit 0 "$nms/i100_600_1.jsonl"
    [ "$(summary plan.jsonl iterations)" -eq 0 ]
    [ "$(summary plan.jsonl accepted)" -eq "$(summary plan.jsonl greedy_accepted)" ]
    [ "$(summary plan.jsonl elapsed_ms | cut -d. -f1)" -lt 200 ]
}

@test "a time limit is kept, and tells itself" {
    for _ in 1 2 3; do  # a busy machine may take the processor away at the wrong moment
        plan_of 1 --time-limit 500ms "$nms/i100_600_1.jsonl"
        [ "$(summary plan.jsonl stopped_by)" = time_limit ]
        [ "$(summary plan.jsonl elapsed_ms | cut -d. -f1)" -gt 550 ] || return 0
    done
    return 1
}

@test "SIGTERM ends the search and prints the best plan so far" {
    nmsched plan --time-limit 1h "$nms/i100_600_1.jsonl" >plan.jsonl 2>plan.err 3>&- &
    pid=$!
    sleep 1
    kill -TERM "$pid"
    status=0
    wait "$pid" || status=$?
    [ "$status" -eq 143 ]
    [ "$(summary plan.jsonl stopped_by)" = signal ]
    [ "$(summary plan.jsonl accepted)" -ge 500 ]
    nmsched check plan.jsonl "$nms/i100_600_1.jsonl" >check.jsonl
}

@test "a plan fed back is kept: nothing moves, nothing changes, and planning it again gives the same bytes" {
    fleet >fleet.jsonl
    run -2 nmsched plan --detailed-exitcode fleet.jsonl
    plan_of 0 --iterations 5 fleet.jsonl
    cat fleet.jsonl plan.jsonl >running.jsonl
    plan_of 0 --iterations 5 running.jsonl
    [ "$(tail -n 1 plan.jsonl | jq -c '[.migrations, .changed]')" = '[0,false]' ]
    mv plan.jsonl second.jsonl
    cat fleet.jsonl second.jsonl >running.jsonl
    run -0 nmsched plan --detailed-exitcode --iterations 5 running.jsonl
    [ "$output" = "$(cat second.jsonl)" ]
}

@test "a large plan fed back moves nothing" {
    plan_of 1 --iterations 1 "$nms/i30_150_1.jsonl"
    cat "$nms/i30_150_1.jsonl" plan.jsonl >running.jsonl
    accepted=$(summary plan.jsonl accepted)
    plan_of 1 --iterations 1 running.jsonl
    [ "$(summary plan.jsonl migrations)" -eq 0 ] || [ "$(summary plan.jsonl accepted)" -gt "$accepted" ]
    [ "$(summary plan.jsonl evicted)" -eq 0 ] || [ "$(summary plan.jsonl accepted)" -gt "$accepted" ]
}

@test "an app whose node is gone moves, and only that app" {
    fleet >fleet.jsonl
    plan_of 0 --iterations 2 fleet.jsonl
    { fleet | grep -v '"n0"'; printf '%s\n' '{"type":"placement","app":"a0","node":"n1"}' '{"type":"placement","app":"a1","node":"n0"}'; } >broken.jsonl
    plan_of 0 --iterations 2 broken.jsonl
    [ "$(jq -c 'select(.type == "migration") | [.app, .from, .to]' plan.jsonl)" = '["a1","n0","n1"]' ]
}

@test "records of other types pass through untouched, before the plan" {
    { fleet; echo '{"type":"probe.icmp","v":1,  "target":"x"}'; } >mixed.jsonl
    plan_of 0 --iterations 1 mixed.jsonl
    [ "$(head -n 1 plan.jsonl)" = '{"type":"probe.icmp","v":1,  "target":"x"}' ]
    [ "$(summary plan.jsonl forwarded)" -eq 1 ]
}

@test "nodes, apps and current placements may come from several files and from a pipe" {
    fleet | grep '"node"' >nodes.jsonl
    fleet | grep -v '"node"' >apps.jsonl
    nmsched plan --iterations 1 nodes.jsonl apps.jsonl >two.jsonl
    fleet | nmsched plan --iterations 1 >piped.jsonl
    cmp two.jsonl piped.jsonl
    fleet >fleet.jsonl
    nmsched plan --iterations 1 fleet.jsonl | nmsched check - fleet.jsonl
}

@test "a rejected app says why" {
    { fleet; echo '{"type":"app","id":"big","cpu":5000,"mem":1}'; echo '{"type":"app","id":"far","cpu":1,"mem":1,"lan":"moon"}'; } >fleet.jsonl
    plan_of 1 --iterations 1 fleet.jsonl
    [ "$(jq -r 'select(.type == "reject") | "\(.app) \(.code)"' plan.jsonl)" = $'big too_large\nfar no_node_in_lan' ]
}

@test "options and verbs of later versions are refused with 64" {
    fleet >fleet.jsonl
    for option in --variant=mmas --threads=2 --seed=x --iterations=-1 --time-limit=5; do
        run -64 --separate-stderr nmsched plan "$option" fleet.jsonl
        [ -z "$output" ]
    done
    run -64 --separate-stderr nmsched explain a0
    [[ "$stderr" == *"not in this version"* ]]
    run -64 --separate-stderr nmsched check fleet.jsonl
    run -64 --separate-stderr nmsched check - -
}

@test "input that this version cannot honour is refused with 65 and no plan" {
    while read -r word line; do
        { fleet; echo "$line"; } >fleet.jsonl
        run -65 --separate-stderr nmsched plan --iterations 1 fleet.jsonl
        [ -z "$output" ]
        [[ "$stderr" == *fleet.jsonl:6:*"$word"* ]]
    done <<'JSON'
normal {"type":"app","id":"x","cpu":1,"mem":1,"tests":[{"id":"t","class":"normal","period_s":60,"duration_s":1}]}
slip_s {"type":"app","id":"x","cpu":1,"mem":1,"tests":[{"id":"t","class":"exclusive","period_s":60,"duration_s":1,"slip_s":1}]}
affinity {"type":"app","id":"x","cpu":1,"mem":1,"affinity":["a0"]}
drain {"type":"node","id":"n9","cpu":1,"mem":1,"state":"drain"}
second {"type":"config","slot_s":5}
event {"type":"event","kind":"node_down","node":"n0"}
twice {"type":"app","id":"a0","cpu":1,"mem":1}
JSON
    echo '{"type":"config","guard_s":1}' >fleet.jsonl
    run -65 --separate-stderr nmsched plan fleet.jsonl
    [[ "$stderr" == *guard_s* ]]
}

@test "damaged input, a missing file and a directory are told apart" {
    echo '{"type":"node"' >cut.jsonl
    run -65 --separate-stderr nmsched plan cut.jsonl
    run -66 --separate-stderr nmsched plan absent.jsonl
    fleet >fleet.jsonl
    run -66 --separate-stderr nmsched check absent.jsonl fleet.jsonl
    run -74 --separate-stderr nmsched plan .
    run -65 --separate-stderr nmsched check cut.jsonl fleet.jsonl
}

@test "the checker finds each kind of broken plan" {
    fleet >fleet.jsonl
    plan_of 0 --iterations 1 fleet.jsonl
    while IFS='|' read -r code edit; do
        jq -c "$edit" plan.jsonl >broken.jsonl
        run -1 nmsched check broken.jsonl fleet.jsonl
        [[ "$output" == *"\"code\":\"$code\""* ]]
        [ "$(tail -n 1 <<<"$output" | jq .valid)" = false ]
    done <<'EDITS'
overlap|if .type == "slot" then .offset_s = 0 else . end
wrong_lan|if .type == "placement" or .type == "slot" then .node = "n0" else . end
missing_app|select(.type != "placement" or .app != "a0")
missing_slot|select(.type != "slot")
bad_offset|if .type == "slot" then .offset_s += 5 else . end
bad_offset|if .type == "slot" then .offset_s = 60 else . end
wrong_slot|if .type == "slot" then .duration_s = 1 else . end
unknown_node|if .type == "placement" then .node = "n7" else . end
wrong_migration|., (select(.type == "placement") | {type: "migration", app: .app, from: "n7", to: .node})
wrong_summary|select(.type != "plan.summary")
EDITS
    sed 's/"cpu":1000/"cpu":150/' fleet.jsonl >small.jsonl
    jq -c 'if .type == "placement" or .type == "slot" then .node = "n1" else . end' plan.jsonl >full.jsonl
    run -1 nmsched check full.jsonl small.jsonl
    [[ "$output" == *'"code":"overfull"'* ]]
}
