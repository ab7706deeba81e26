#!/usr/bin/env bats
# nmflowtool fields: every key of flow records and every element that has a name.
bats_require_minimum_version 1.5.0

load ../lab/helpers

setup() {
    require_commands jq
    PATH="$NM_BIN:$PATH"
    cd "$BATS_TEST_TMPDIR"
}

@test "an element is found by its number, with its type and the key it fills" {
    run -0 nmflowtool fields 12
    [ "$(jq -c 'select(.enterprise == 0) | [.name, .element_id, .value_type, .fills]' <<<"$output")" = \
        '["destinationIPv4Address",12,"ipv4Address","dst_ip"]' ]
}

@test "a key is told with the elements that fill it" {
    run -0 nmflowtool fields dst_ip
    [ "$(jq -c 'select(.source == "flow" and .name == "dst_ip") | [.value_type, .elements]' <<<"$output")" = \
        '["string",["destinationIPv4Address(12)","destinationIPv6Address(28)"]]' ]
}

@test "a pattern of a name is a shell pattern, in small letters or capitals; what is not there is 1" {
    nmflowtool fields 'POST*vlan*' | jq -r 'select(.type == "flow.field") | .name' >names
    grep -qx postVlanId names
    [ "$(grep -cvi '^post.*vlan' names)" = 0 ]
    run -1 nmflowtool fields no_such_field
    [ "$(jq -c '[.type, .keys, .elements]' <<<"$output")" = '["flow.field.summary",0,0]' ]
}

@test "every key that top takes is listed, and the counts are those of the lines" {
    nmflowtool fields >all
    run -64 --separate-stderr nmflowtool top --by nothing </dev/null
    sed 's/.*the keys are //; s/, and .*//' <<<"$stderr" | tr -d ' ' | tr ',' '\n' >keys
    [ "$(wc -l <keys)" -gt 30 ]
    jq -r 'select(.source == "flow" or .source == "flow.top") | .name' all >listed
    [ -z "$(grep -vxFf listed keys)" ]
    [ "$(tail -n 1 all | jq '.keys + .elements')" = "$(grep -c '"type":"flow.field"' all)" ]
}
