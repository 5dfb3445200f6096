# Gateway and server in Rust. From the root of the repository:
#   docker build -f deploy/rust.Dockerfile -t rockola-door:0.1.0 .
ARG BASE=docker.io/library/debian:bookworm-slim
ARG BUILD=docker.io/library/rust:1.95-bookworm

FROM ${BUILD} AS build
# With TLS and SCRAM, which Strimzi's users have.
ARG FEATURES=tls
WORKDIR /src
COPY contract contract
COPY rust rust
RUN cd rust && CARGO_TARGET_DIR=/target cargo build --release --locked --features "${FEATURES}"

FROM ${BASE}
LABEL org.opencontainers.image.title="rockola-door" \
      org.opencontainers.image.description="The doors of rockola in Rust: HTTP in, gRPC, votes into Kafka." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
# What TLS trusts: the base has no certificates.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /target/release/rockola-door /usr/local/bin/rockola-door
ENV ROCKOLA_DATA=/data
WORKDIR /data
USER 10001:10001
CMD ["rockola-door", "--help"]
