#!/usr/bin/env bash
# Everything that needs a GPU, in stages with a time limit each. No network.
#
#   validation/gpu.sh RESULTS_DIR [--dry-run] [STAGE ...]
#
# Stages, all of them if none is named: environment kernels tests benchmark memcheck racecheck initcheck peers.
# A stage that fails or runs out of time does not keep the others from running, and what it wrote is kept.
# Exits with 1 if one failed. Its files in RESULTS_DIR: stages.txt (outcome and seconds of each),
# environment.txt, kernels.txt, tests.txt, benchmark.json, sanitizer.txt, peers.json, table.txt.
#
#   PYTHON            interpreter; python3 if not set. What it lacks is taken from
#   GPUPROP_WHEELS    a folder of wheels
#   GPUPROP_BUDGET_S  seconds for all stages together, 570 if not set: later stages get what is left
#   --dry-run         on any machine, small, with the emulated engine; its figures mean nothing
set -uo pipefail

usage() {
    echo "usage: validation/gpu.sh RESULTS_DIR [--dry-run] [STAGE ...]" >&2
    exit 2
}
[[ $# -ge 1 && $1 != -* ]] || usage
results=$(realpath -m "$1")
shift
dry_run=
if [[ ${1:-} == --dry-run ]]; then
    dry_run=--dry-run
    shift
fi
every=(environment kernels tests benchmark memcheck racecheck initcheck peers)
for name in "$@"; do
    [[ " ${every[*]} " == *" $name "* ]] || { echo "no stage $name; there are ${every[*]}" >&2; usage; }
done
stages=("$@")
[[ $# -gt 0 ]] || stages=("${every[@]}")
cd "$(dirname "$0")/.." || exit
mkdir -p "$results"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
export PYTHONPATH="$work/site:$PWD" PYTHONUNBUFFERED=1
[[ -z $dry_run ]] && export GPUPROP_REQUIRE_GPU=1

failed=0
# stage NAME LIMIT_S FILE COMMAND...: run a command, its output into a file too, no longer than it may
stage() {
    local name=$1 limit=$2 file=$results/$3 began=$SECONDS
    shift 3
    local left=$((${GPUPROP_BUDGET_S:-570} - SECONDS))
    ((limit > left)) && limit=$left
    local outcome=124
    if ((limit > 0)); then
        echo "== $name: at most $limit s"
        timeout --kill-after=5 "$limit" "$@" 2>&1 | tee -a "$file"
        outcome=${PIPESTATUS[0]}
    fi
    case $outcome in
    0) outcome=passed ;;
    124 | 137) outcome="out of time" ;;
    *) outcome="failed ($outcome)" ;;
    esac
    [[ $outcome == passed ]] || failed=1
    printf '%-12s%5d s  %s\n' "$name" $((SECONDS - began)) "$outcome" >>"$results/stages.txt"
}

environment() {
    date --utc +%FT%TZ
    git rev-parse HEAD 2>/dev/null
    uname -a
    nproc
    command -v nvidia-smi >/dev/null && nvidia-smi
    command -v compute-sanitizer
    "$python" -m gpuprop info
    "$python" -m pip list --format freeze --disable-pip-version-check
    return 0
}
export -f environment
export python

sanitize() {
    if [[ -n $dry_run ]]; then
        stage "$1" 90 sanitizer.txt "$python" validation/gpu_kernels.py --emulated
    elif command -v compute-sanitizer >/dev/null; then
        stage "$1" 150 sanitizer.txt compute-sanitizer --tool "$1" --error-exitcode 99 \
            "$python" validation/gpu_kernels.py
    else
        stage "$1" 5 sanitizer.txt bash -c 'echo "compute-sanitizer is not installed"; exit 1'
    fi
}

stage packages 120 environment.txt "$python" validation/gpu_packages.py "$work/site" ${GPUPROP_WHEELS:+"$GPUPROP_WHEELS"}
((failed)) && exit 1
for name in "${stages[@]}"; do
    case $name in
    environment) stage "$name" 60 environment.txt bash -c environment ;;
    kernels) stage "$name" 120 kernels.txt "$python" validation/gpu_kernels.py ${dry_run:+--emulated} ;;
    tests)
        # Warnings of newer versions of what is used are told, and end nothing here
        tests=(tests/cuda/test_on_gpu.py tests/cuda/test_propagation.py tests/cuda/test_screening.py
            tests/screening/test_{sieve,screen,selection,truth}.py)
        which=(-m "gpu and not slow")
        [[ -n $dry_run ]] && which=(-m "not slow" -k "emulated and same")
        stage "$name" 300 tests.txt "$python" -m pytest -q -p no:cacheprovider -W default \
            --continue-on-collection-errors \
            "${which[@]}" "${tests[@]}"
        ;;
    benchmark)
        stage "$name" 300 table.txt "$python" validation/gpu_benchmark.py "$results/benchmark.json" $dry_run
        ;;
    memcheck | racecheck | initcheck) sanitize "$name" ;;
    peers) stage "$name" 120 table.txt "$python" validation/gpu_peers.py "$results/peers.json" $dry_run ;;
    esac
done
echo
cat "$results/stages.txt"
[[ -f $results/table.txt ]] && cat "$results/table.txt"
exit $failed
