#!/bin/bash
# One node of Kubernetes, from package registries alone: no container engine, no image to be pulled. As root.
#   one_node.sh build CACHE              the programs that no registry has built; minutes, once
#   one_node.sh up CACHE DIR             started and waited for; prints the kubeconfig; again after `down` finds its state
#   one_node.sh load CACHE DIR TAR       images that `podman save` wrote, among them localhost/pause:1
#   one_node.sh down CACHE DIR           stopped, with nothing left but DIR
# It needs Debian's etcd-server runc nftables iptables ipset conntrack openssl.
set -euo pipefail
KUBERNETES=1.37.2 CONTAINERD=2.4.2 CNI=1.10.0 COREDNS=1.15.0 METRICS=0.9.0 KUBE_ROUTER=2.1.0
NODE=10.88.7.1 PODS=10.88.7.0/24 SERVICES=10.0.0.0/24 API=10.0.0.1 DNS=10.0.0.10 BRIDGE=rk0
PARTS=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl)
verb=${1:-help} cache=$(realpath -m "${2:-/nonexistent}") dir=$(realpath -m "${3:-/nonexistent}")
bin=$cache/bin
export PATH=$bin:$PATH

build() {
    mkdir -p "$bin"
    build_kubernetes
    export GOBIN=$bin
    wanted containerd -tags "no_btrfs no_devmapper no_zfs no_aufs" \
        github.com/containerd/containerd/v2/cmd/{containerd,containerd-shim-runc-v2,ctr}@v$CONTAINERD
    wanted bridge github.com/containernetworking/plugins/plugins/{main/bridge,main/loopback,ipam/host-local,meta/portmap}@v$CNI
    wanted coredns github.com/coredns/coredns@v$COREDNS
    wanted metrics-server sigs.k8s.io/metrics-server/cmd/metrics-server@v$METRICS
    wanted kube-router github.com/cloudnativelabs/kube-router/v2/cmd/kube-router@v$KUBE_ROUTER
}

