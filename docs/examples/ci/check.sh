#!/bin/sh
# Judges the detectors file of a branch before anybody reviews it. Needs Lianqin and no database, broker or camera.
# Exit status: 0 good, 1 a story or a condition fails, 2 a file cannot be used.
set -u
cd "$(dirname "$0")"
reports=${1:-reports}
mkdir -p "$reports"
worst=0
run() {
    "$@"
    status=$?
    [ "$status" -gt "$worst" ] && worst=$status
    return 0
}

# 1. Is the file right, against the city as it stands?
run lianqin config check --city city.yaml --detectors detectors.yaml --no-weights

# 2. Does what must always hold still hold?
run lianqin rules test stories --junit "$reports/stories.xml"

# 3. Is it no worse than what is in force, on recorded days that people have labelled?
run lianqin backtest --city city.yaml --base base.detectors.yaml --candidate detectors.yaml \
    --recording recordings/pump-days.jsonl --labels recordings/labels.jsonl --rule water.burst \
    --fail-if 'recall < 0.9' --fail-if 'false_alarms > base.false_alarms' --fail-if 'delay_s > 90' \
    --junit "$reports/backtest.xml" --markdown "$reports/backtest.md"

exit "$worst"
