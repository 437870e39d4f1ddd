#!/usr/bin/env bash
# Update the data, forecast, record, resolve, score, and publish the page and the ledger's head: once a day, by itself.
# Usage: publish.sh FOLDER [OPTION]... with options of `forecast records`; FOLDER/site is what is to be published.
set -euo pipefail

folder="${1:?usage: publish.sh FOLDER [OPTION]...}"
options=("${@:2}")
if [ "${#options[@]}" = 0 ]; then
    options=(--by "$(($(date -u +%Y) + 1))" --benchmark "GPQA Diamond" --benchmark "Humanity's Last Exam")
fi
mkdir -p "$folder/state" "$folder/site"
export FORECAST_LEDGER="${FORECAST_LEDGER:-$folder/state/ledger.db}"
export FORECAST_DATA="${FORECAST_DATA:-$folder/state/data}"

# Without a network the tables of the last day stand.
for source in ${SOURCES-epoch}; do
    forecast data update "$source" || echo "no newer tables of $source: going on with what is there" >&2
done
forecast records "${options[@]}" --record --report "$folder/site/records.html" --format csv -o "$folder/site/records.csv"
forecast due --within 30 >"$folder/site/due.txt"
forecast resolve >"$folder/site/resolved.txt"
forecast score --format csv -o "$folder/site/score.csv"
forecast ledger verify
forecast ledger head --stamp "$folder/site/heads.txt"