wanted() { # PROGRAM GO-INSTALL-ARGUMENTS: installed unless that version of it is there
    local last=${!#}
    is "$1" "${last##*@v}" || go install -ldflags="-s -w" "${@:2}"
}

is() { # PROGRAM VERSION
    go version -m "$bin/$1" 2>/dev/null | grep -qP "^\tmod\t\S+\tv\Q$2\E\t"
}

build_kubernetes() { # its module replaces its own libraries, which `go install` refuses: a module of ours does the same
    mkdir -p "$cache/kubernetes"
    cd "$cache/kubernetes"
    local gomod part
    gomod=$(go mod download -json k8s.io/kubernetes@v$KUBERNETES | python3 -c 'import json, sys; print(json.load(sys.stdin)["GoMod"])')
    {
        printf 'module tools\n\ngo 1.26\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$KUBERNETES"
        grep -oE '^\s+k8s.io/[a-z0-9-]+ => ' "$gomod" | awk -v v="v0${KUBERNETES#1}" '{print "\t" $1 " => " $1 " " v}' | sort -u
        echo ')'
    } >go.mod
    {
        printf '//go:build tools\n\npackage tools\n\nimport (\n'
        printf '\t_ "k8s.io/kubernetes/cmd/%s"\n' "${PARTS[@]}"
        echo ')'
    } >tools.go
    export GOFLAGS=-mod=mod
    for part in "${PARTS[@]}"; do
        is "$part" "$KUBERNETES" || { go mod tidy -e && break; }
    done
    for part in "${PARTS[@]}"; do
        is "$part" "$KUBERNETES" || go build -o "$bin/$part" \
            -ldflags="-s -w -X k8s.io/component-base/version.gitVersion=v$KUBERNETES" "k8s.io/kubernetes/cmd/$part"
    done
    unset GOFLAGS
}

keys() {
    sign() { # NAME EXTENSION
        openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1" 2>/dev/null
        openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" -extfile <(echo "$2") 2>/dev/null
    }
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=one-node 2>/dev/null
    sign apiserver "subjectAltName=IP:$NODE,IP:$API,IP:127.0.0.1,DNS:kubernetes.default.svc,DNS:kubernetes.default,DNS:localhost"
    sign front-proxy extendedKeyUsage=clientAuth
    openssl genrsa -out sa.key 2048 2>/dev/null
    token=$(openssl rand -hex 16)
    (umask 077 && echo "$token,admin,admin,system:masters" >tokens.csv)
    (umask 077 && cat >kubeconfig) <<EOF
apiVersion: v1
kind: Config
clusters: [{name: one-node, cluster: {server: "https://$NODE:16443", certificate-authority: $dir/ca.crt}}]
users: [{name: admin, user: {token: $token}}]
contexts: [{name: one-node, context: {cluster: one-node, user: admin}}]
current-context: one-node
EOF
}

configure_containers() { # pods share one bridge, and names are resolved by CoreDNS on the node
    mkdir -p cni
    : >resolv.conf
    cat >containerd.toml <<EOF
version = 3
root = "$dir/containerd"
state = "$dir/state"
[grpc]
  address = "$dir/containerd.sock"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "localhost/pause:1"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true  # to lower it takes CAP_SYS_RESOURCE
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = "/usr/sbin/runc"
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ["$bin"]
  conf_dir = "$dir/cni"
EOF
    cat >cni/10-one-node.conflist <<EOF
{"cniVersion": "1.0.0", "name": "one-node", "plugins": [
 {"type": "bridge", "bridge": "$BRIDGE", "isGateway": true, "ipMasq": true, "hairpinMode": true,
  "ipam": {"type": "host-local", "dataDir": "$dir/ipam", "ranges": [[{"subnet": "$PODS"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
 {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOF
}

configure_node() {
    cat >kubelet.yaml <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
failCgroupV1: false
enforceNodeAllocatable: []
failSwapOn: false
containerRuntimeEndpoint: unix://$dir/containerd.sock
clusterDNS: [$DNS]
clusterDomain: cluster.local
resolvConf: $dir/resolv.conf
evictionHard: {memory.available: 100Mi}
localStorageCapacityIsolation: false
EOF
    cat >proxy.yaml <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: $dir/kubeconfig}
hostnameOverride: node
clusterCIDR: $PODS
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
EOF
    cat >Corefile <<EOF
.:53 {
  bind $NODE
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $dir/kubeconfig
  }
  cache 5
}
EOF
    cat >addons.yaml <<EOF
$(service kube-dns "clusterIP: $DNS" "name: dns, port: 53, protocol: UDP" "name: dns-tcp, port: 53, protocol: TCP")
$(service metrics-server "type: ClusterIP" "name: https, port: 4443, protocol: TCP")
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1beta1.metrics.k8s.io}
spec:
  {group: metrics.k8s.io, version: v1beta1, insecureSkipTLSVerify: true, groupPriorityMinimum: 100, versionPriority: 100,
   service: {name: metrics-server, namespace: kube-system, port: 4443}}
EOF
}

service() { # NAME FIELD PORT…: a Service of what runs on the node itself
    local ports
    ports=$(printf '{%s}, ' "${@:3}")
    cat <<EOF
apiVersion: v1
kind: Service
metadata: {name: $1, namespace: kube-system}
spec: {$2, ports: [$ports]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: $1-1, namespace: kube-system, labels: {kubernetes.io/service-name: $1}}
addressType: IPv4
endpoints: [{addresses: [$NODE], conditions: {ready: true}}]
ports: [$ports]
---
EOF
}

run() { # NAME COMMAND…: in the background, its log and pid in the folder
    nohup "${@:2}" >"$1.log" 2>&1 </dev/null &
    echo $! >"$1.pid"
}

wait_for() {
    for _ in $(seq 240); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.25
    done
    echo "gave up waiting for: $*" >&2
    return 1
}

up() {
    mkdir -p "$dir"
    cd "$dir"
    [ -f kubeconfig ] || { keys; configure_containers; configure_node; }
    export KUBECONFIG=$dir/kubeconfig
    ip link show $BRIDGE >/dev/null 2>&1 || { ip link add $BRIDGE type bridge; ip addr add "$NODE/24" dev $BRIDGE; ip link set $BRIDGE up; }
    sysctl -qw net.ipv4.ip_forward=1
    up_control_plane
    up_node
    kubectl apply -f addons.yaml >/dev/null
    wait_for kubectl wait --for=condition=Ready node/node --timeout=1s
    run policies kube-router --kubeconfig=kubeconfig --run-router=false --run-firewall=true --run-service-proxy=false \
        --hostname-override=node --service-cluster-ip-range=$SERVICES --metrics-port=0
    echo "$dir/kubeconfig"
}

up_control_plane() { # the autoscaler looks every second and is patient for 3, so that somebody sees it go down again
    run etcd etcd --data-dir etcd --listen-client-urls http://127.0.0.1:23790 --advertise-client-urls http://127.0.0.1:23790 \
        --listen-peer-urls http://127.0.0.1:23800 --initial-advertise-peer-urls http://127.0.0.1:23800 \
        --initial-cluster default=http://127.0.0.1:23800
    run containerd containerd -c containerd.toml
    run apiserver kube-apiserver --etcd-servers=http://127.0.0.1:23790 --secure-port=16443 --bind-address=$NODE \
        --advertise-address=$NODE --tls-cert-file=apiserver.crt --tls-private-key-file=apiserver.key --client-ca-file=ca.crt \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=sa.key \
        --service-account-signing-key-file=sa.key --token-auth-file=tokens.csv --authorization-mode=RBAC \
        --service-cluster-ip-range=$SERVICES --allow-privileged=true --kubelet-preferred-address-types=InternalIP \
        --requestheader-client-ca-file=ca.crt --requestheader-allowed-names=front-proxy \
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
        --requestheader-extra-headers-prefix=X-Remote-Extra- --proxy-client-cert-file=front-proxy.crt \
        --proxy-client-key-file=front-proxy.key
    wait_for kubectl get --raw /readyz
    run controllers kube-controller-manager --kubeconfig=kubeconfig --service-account-private-key-file=sa.key \
        --root-ca-file=ca.crt --leader-elect=false --horizontal-pod-autoscaler-sync-period=1s \
        --horizontal-pod-autoscaler-downscale-stabilization=3s
    run scheduler kube-scheduler --kubeconfig=kubeconfig --leader-elect=false
}

up_node() {
    run kubelet kubelet --config=kubelet.yaml --kubeconfig=kubeconfig --root-dir="$dir/kubelet" --hostname-override=node \
        --node-ip=$NODE --cert-dir=kubelet-certs
    run proxy kube-proxy --config=proxy.yaml
    run coredns coredns -conf Corefile
    run metrics metrics-server --kubeconfig=kubeconfig --authentication-kubeconfig=kubeconfig \
        --authorization-kubeconfig=kubeconfig --kubelet-insecure-tls --metric-resolution=10s --kubelet-request-timeout=5s \
        --secure-port=4443 --bind-address=$NODE --cert-dir=metrics-certs --kubelet-preferred-address-types=InternalIP
    wait_for ctr -a "$dir/containerd.sock" version
}

load() { ctr -a "$dir/containerd.sock" -n k8s.io images import "$1"; }

down() {
    [ -d "$dir" ] || return 0
    cd "$dir"
    export KUBECONFIG=$dir/kubeconfig
    local part task
    for part in controllers scheduler; do end TERM $part; done
    kubectl delete pods --all-namespaces --all --force --grace-period=0 >/dev/null 2>&1 || true
    for _ in $(seq 40); do
        [ -n "$(ctr -a "$dir/containerd.sock" -n k8s.io tasks ls -q)" ] || break
        sleep 0.5
    done
    for part in policies metrics coredns proxy kubelet; do end TERM $part; done
    end KILL apiserver # it would wait a minute for whoever watches; etcd has the state
    for task in $(ctr -a "$dir/containerd.sock" -n k8s.io tasks ls -q); do
        ctr -a "$dir/containerd.sock" -n k8s.io tasks delete -f "$task" >/dev/null || true
    done
    for part in containerd etcd; do end TERM $part; done
    for _ in $(seq 60); do
        ended && break
        sleep 0.5
    done
    unplug
}

end() { # SIGNAL NAME
    [ ! -f "$2.pid" ] || kill "-$1" "$(cat "$2.pid")" 2>/dev/null || true
}

ended() {
    local file
    for file in *.pid; do
        ! grep -qs '^State:.*(\(running\|sleeping\|disk sleep\|stopped\))' "/proc/$(cat "$file")/status" || return 1
    done
}

unplug() { # what the node left in the kernel
    local table family
    mount | awk -v d="$dir/" 'index($3, d) == 1 {print $3}' | sort -r | xargs -r umount -l
    for table in iptables ip6tables; do $table-save | grep -vE 'KUBE|kube-router|CNI-' | $table-restore || true; done
    ipset list -n 2>/dev/null | grep -iE 'kube' | xargs -rn1 ipset destroy || true
    for family in ip ip6; do nft delete table $family kube-proxy 2>/dev/null || true; done
    ip link del $BRIDGE 2>/dev/null || true
    find /sys/fs/cgroup/*/kubepods -depth -type d -exec rmdir {} + 2>/dev/null || true
}

case $verb in
build | up | down) "$verb" ;;
load) load "$4" ;;
*)
    sed -n 2,7p "$0"
    exit 2
    ;;
esac
