#!/bin/sh
# Starts the Kafka UI with passwords from files, which it can read from the environment only.
set -eu
export AUTH_TYPE=LOGIN_FORM SPRING_SECURITY_USER_NAME=tools
SPRING_SECURITY_USER_PASSWORD="$(cat /run/secrets/ui-password)"
export SPRING_SECURITY_USER_PASSWORD
export KAFKA_CLUSTERS_0_NAME=tocsin KAFKA_CLUSTERS_0_READONLY=true
export KAFKA_CLUSTERS_0_BOOTSTRAPSERVERS=kafka:9092
export KAFKA_CLUSTERS_0_PROPERTIES_SECURITY_PROTOCOL=SASL_SSL
export KAFKA_CLUSTERS_0_PROPERTIES_SASL_MECHANISM=PLAIN
export KAFKA_CLUSTERS_0_PROPERTIES_SSL_TRUSTSTORE_TYPE=PEM
export KAFKA_CLUSTERS_0_PROPERTIES_SSL_TRUSTSTORE_LOCATION=/run/secrets/tls-ca
KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG="org.apache.kafka.common.security.plain.PlainLoginModule \
required username=\"tools\" password=\"$(cat /run/secrets/kafka-tools)\";"
export KAFKA_CLUSTERS_0_PROPERTIES_SASL_JAAS_CONFIG
exec java --add-opens java.rmi/javax.rmi.ssl=ALL-UNNAMED -Xmx512m -jar /api.jar
