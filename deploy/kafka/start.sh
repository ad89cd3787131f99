#!/bin/sh
# Starts the broker of docker-compose.yml; formats its data folder first if the folder is empty.
set -eu
settings=/etc/tocsin/server.properties
java() { command java -Dorg.apache.logging.log4j.level=WARN -cp "/opt/kafka/libs/*" "$@"; }
if [ ! -e /var/lib/kafka/data/meta.properties ]; then
  java kafka.tools.StorageTool format --config "$settings" \
    --cluster-id "$(java kafka.tools.StorageTool random-uuid)"
fi
exec java -Xmx1g -XX:+ExitOnOutOfMemoryError \
  -Dorg.apache.logging.log4j.level=WARN -cp "/opt/kafka/libs/*" kafka.Kafka "$settings"
