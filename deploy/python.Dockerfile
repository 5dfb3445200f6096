# Gateway, server, consumer and pages in Python: one image, another command. From the root of the repository:
#   docker build -f deploy/python.Dockerfile -t rockola:0.1.0 .
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir --quiet uv==0.13.*
ENV UV_PROJECT_ENVIRONMENT=/opt/rockola UV_PYTHON=python3 UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
ENV UV_NO_DEV=1 UV_NO_EDITABLE=1 UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1
COPY pyproject.toml uv.lock ./
RUN /uv/bin/uv sync --locked --no-install-project --extra kafka --extra redis --extra mongo
COPY . .
RUN /uv/bin/uv sync --locked --extra kafka --extra redis --extra mongo

FROM ${BASE}
LABEL org.opencontainers.image.title="rockola" \
      org.opencontainers.image.description="Counts the votes of a band contest live." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
COPY --from=build /opt/rockola /opt/rockola
ENV PATH=/opt/rockola/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 ROCKOLA_DATA=/data
WORKDIR /data
USER 10001:10001
CMD ["rockola", "--help"]
