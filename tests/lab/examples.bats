#!/usr/bin/env bats
# The files of scripts/examples do what they say: each runs once before the program it is made for, with folders of the
# test in place of the machine's.

bats_require_minimum_version 1.5.0
load helpers

setup_file() { export BATS_TEST_TIMEOUT=180; }

setup() {
    require_root
    require_commands jq python3 curl
    make_ns examples
    export PATH=$NM_BIN:$PATH
    cd "$BATS_TEST_TMPDIR"
    mkdir etc log lib run
    echo 'office: [127.0.0.1, 127.0.0.2]' >etc/targets.yaml
}

teardown() {
    if [ -n "${DAEMON:-}" ]; then
        kill "$DAEMON" 2>/dev/null || true
        wait "$DAEMON" || true
    fi
    lab_teardown
}

# example FILE: a copy of it here.
example() {
    sed "s#/etc/nmtools#$PWD/etc#g; s#/var/log#$PWD/log#g; s#/var/lib/prometheus/node-exporter#$PWD/lib#g;
        s#/run/#$PWD/run/#g; s#/usr/bin/nmprobe#$NM_BIN/nmprobe#g; s#^PATH=#PATH=$NM_BIN:#" \
        "$NM_ROOT/scripts/examples/$1" >"$1"
}

# run_crontab FILE: its settings and its one line, as cron runs them: five fields of time, a user, a command with \% for %.
run_crontab() {
    local shell command
    [ "$(grep -cE '^[0-9*]' "$1")" -eq 1 ]
    shell=$(sed -n 's/^SHELL=//p' "$1")
    command=$(grep -E '^[0-9*]' "$1" | sed -E 's/^([^ ]+ +){5}root +//; s/\\%/%/g')
    in_ns "$NS" env -i "$(grep ^PATH= "$1")" HOME=/root "$shell" -c "$command"
}

@test "the crontab line: silent, its records in the file; 1 is no mail, a wrong targets file is" {
    example nmprobe.cron
    run -0 --separate-stderr run_crontab nmprobe.cron
    [ -z "$output$stderr" ]
    run -0 --separate-stderr run_crontab nmprobe.cron
    [ "$(jq -r 'select(.type == "probe.icmp") | [.region, .state] | join(" ")' log/nmprobe.jsonl | sort | uniq -c | awk '{ print $1, $2, $3 }')" \
        = '4 office up' ]
    echo 'office: [127.0.0.1, 192.0.2.1]' >etc/targets.yaml
    run -0 --separate-stderr run_crontab nmprobe.cron
    [ -z "$output$stderr" ]
    echo 'office: {' >etc/targets.yaml
    run ! --separate-stderr run_crontab nmprobe.cron
    [[ $stderr == 'nmprobe: '*targets.yaml* ]]
}

@test "the systemd service and timer: verified, and what ExecStart says runs" {
    require_commands systemd-analyze
    example nmprobe-targets.service
    example nmprobe-targets.timer
    mkdir units
    cp nmprobe-targets.* units
    export SYSTEMD_UNIT_PATH=$PWD/units:/lib/systemd/system
    run -0 systemd-analyze verify --man=no "$PWD/units/nmprobe-targets.service" "$PWD/units/nmprobe-targets.timer"
    [ -z "$output" ]
    run -0 systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' nmprobe-targets.timer)"
    # shellcheck disable=SC2046  # words, as systemd splits them
    run -0 --separate-stderr in_ns "$NS" $(sed -n 's/^ExecStart=//p' nmprobe-targets.service)
    [ -z "$output$stderr" ]
    [ "$(jq -r 'select(.type == "probe.summary") | .answered' log/nmprobe.jsonl)" = 2 ]
}

@test "Telegraf execd: the command of the configuration writes line protocol that InfluxDB takes" {
    require_commands influxd
    example telegraf-execd.conf
    python3 -c '
import json, sys, tomllib
plugin = tomllib.load(open("telegraf-execd.conf", "rb"))["inputs"]["execd"][0]
assert plugin["data_format"] == "influx"
print("\n".join(plugin["command"]))' >command
    mapfile -t command <command
    # Telegraf keeps stdin open and ends the program with SIGTERM.
    sleep 30 3>&- | in_ns "$NS" timeout -s TERM 4 "${command[@]}" >lines || [ "$?" -eq 124 ]
    [ "$(wc -l <lines)" -eq 2 ]
    cat >influxdb.conf <<CONF
bind-address = "127.0.0.1:8088"
reporting-disabled = true
[meta]
dir = "$PWD/influx/meta"
[data]
dir = "$PWD/influx/data"
wal-dir = "$PWD/influx/wal"
[http]
bind-address = "127.0.0.1:8086"
log-enabled = false
CONF
    ip netns exec "$NS" influxd run -config influxdb.conf >influxd.log 2>&1 3>&- &
    DAEMON=$!
    local tries=0
    until in_ns "$NS" curl -sf http://127.0.0.1:8086/ping; do [ $((tries += 1)) -lt 100 ] && sleep 0.2; done
    in_ns "$NS" curl -sf -XPOST 'http://127.0.0.1:8086/query' --data-urlencode 'q=CREATE DATABASE nm' >/dev/null
    run -0 in_ns "$NS" curl -s -o answer -w '%{http_code}' -XPOST 'http://127.0.0.1:8086/write?db=nm' --data-binary @lines
    [ "$output" = 204 ]
    in_ns "$NS" curl -sf -G 'http://127.0.0.1:8086/query?db=nm' --data-urlencode \
        'q=SELECT host, region, received, avg FROM ping_rtt' >answer
    [ "$(jq -c '[.results[0].series[0].values[] | .[1:4]] | sort' answer)" = '[["127.0.0.1","office",5],["127.0.0.2","office",5]]' ]
    jq -e '[.results[0].series[0].values[][4]] | all(. > 0)' answer >/dev/null
}

@test "node exporter: the page that cron writes is scraped" {
    require_commands prometheus-node-exporter
    example node-exporter-textfile.cron
    run -0 --separate-stderr run_crontab node-exporter-textfile.cron
    [ -z "$output$stderr" ]
    ip netns exec "$NS" prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --collector.disable-defaults \
        --collector.textfile --collector.textfile.directory="$PWD/lib" >exporter.log 2>&1 3>&- &
    DAEMON=$!
    local tries=0
    until in_ns "$NS" curl -sf http://127.0.0.1:9100/metrics -o page; do [ $((tries += 1)) -lt 100 ] && sleep 0.2; done
    grep -q '^node_textfile_scrape_error 0$' page
    [ "$(grep -cE '^nm_probe_icmp_received[a-z_]*\{.*target="127\.0\.0\.[12]".*\} 5$' page)" -eq 2 ]
}

@test "Ansible: all answer is ok and unchanged, a lost target fails the play" {
    require_commands ansible-playbook
    example ansible-reachable.yml
    export ANSIBLE_HOME=$PWD/ansible ANSIBLE_LOCAL_TEMP=$PWD/ansible/tmp ANSIBLE_NOCOLOR=1 HOME=$PWD
    run -0 in_ns "$NS" ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 ansible-reachable.yml
    [[ $output == *'127.0.0.1: '*' us'* ]]
    [[ $output =~ ok=2\ +changed=0\ +unreachable=0\ +failed=0 ]]
    echo 'office: [127.0.0.1, 192.0.2.1]' >etc/targets.yaml
    run -2 in_ns "$NS" ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 ansible-reachable.yml
    [[ $output =~ changed=0\ +unreachable=0\ +failed=1 ]]
}
