#!/usr/bin/env bats
# nmbgp against a real BIRD: three routers in network namespaces, the middle one learns the same and different
# prefixes from two neighbours and has routes of its own. Its MRT dump read by nmbgp must say what birdc says.
bats_require_minimum_version 1.5.0
load helpers

setup() {
    require_root
    require_commands bird birdc jq
    cd "$BATS_TEST_TMPDIR"
    PATH="$NM_BIN:$PATH"
    make_ns middle; middle=$NS
    make_ns left; left=$NS
    make_ns right; right=$NS
    join_ns "$left" left0 1
    join_ns "$right" right0 2
    start_routers
}

teardown() {
    lab_teardown
}

# join_ns NS NAME NUMBER: a veth pair between the middle router (.1) and NS (.2).
join_ns() {
    ip -n "$middle" link add name "$2" type veth peer name up0 netns "$1"
    ip -n "$middle" addr add "10.0.$3.1/24" dev "$2"
    ip -n "$middle" addr add "fd00:$3::1/64" dev "$2" nodad
    ip -n "$1" addr add "10.0.$3.2/24" dev up0
    ip -n "$1" addr add "fd00:$3::2/64" dev up0 nodad
    ip -n "$middle" link set dev "$2" up
    ip -n "$1" link set dev up0 up
}

# start_bird NS NAME: with NAME.conf; BIRD goes to the background by itself.
start_bird() {
    in_ns "$1" bird -c "$PWD/$2.conf" -s "$PWD/$2.ctl" -P "$PWD/$2.pid"
}

# neighbour_conf NAME AS NUMBER ROUTES4 ROUTES6: a router that announces static routes.
neighbour_conf() {
    cat > "$1.conf" <<CONF
router id 10.0.$3.2;
protocol device {}
protocol static { ipv4; $4 }
protocol static { ipv6; $5 }
protocol bgp {
    local 10.0.$3.2 as $2; neighbor 10.0.$3.1 as 65001; connect delay time 1; error wait time 1,1;
    ipv4 { import none; export all; };
}
protocol bgp {
    local fd00:$3::2 as $2; neighbor fd00:$3::1 as 65001; connect delay time 1; error wait time 1,1;
    ipv6 { import none; export all; };
}
CONF
}

start_routers() {
    neighbour_conf left 65010 1 '
        route 198.51.100.0/24 blackhole { bgp_path.prepend(3356); bgp_community.add((65010,77)); bgp_origin = ORIGIN_IGP; };
        route 198.51.100.128/25 blackhole { bgp_path.prepend(2914); bgp_path.prepend(4200000001); bgp_med = 50; bgp_origin = ORIGIN_EGP; };
        route 203.0.113.0/24 blackhole { bgp_path.prepend(174); bgp_path.prepend(174); bgp_origin = ORIGIN_IGP; };
        route 192.0.2.0/24 blackhole { bgp_large_community.add((65010,1,4294967295)); bgp_community.add((65535,65281)); };' '
        route 2001:db8:1::/48 blackhole { bgp_path.prepend(3356); bgp_origin = ORIGIN_IGP; };
        route 2001:db8::/32 blackhole { bgp_community.add((65010,6)); };'
    neighbour_conf right 4200000020 2 '
        route 203.0.113.0/24 blackhole { bgp_path.prepend(174); bgp_origin = ORIGIN_IGP; };
        route 198.51.100.0/24 blackhole { bgp_path.prepend(701); bgp_path.prepend(702); bgp_path.prepend(703); bgp_origin = ORIGIN_IGP; };
        route 192.0.2.0/24 blackhole { bgp_origin = ORIGIN_IGP; };' '
        route 2001:db8:1::/48 blackhole { bgp_path.prepend(6939); bgp_path.prepend(6940); };'
    cat > middle.conf <<CONF
router id 10.0.0.1;
protocol device {}
protocol direct { ipv4; ipv6; }
protocol static { ipv4; route 172.16.0.0/12 blackhole { bgp_community.add((65001,12)); }; }
protocol static { ipv6; route fd99::/48 blackhole; }
template bgp neighbour { local as 65001; connect delay time 1; error wait time 1,1; }
protocol bgp left4 from neighbour { neighbor 10.0.1.2 as 65010; ipv4 { import all; export none; }; }
protocol bgp left6 from neighbour { neighbor fd00:1::2 as 65010; ipv6 { import all; export none; }; }
protocol bgp right4 from neighbour {
    neighbor 10.0.2.2 as 4200000020;
    ipv4 { import filter { if net = 198.51.100.0/24 then bgp_local_pref = 200; accept; }; export none; };
}
protocol bgp right6 from neighbour { neighbor fd00:2::2 as 4200000020; ipv6 { import all; export none; }; }
CONF
    start_bird "$left" left
    start_bird "$right" right
    start_bird "$middle" middle
    for _ in $(seq 100); do
        # 4 + 2 routes from the left, 3 + 1 from the right.
        [ "$(birdc -s middle.ctl show route | grep -c '\[AS')" -eq 10 ] && return
        sleep 0.2
    done
    birdc -s middle.ctl show protocols all >&2
    return 1
}

