# Routes of an MRT file as one canonical line each, once as bgpdump sees them and once as nmbgp does:
#   prefix|path id|from|dumped|originated|origin|as path|next hop|link-local next hop|med|local pref|
#   atomic|aggregator|communities|large communities|originator id|cluster list
# with nothing between two bars for what is not there. bgpdump's long form is used because its -m form cannot
# tell an absent value from 0 and leaves large communities out.

routes_of_bgpdump() {
    TZ=UTC bgpdump "$1" 2>/dev/null | awk '
        function flush() {
            if (have) print v["PREFIX"] "|" v["PATH"] "|" v["FROM"] "|" v["TIME"] "|" v["ORIGINATED"] "|" v["ORIGIN"] \
                "|" v["ASPATH"] "|" v["NEXT_HOP"] "|" v["LINK_LOCAL"] "|" v["MULTI_EXIT_DISC"] "|" v["LOCAL_PREF"] "|" v["ATOMIC"] \
                "|" v["AGGREGATOR"] "|" v["COMMUNITY"] "|" v["LARGE_COMMUNITY"] "|" v["ORIGINATOR_ID"] "|" v["CLUSTER_LIST"]
            delete v; have = 0
        }
        /^$/ { flush(); next }
        /^ATOMIC_AGGREGATE/ { v["ATOMIC"] = "true"; next }
        {
            colon = index($0, ": "); if (!colon) next
            key = substr($0, 1, colon - 1); value = substr($0, colon + 2); sub(/ +$/, "", value)
            if (key == "PREFIX") {
                have = 1
                if (match(value, / PATH_ID: /)) {
                    v["PATH"] = substr(value, RSTART + RLENGTH); value = substr(value, 1, RSTART - 1)
                }
            }
            if (key == "FROM" && value ~ /^(::|0\.0\.0\.0) AS0$/) value = ""
            if (key == "NEXT_HOP" && key in v) key = "LINK_LOCAL"
            if (key == "ORIGIN") value = tolower(value)
            if (key == "COMMUNITY") {
                gsub(/no-export/, "65535:65281", value); gsub(/no-advertise/, "65535:65282", value)
                gsub(/local-AS/, "65535:65283", value)
            }
            v[key] = value
        }
        END { flush() }'
}

# Reads the records of nmbgp mrt on stdin.
routes_of_nmbgp() {
    jq -r 'def when: .[0:19] + "Z" | fromdate | strftime("%m/%d/%y %H:%M:%S");
        select(.type == "route") | [
            .prefix, .path_id, if .peer_ip then "\(.peer_ip) AS\(.peer_as)" else null end,
            (.ts | when), (.originated | when), .origin, .as_path, .next_hop, .next_hop_link_local, .med, .local_pref,
            .atomic_aggregate, if .aggregator_ip then "AS\(.aggregator_as) \(.aggregator_ip)" else null end,
            (.communities // [] | join(" ")), (.large_communities // [] | join(" ")),
            .originator_id, (.cluster_list // [] | join(" "))
        ] | map(if . == null then "" else tostring end) | join("|")'
}
