# shellcheck shell=bash
# What dist_train.sh and dist_test.sh share: sourced by them, not run.
#
#   run_with_torchrun PROCESSES TOOL [ARGUMENTS...]
#
# starts PROCESSES processes of tools/TOOL on this machine, as the node that NNODES, NODE_RANK,
# MASTER_ADDR and PORT describe.

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034  # for the usage texts
environment_help="environment:
  NNODES       machines in all (default: 1); start the same command on each of them
  NODE_RANK    number of this machine, from 0 (default: 0)
  MASTER_ADDR  address of machine 0 (default: 127.0.0.1)
  PORT         free port of machine 0 (default: 29500); with one machine, 0 takes any free one
Processes talk through NCCL where there are GPUs, one each, and through gloo where there are none."

run_with_torchrun() {
    local processes=$1 tool=$2
    shift 2
    if ! [[ $processes =~ ^[1-9][0-9]*$ ]]; then
        echo "error: the number of processes must be a whole number from 1, not '$processes'" >&2
        exit 2
    fi
    if ! command -v torchrun >/dev/null; then
        echo "error: no torchrun here: activate the environment that cpcl_mm is installed in" >&2
        exit 1
    fi
    local nodes=${NNODES:-1} port=${PORT:-29500}
    if [[ $port == 0 && $nodes != 1 ]]; then
        echo "error: PORT=0 is for one machine, NNODES=$nodes need a port that all know" >&2
        exit 2
    fi
    # By address: not every machine knows its own name.
    local meeting=(--standalone --local-addr=127.0.0.1)
    if [[ $port != 0 ]]; then
        meeting=(
            --nnodes="$nodes"
            --node-rank="${NODE_RANK:-0}"
            --master-addr="${MASTER_ADDR:-127.0.0.1}"
            --master-port="$port"
        )
        check_port "$port"
    fi
    exec torchrun "${meeting[@]}" --nproc-per-node="$processes" \
        "$tools/$tool" "$@" --launcher pytorch
}

# Another run on this machine is the usual reason for "address already in use".
check_port() {
    if [[ ${NODE_RANK:-0} == 0 ]] && (: >"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
        echo "error: port $1 is in use, probably by another run: choose a free one, such as" \
            "PORT=$(($1 + 1)), on every machine; with one machine, PORT=0 takes any free one" >&2
        exit 1
    fi
}
