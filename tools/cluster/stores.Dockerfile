# What stands beside rockola on the one node: real servers, from packages alone.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq && mkdir -p /usr/share/man/man1 \
    && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless nginx-light \
    && rm -rf /var/lib/apt/lists/*
COPY kafka /opt/kafka
COPY mongo mongod /opt/mongo/
COPY valkey-server /usr/local/bin/
USER 10001:10001
