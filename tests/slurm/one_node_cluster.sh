#!/usr/bin/env bash
# Start a Slurm cluster of one node on this machine, for tests; prints the variable to export.
# Wants root, and Debian's packages slurm-wlm and munge.
set -euo pipefail
folder=${1:?usage: one_node_cluster.sh FOLDER}
host=$(hostname -s)
cores=$(nproc)
mkdir -p "$folder/spool" "$folder/state" "$folder/log"
if ! pgrep -x munged >/dev/null; then
    if [ ! -f /etc/munge/munge.key ]; then
        dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
        chown munge: /etc/munge/munge.key
        chmod 400 /etc/munge/munge.key
    fi
    mkdir -p /run/munge /var/log/munge /var/lib/munge
    chown munge: /run/munge /var/log/munge /var/lib/munge
    runuser -u munge -- /usr/sbin/munged --force >/dev/null 2>&1
fi
cat >"$folder/slurm.conf" <<EOF
ClusterName=phycharm
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
JobRequeue=1
SchedulerParameters=sched_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
EOF
export SLURM_CONF=$folder/slurm.conf
slurmctld -f "$folder/slurm.conf" >/dev/null 2>&1
slurmd -f "$folder/slurm.conf" >/dev/null 2>&1
for _ in $(seq 30); do
    if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then
        echo "export SLURM_CONF=$SLURM_CONF"
        exit 0
    fi
    sleep 1
done
echo "the node did not come up; see $folder/log" >&2
exit 1
