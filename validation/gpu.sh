#!/usr/bin/env bash
# Everything that needs a GPU: environment, tests, compute-sanitizer, benchmarks. No network.
#
#   GPUPROP_WHEELS=FOLDER validation/gpu.sh RESULTS_DIR    on a machine with a GPU; the folder holds wheels of
#                                                          gpuprop[cuda13,test] and all they need
#   validation/gpu.sh RESULTS_DIR --dry-run                anywhere, with the emulated engine and $PYTHON
set -euo pipefail
results=$(realpath -m "${1:?usage: validation/gpu.sh RESULTS_DIR [--dry-run]}")
dry_run=${2:-}
[[ -z $dry_run || $dry_run == --dry-run ]] || { echo "unknown option $dry_run; only --dry-run is known" >&2; exit 2; }
cd "$(dirname "$0")/.."
mkdir -p "$results"
python=${PYTHON:-python3}

if [[ -z $dry_run ]]; then
    : "${GPUPROP_WHEELS:?set GPUPROP_WHEELS to the folder that holds the wheels}"
    "$python" -m venv "$results/venv"
    python=$results/venv/bin/python
    "$python" -m pip install --quiet --no-index --find-links "$GPUPROP_WHEELS" hatchling editables
    "$python" -m pip install --quiet --no-index --find-links "$GPUPROP_WHEELS" --no-build-isolation \
        --editable ".[cuda13,test]"
    export GPUPROP_REQUIRE_GPU=1
fi
export PYTHONPATH=$PWD

{
    date --utc +%FT%TZ
    git rev-parse HEAD
    uname -a
    command -v nvidia-smi >/dev/null && nvidia-smi
    "$python" -m gpuprop info
    "$python" -m pip freeze
} >"$results/environment.txt" || [[ -n $dry_run ]]

engine=$([[ -n $dry_run ]] && echo emulated || echo cuda)
"$python" -m pytest -q -m "not slow" -k "$engine" tests/cuda/test_propagation.py tests/cuda/test_screening.py \
    tests/screening/test_sieve.py 2>&1 | tee "$results/tests.txt"

if command -v compute-sanitizer >/dev/null && [[ -z $dry_run ]]; then
    for tool in memcheck racecheck initcheck; do
        compute-sanitizer --tool "$tool" --error-exitcode 1 --log-file "$results/$tool.txt" \
            "$python" -m pytest -q -k "cuda and (same_bits or unusable or same_candidates)" \
            tests/cuda/test_propagation.py tests/cuda/test_screening.py
    done
else
    echo "compute-sanitizer not run: no GPU, or it is not installed" | tee "$results/sanitizer.txt"
fi

if [[ -z $dry_run ]] && "$python" -c "import heyoka, astroz" 2>/dev/null; then
    "$python" validation/peers.py --screen-hours 24 --output "$results/peers.json" >"$results/peers.txt"
else
    echo "peers not run: a dry run, or heyoka and astroz are not installed" >"$results/peers.txt"
fi
"$python" validation/gpu_benchmark.py "$results/benchmark.json" ${dry_run:+"$dry_run"} | tee "$results/table.txt"
