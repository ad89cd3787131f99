#!/bin/sh
# Creates Grafana's second organisation once: provisioning files cannot create an organisation, and
# Grafana does not start where they name a missing one.
set -eu
here=http://127.0.0.1:3000
mkdir -p /tmp/none
GF_PATHS_PROVISIONING=/tmp/none /run.sh &
server=$!
trap 'kill "$server" && wait "$server" || true' EXIT
until curl --silent --fail --output /dev/null "$here/api/health"; do
  kill -0 "$server"
  sleep 1
done
ask() { # METHOD PATH NAME: prints the status of Grafana's response.
  printf 'user = "admin:%s"\n' "$(cat /run/secrets/grafana-admin)" |
    curl --silent --output /dev/null --write-out '%{http_code}' --config - --request "$1" \
      --header 'Content-Type: application/json' --data "{\"name\": \"$3\"}" "$here$2"
}
test "$(ask PUT /api/orgs/1 'Operations (open)')" = 200
case "$(ask POST /api/orgs 'Board (closed)')" in
  200 | 409) ;; # 409: it exists already.
  *) exit 1 ;;
esac