dump() {
    birdc -s middle.ctl "mrt dump table \"master*\" to \"$PWD/table.mrt\"" > /dev/null
    [ -s table.mrt ]
}

# birdc's "show route all" on stdin, one line a route:
#   prefix|peer|as path|origin|next hop|local pref|med|communities|large communities
routes_of_birdc() {
    awk '
        function flush() {
            if (prefix != "")
                print prefix "|" peer "|" v["as_path"] "|" v["origin"] "|" v["next_hop"] "|" v["local_pref"] "|" v["med"] \
                    "|" v["community"] "|" v["large_community"]
            delete v; peer = ""
        }
        /^[0-9a-f].*\[.*\]/ || /^ +(unicast|blackhole|unreachable) / {
            flush()
            if ($0 ~ /^[0-9a-f]/) net = $1
            prefix = net
            match($0, /\[[^ ]+/); name = substr($0, RSTART + 1, RLENGTH - 1)
            peer = (name == "left4") ? "10.0.1.2" : (name == "left6") ? "fd00:1::2" : \
                   (name == "right4") ? "10.0.2.2" : (name == "right6") ? "fd00:2::2" : ""
            next
        }
        /^\tBGP\./ {
            key = substr($1, 5); sub(/:$/, "", key)
            value = $0; sub(/^[^:]*:[ ]?/, "", value); sub(/ +$/, "", value)
            if (key == "origin") value = tolower(value)
            if (key ~ /community/) { gsub(/, /, ",", value); gsub(/[()]/, "", value); gsub(/,/, ":", value) }
            if (key == "next_hop") sub(/ .*/, "", value)
            v[key] = value
        }
        END { flush() }'
}

routes_of_nmbgp() {
    jq -r 'select(.type == "route") | [.prefix, .peer_ip, .as_path, .origin, .next_hop, .local_pref, .med,
        (.communities // [] | join(" ")), (.large_communities // [] | join(" "))]
        | map(if . == null then "" else tostring end) | join("|")'
}

@test "nmbgp mrt of BIRD's dump equals birdc show route all" {
    dump
    nmbgp mrt table.mrt > ours.json
    routes_of_nmbgp < ours.json | sort > ours.txt
    birdc -s middle.ctl show route all | routes_of_birdc | sort > theirs.txt
    diff theirs.txt ours.txt
    [ "$(wc -l < ours.txt)" -ge 14 ]
    # Both families came through one file with a table of peers each.
    [ "$(jq -r 'select(.prefix // "" | contains(":")).prefix' ours.json | wc -l)" -ge 4 ]
}

@test "annotate gives each flow the route that birdc show route for ADDR calls best" {
    dump
    addresses='198.51.100.1 198.51.100.200 203.0.113.9 192.0.2.255 172.16.9.9 10.0.1.77
        2001:db8:1::5 2001:db8:2::5 fd99::1 fd00:2::77'
    for address in $addresses; do
        printf '{"type":"flow","v":1,"src_ip":"%s","dst_ip":"%s","bytes":1500}\n' 198.51.100.1 "$address"
    done > flows
    nmbgp annotate --mrt table.mrt < flows > annotated
    # A route made locally has no attributes that a flow could get, but it has a prefix.
    jq -r 'select(.type == "flow") | [.dst_prefix, .peer_ip, .as_path, .origin, .next_hop, .local_pref, .med,
        (.communities // [] | join(" ")), (.large_communities // [] | join(" "))]
        | map(if . == null then "" else tostring end) | join("|")' annotated > ours.txt
    for address in $addresses; do
        birdc -s middle.ctl show route for "$address" primary all | routes_of_birdc
    done > theirs.txt
    [ "$(wc -l < theirs.txt)" -eq 10 ]
    diff theirs.txt ours.txt
    [ "$(jq -r 'select(.type == "flow").src_as' annotated | sort -u)" = 701 ]
    [ "$(tail -n 1 annotated | jq -c '[.read, .annotated]')" = '[10,10]' ]
}
