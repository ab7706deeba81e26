# What the tests without root share. Load with `load helpers`.

bats_require_minimum_version 1.5.0

NM_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
NM_BUILD=${NM_BUILD:-$NM_ROOT/build}
case $NM_BUILD in /*) ;; *) NM_BUILD=$NM_ROOT/$NM_BUILD ;; esac
NM_BIN=$NM_BUILD/bin
PATH=$NM_BIN:$PATH

# The tools that exist: each folder of tools/ with a main.cpp.
nm_tools() {
    local main
    for main in "$NM_ROOT"/tools/*/main.cpp; do basename "$(dirname "$main")"; done
}

# All verbs as "tool verb" lines.
nm_verbs() {
    local tool
    for tool in $(nm_tools); do "$NM_BIN/$tool" --generate verbs | jq -r '"\(.tool) \(.verb)"'; done
}

# verb_json TOOL VERB FILTER: jq over the verb's options, records and examples.
verb_json() { "$NM_BIN/$1" --generate verbs | jq -r --arg verb "$2" "select(.verb == \$verb) | $3"; }

# has_option TOOL VERB LONG-NAME
has_option() { [ "$(verb_json "$1" "$2" "any(.options[]; .long | index(\"$3\"))")" = true ]; }

# The tests must not depend on the configuration of whoever runs them.
clean_environment() {
    export HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config LC_ALL=C.UTF-8
    unset NO_COLOR
    local variable
    for variable in $(compgen -v NM_ | grep -E '^NM_NM'); do unset "$variable"; done
}

# fail_with TEXT...: what the test saw, in TAP.
fail_with() {
    printf '%s\n' "$@" >&2
    [ -z "${output:-}" ] || printf 'stdout: %s\n' "$output" | head -n 20 >&2
    [ -z "${stderr:-}" ] || printf 'stderr: %s\n' "$stderr" | head -n 20 >&2
    return 1
}
