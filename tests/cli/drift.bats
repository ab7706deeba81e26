#!/usr/bin/env bats
# Every fact has one home: what is generated from it is as the tools say now.
load helpers

@test "completions and manual pages are those that the tools generate" {
    run -0 "$NM_ROOT/scripts/generate" --check "$NM_BIN"
    [ -z "$output" ]
}

@test "every manual page passes mandoc -Tlint -W warning" {
    command -v mandoc >/dev/null || skip "needs mandoc"
    run -0 mandoc -Tlint -W warning "$NM_ROOT"/man/*.[1-9]
    [ -z "$output" ]
}

@test "every tool has a manual page whose description a person wrote" {
    for tool in $(nm_tools); do
        [ -e "$NM_ROOT/man/$tool.1" ] || fail_with "man/$tool.1 is missing: scripts/generate"
        ! grep -q '^measures or steers the network\.$' "$NM_ROOT/man/$tool.1" ||
            fail_with "man/$tool.1: DESCRIPTION is the placeholder of scripts/generate"
    done
}

@test "every verb has examples, and the options in them exist" {
    clean_environment
    while read -r tool verb; do
        [ "$(verb_json "$tool" "$verb" '.examples | length')" -gt 0 ] || fail_with "$tool $verb has no example"
        while IFS= read -r example; do
            # Each command of the pipeline that is one of our tools, with its words as the shell sees them.
            while IFS= read -r command; do
                [[ $command =~ ^\ *(sudo\ +)?($tool\ .*)$ ]] || continue
                command=${BASH_REMATCH[2]%%[<>]*}
                run bash -c "$command --show-config"
                [ "$status" -eq 0 ] || fail_with "$example: exit $status"
            done < <(tr '|' '\n' <<<"$example")
        done < <(verb_json "$tool" "$verb" '.examples[]')
    done < <(nm_verbs)
}

@test "every record key is spelled snake_case, with a unit where it is a time" {
    for tool in $(nm_tools); do
        run -0 bash -c "'$NM_BIN/$tool' --generate schema | jq -r '.properties | keys[]' |
            grep -vE '^[a-z][a-z0-9]*(_[a-z0-9]+)*$' || true"
        [ -z "$output" ] || fail_with "$tool: $output"
    done
}

@test "a record type has one description, whichever tool writes it" {
    for tool in $(nm_tools); do "$NM_BIN/$tool" --generate schema; done |
        jq -sr 'group_by(.title)[] | select((unique | length) > 1) | .[0].title' >"$BATS_TEST_TMPDIR/double"
    [ ! -s "$BATS_TEST_TMPDIR/double" ] || fail_with "two descriptions of: $(cat "$BATS_TEST_TMPDIR/double")"
}

@test "every record type has its round trip in tests/unit/record_test.cpp" {
    list=$(sed -n '/^using \(Record\|Nested\)Types/,/;/p' "$NM_ROOT/tests/unit/record_test.cpp")
    while read -r type; do
        grep -qw "$type" <<<"$list" || fail_with "$type is not in RecordTypes"
    done < <(grep -hA1 -E '^inline constexpr auto describe<[A-Za-z]+>' "$NM_ROOT"/libcommon/record/*.hpp |
        grep -oE 'describe<[A-Za-z]+>' | sed 's/describe<//; s/>//')
}
