#!/usr/bin/env bash
# Tests a checkpoint with several processes on each of one or more machines.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/torchrun.sh"

if (($# < 3)); then
    cat >&2 <<USAGE
usage: dist_test.sh CONFIG CHECKPOINT PROCESSES [ARGUMENTS OF tools/test.py...]

Tests CHECKPOINT with PROCESSES processes on this machine, one a GPU.

$environment_help

example:
  bash tools/dist_test.sh configs/cpcl_cuhk.py work_dirs/cpcl_cuhk/epoch_60.pth 8 --out scores.json
USAGE
    exit 2
fi

config=$1 checkpoint=$2 processes=$3
shift 3
run_with_torchrun "$processes" test.py "$config" "$checkpoint" "$@"
