# A Slurm cluster on one machine, to be sourced: a controller and node daemons that can be killed. Debian's Slurm 22.05; needs root.
#
# Whoever sources it runs in pid, net, mount, uts and ipc namespaces of its own (run.sh sees to that), and every node in further ones:
# when they end, however they end, the kernel ends every daemon, step and task in them. No service, no /etc/slurm and no port of
# the machine is touched.
#
#     cluster_up FOLDER NODES      starts it; FOLDER is short, for sockets lie in it; SLURM_CONF is set
#     cluster_down                 ends it
#     node_kill n1                 the machine is gone: everything on it is killed at once
#     node_freeze n1               it no longer answers, but its programs still hold what they hold
#     wait_for SECONDS COMMAND…    until the command succeeds; false when the time is over
# shellcheck shell=sh

wait_for() {
    deadline=$(($(date +%s) + $1))
    shift
    until "$@"; do
        [ "$(date +%s)" -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

cluster_config() { # NODES
    cat <<END
ClusterName=test
SlurmctldHost=ctl(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool/%n
SlurmctldPidFile=$cluster/run/slurmctld.pid
SlurmdPidFile=$cluster/run/slurmd.%n.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdLogFile=$cluster/log/slurmd.%n.log
AuthType=auth/munge
CredType=cred/munge
# A requeued task waits until the credential of its earlier life has expired: 5 s are the least that Slurm takes, instead of 120.
AuthInfo=socket=$cluster/run/munge.sock,cred_expire=5
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
# Nodes have what is said here, not what the machine has.
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
PropagateResourceLimits=NONE
ReturnToService=1
JobRequeue=1
# A task of a node that was set down counts as ended when the node has not answered for so long.
SlurmdTimeout=20
MessageTimeout=10
KillWait=30
MinJobAge=3600
END
    node=0
    while [ "$node" -lt "$1" ]; do
        node=$((node + 1))
        echo "NodeName=n$node NodeHostname=n$node NodeAddr=127.0.0.1 Port=$((16817 + node)) CPUs=8 RealMemory=8192"
    done
    echo "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
}

cluster_up() { # FOLDER NODES
    cluster=$1
    mkdir -p "$cluster/log" "$cluster/run" "$cluster/state" "$cluster/spool"
    # munged wants to be sure that nobody else may write on the way to its socket.
    chmod 755 "$cluster" "$cluster/run"
    export SLURM_CONF="$cluster/slurm.conf"
    hostname ctl
    ip link set lo up
    # Slurm does not listen where the loopback is the only interface.
    ip link show lab >/dev/null 2>&1 || {
        ip link add lab type veth peer name lab-peer
        ip addr add 10.77.0.1/24 dev lab
        ip link set lab up
        ip link set lab-peer up
    }
    cluster_config "$2" >"$SLURM_CONF"
    dd if=/dev/urandom of="$cluster/run/munge.key" bs=1024 count=1 status=none
    chmod 600 "$cluster/run/munge.key"
    munged -F --key-file="$cluster/run/munge.key" --socket="$cluster/run/munge.sock" --pid-file="$cluster/run/munged.pid" \
        --log-file="$cluster/log/munged.log" --seed-file="$cluster/run/munge.seed" --origin=127.0.0.1 >"$cluster/log/munged.out" 2>&1 &
    munged=$!
    wait_for 20 test -S "$cluster/run/munge.sock" || cluster_fail munged
    slurmctld -D -i </dev/null >"$cluster/log/slurmctld.out" 2>&1 &
    slurmctld=$!
    wait_for 60 eval 'scontrol ping >/dev/null 2>&1' || cluster_fail slurmctld
    node=0
    while [ "$node" -lt "$2" ]; do
        node=$((node + 1))
        node_up "n$node"
    done
    wait_for 60 eval "[ \"\$(sinfo -h -o '%T %D' 2>/dev/null)\" = 'idle $2' ]" || cluster_fail nodes
}

cluster_fail() {
    echo "cluster: $1 did not start" >&2
    tail -n 20 "$cluster"/log/* >&2
    exit 1
}

# A node is a pid namespace: its first process takes orphans in, and all of it ends with that process.
node_up() {
    mkdir -p "$cluster/spool/$1"
    # shellcheck disable=SC2016 # for the shell in there
    unshare --fork --pid --mount-proc --uts --ipc --mount --kill-child=KILL \
        sh -c 'hostname "$1"; slurmd -D -N "$1" </dev/null & while :; do wait; sleep 1; done' node "$1" >"$cluster/log/$1.out" 2>&1 &
    outside=$!
    wait_for 10 eval "[ -n \"\$(cat /proc/$outside/task/$outside/children)\" ]" || cluster_fail "$1"
    first=$(cat "/proc/$outside/task/$outside/children")
    echo "${first%% *}" >"$cluster/run/$1.first"
}

# Every process of a node, by its number here.
node_processes() {
    space=$(readlink "/proc/$(cat "$cluster/run/$1.first")/ns/pid") || return 0
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/ns/pid" 2>/dev/null)" != "$space" ] || echo "${process#/proc/}"
    done
}

node_kill() {
    first=$(cat "$cluster/run/$1.first")
    kill -KILL "$first"
    wait_for 20 eval "[ ! -d /proc/$first ] || grep -q '^State:.Z' /proc/$first/status"
}

node_freeze() {
    # Twice: what is not yet stopped may start another.
    for _ in 1 2; do
        # shellcheck disable=SC2046 # numbers
        kill -STOP $(node_processes "$1") 2>/dev/null || true
    done
}

node_thaw() {
    # shellcheck disable=SC2046 # numbers
    kill -CONT $(node_processes "$1") 2>/dev/null || true
}

cluster_down() {
    for first in "$cluster"/run/*.first; do
        kill -KILL "$(cat "$first")" 2>/dev/null || true
        rm -f "$first"
    done
    kill -KILL "$slurmctld" "$munged" 2>/dev/null || true
    wait "$slurmctld" "$munged" 2>/dev/null || true
}
