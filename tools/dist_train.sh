#!/usr/bin/env bash
# Trains with several processes on each of one or more machines.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/torchrun.sh"

if (($# < 2)); then
    cat >&2 <<USAGE
usage: dist_train.sh CONFIG PROCESSES [ARGUMENTS OF tools/train.py...]

Trains with PROCESSES processes on this machine, one a GPU.

$environment_help

examples:
  bash tools/dist_train.sh configs/cpcl_cuhk.py 8
  PORT=0 bash tools/dist_train.sh configs/cpcl_synthetic.py 2 --work-dir work_dirs/two
  NNODES=2 NODE_RANK=1 MASTER_ADDR=10.0.0.1 bash tools/dist_train.sh configs/cpcl_cuhk.py 8
USAGE
    exit 2
fi

config=$1 processes=$2
shift 2
run_with_torchrun "$processes" train.py "$config" "$@"
