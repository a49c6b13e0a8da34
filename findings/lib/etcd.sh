# shellcheck shell=sh
# An etcd on loopback, with data in a folder of the temporary one.
# shellcheck disable=SC2154 # $work comes from start.sh
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# etcd_ports: chooses the ports for the next etcd
etcd_ports() {
    client=http://127.0.0.1:$(free_port) peer=http://127.0.0.1:$(free_port)
    ETCDCTL_API=3 ETCDCTL_ENDPOINTS=$client
    export ETCDCTL_API ETCDCTL_ENDPOINTS
}

# start_etcd SUITE FOLDER: starts the suite's etcd there; its process is $server, its client $etcdctl
start_etcd() {
    etcdctl=$work/$1/usr/bin/etcdctl
    "$work/$1/usr/bin/etcd" --data-dir "$work/$2" --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
        >>"$work/$2.log" 2>&1 &
    server=$!
    remember $server
    until_true 20 "$etcdctl" get none || cannot "etcd does not start: $(tail -1 "$work/$2.log")"
}

stop_etcd() {
    kill -KILL "$server"
    wait "$server" 2>/dev/null
}
