#!/bin/bash
# Tries docs/cluster.md's recipes on hosts of one's own: `bash bench/hosts.sh ssh` and `bash bench/hosts.sh slurm`.
#
# Each host is a set of namespaces of this machine: an address, a name, processes, /tmp and /run of its own. It
# needs root, Debian's packages openssh-server, slurm-wlm and munge, and `ray`, `pft` and `python` on the path.
# `slurm lost` switches one of the hosts off halfway; `slurm short` ends the allocation and asks for another.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
shared=/var/tmp/pft-hosts # which all hosts see, as a file system of a real cluster
work=$shared/work
count=3
export SLURM_CONF=$shared/slurm.conf

up() {
    mkdir -p $shared/hosts $work
    ip link add pftbr type bridge
    ip link set pftbr up
    echo "127.0.0.1 localhost" > $shared/names
    for n in $(seq $count); do echo "10.91.0.$n pft$n" >> $shared/names; done
    for n in $(seq $count); do
        ip netns add pft$n
        ip link add pftv$n type veth peer name eth0 netns pft$n
        ip link set pftv$n master pftbr up
        ip -n pft$n address add 10.91.0.$n/24 dev eth0
        ip -n pft$n link set eth0 up
        ip -n pft$n link set lo up
        ip netns exec pft$n unshare --uts --ipc --mount --pid --fork --mount-proc bash -c "
            hostname pft$n
            for own in /tmp /run /dev/shm /root/.ssh /mnt /sys/fs/cgroup; do mount -t tmpfs tmpfs \$own; done
            mount --bind $shared/names /etc/hosts
            exec sleep infinity" &
        sleep 0.5
        pgrep -P $! > $shared/hosts/pft$n
    done
}

on() { # on HOST COMMANDS
    nsenter -t "$(cat $shared/hosts/$1)" -a env -i PATH="$PATH" HOME=/root OMP_NUM_THREADS=1 \
        SLURM_CONF=$SLURM_CONF bash -c "$2"
}

off() { # off HOST: all its processes are gone at once
    kill -9 "$(cat $shared/hosts/$1)"
}

down() {
    for host in $(ls $shared/hosts); do
        off $host 2> /dev/null || true
        ip netns delete $host || true
    done
    ip link delete pftbr || true
    rm -rf $shared
}

try_ssh() {
    ssh-keygen -q -t ed25519 -N '' -f $shared/key
    for n in $(seq $count); do
        on pft$n "mkdir -p /run/sshd && cd /root/.ssh && chmod 700 . && install -m 600 $shared/key id_ed25519 &&
            cp $shared/key.pub authorized_keys && echo 'StrictHostKeyChecking accept-new' > config &&
            /usr/sbin/sshd -o PidFile=none -o UsePAM=no"
    done
    on pft1 "python $here/small_workspace.py /mnt/experiment && cd /mnt/experiment &&
        ray start --head --port=6379 --disable-usage-stats &&
        for host in pft2 pft3; do
            ssh \$host \"$(command -v ray) start --disable-usage-stats \
                --address=\$(hostname -I | cut -d' ' -f1):6379\"
        done
        pft doctor; pft queue; pft wait; pft status; pft down"
    result pft1 /mnt/experiment
}

configure_slurm() {
    printf 'CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n' > $shared/cgroup.conf
    cat > $SLURM_CONF << END
ClusterName=pft
SlurmctldHost=pft1
SlurmUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=/run/slurmctld
SlurmdSpoolDir=/run/slurmd
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
SlurmctldLogFile=/run/slurmctld.log
SlurmdLogFile=/run/slurmd.log
SlurmdParameters=config_overrides
SlurmdTimeout=20
NodeName=pft[1-$count] CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
    for n in $(seq $count); do
        on pft$n "mkdir -p /run/munge /run/slurmctld /run/slurmd &&
            install -m 400 /etc/munge/munge.key /run/munge.key &&
            munged --force --key-file=/run/munge.key --seed-file=/run/munge/seed \
                --socket=/run/munge/munge.socket.2 --pid-file=/run/munge/pid --log-file=/run/munge/log &&
            if [ $n = 1 ]; then slurmctld; fi && slurmd"
    done
    sleep 5
}

try_slurm() { # try_slurm [lost | short]: the job is docs/cluster.md's, for CPUs
    configure_slurm
    local limit=60 notice=120
    if [ "${1:-}" = short ]; then limit=3 notice=60; fi
    cat > $work/job.sh << END
#!/bin/bash
#SBATCH --nodes=$count
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=2
#SBATCH --time=$limit
#SBATCH --signal=B:TERM@$notice
#SBATCH --no-kill
END
    sed -n '/^port=/,/^pft down$/p' "$here/../docs/cluster.md" \
        | sed "s/ --num-gpus=[^ ]*//; s#^cd .*#cd $work/experiment#" >> $work/job.sh
    on pft1 "python $here/small_workspace.py $work/experiment"
    submit
    if [ "${1:-}" = lost ]; then
        sleep 60
        off pft$count
    fi
    finish
    if [ "${1:-}" = short ]; then
        submit --time=60
        finish
    fi
    cat $work/*.out
    result pft1 $work/experiment
}

submit() { # submit [OPTION]
    on pft1 "cd $work && sbatch ${1:-} job.sh"
}

finish() { # until the queue is empty
    while on pft1 "squeue --noheader" | grep -q .; do
        sleep 10
        on pft1 "squeue; cd $work/experiment && pft status || true"
    done
}

result() { # result HOST WORKSPACE: how many trials ended how, in how many attempts, and who was lost
    on $1 "python -c '
import duckdb
snapshot = duckdb.connect(\"$2/pft.duckdb\", read_only=True)
for table in (\"models\", \"trials\"):
    print(table, snapshot.execute(f\"select status, count(*), max(attempts) from {table} group by all\").fetchall())
print(snapshot.execute(\"from events where kind = ?\", [\"worker_lost\"]).fetchall())'"
}

trap down EXIT
trap "exit 1" INT TERM
up
"try_$@"
