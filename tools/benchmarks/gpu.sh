#!/usr/bin/env bash
# Measures what only a GPU can show, and leaves tables and logs in a folder:
#   bash tools/benchmarks/gpu.sh [FOLDER]                                  (default: work_dirs/gpu)
# clustering.md  68,126 samples, their labels held against the CPU's, and a million
# epoch.md       an epoch of CPCL of CUHK-PEDES's size from drawn JPEG files, compiled or not
# ablation/      CPCL and plain contrast on the built-in data set, five seeds on each of two draws
# CLUSTERING, EPOCH and ABLATION in the environment are options in the place of these.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=${1:-work_dirs/gpu}
cores=$(nproc)
mkdir -p "$out"
clustering=${CLUSTERING:-68126 1000000 --threads $cores --no-product}
epoch=${EPOCH:---precisions bf16 --compile no yes --batch-size 256 --workers $((cores - 2))}
ablation=${ABLATION:---seeds 0 1 2 3 4 --data-seeds 0 1 --jobs $((cores - 2))}

# Options are several words.
# shellcheck disable=SC2086
{
    python tools/benchmarks/clustering.py $clustering --backend torch --dense-gib 0 |
        tee "$out/clustering.md"
    python tools/benchmarks/train_epoch.py $epoch | tee "$out/epoch.md"
    python tools/ablation/run.py configs/ablation/0{2_itc_equal_time,6_oplm}.py $ablation \
        --out "$out/ablation" --reference 02_itc_equal_time
}
