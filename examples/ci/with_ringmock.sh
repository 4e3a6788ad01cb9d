#!/usr/bin/env bash
# Runs a command beside a ringmock of its own, which stops with it: `with_ringmock.sh npm test`. RINGMOCK_URL tells the
# command where it is. RINGMOCK_OPTIONS are options of `ringmock serve`, one a line, so that values keep their spaces.
set -euo pipefail
[[ $# -gt 0 ]] || { echo "usage: with_ringmock.sh COMMAND [ARGUMENT ...]" >&2; exit 2; }

folder=$(mktemp -d)
options=()
[[ -z ${RINGMOCK_OPTIONS:-} ]] || mapfile -t options <<<"$RINGMOCK_OPTIONS"
ringmock serve --port 0 --port-file "$folder/port" --quiet "${options[@]}" >"$folder/log" 2>&1 &
server=$!

finish() {
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

for _ in $(seq 600); do
    [[ ! -e $folder/port ]] || break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[[ -e $folder/port ]] || { echo "ringmock did not start:" >&2; cat "$folder/log" >&2; exit 1; }

RINGMOCK_URL=http://127.0.0.1:$(cat "$folder/port") "$@"
