#!/usr/bin/env bash
# Trains as a job of a Slurm cluster.
set -euo pipefail

if (($# < 3)); then
    cat >&2 <<'USAGE'
usage: slurm_train.sh PARTITION JOB_NAME CONFIG [ARGUMENTS OF tools/train.py...]

Trains with GPUS processes, one a GPU, that srun starts on as many machines as it takes.

environment:
  GPUS           GPUs in all (default: 8)
  GPUS_PER_NODE  GPUs of one machine (default: 8, or GPUS if that is less)
  CPUS_PER_TASK  cores a process: one, and one for each data loading worker (default: 5)
  SRUN_ARGS      further options of srun, which replace those above: --gres=none without GPUs
  NNODES         machines, where srun should not choose (default: GPUS / GPUS_PER_NODE, rounded up)
  MASTER_ADDR    address of the first machine (default: Slurm knows)
  PORT           free port of the first machine (default: 29500); two jobs on one machine need two

examples:
  bash tools/slurm_train.sh gpu cpcl configs/cpcl_cuhk.py
  GPUS=16 SRUN_ARGS="--time=12:00:00 --exclusive" bash tools/slurm_train.sh gpu cpcl \
      configs/cpcl_cuhk.py --resume
USAGE
    exit 2
fi

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
partition=$1 job_name=$2 config=$3
shift 3

gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-$((gpus < 8 ? gpus : 8))}
export MASTER_PORT=${PORT:-29500}

# SRUN_ARGS is a list of words.
# shellcheck disable=SC2086
exec srun \
    --partition="$partition" \
    --job-name="$job_name" \
    --nodes="${NNODES:-$(((gpus + per_node - 1) / per_node))}" \
    --ntasks="$gpus" \
    --ntasks-per-node="$per_node" \
    --gres="gpu:$per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" \
    --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} \
    python -u "$tools/train.py" "$config" "$@" --launcher slurm
