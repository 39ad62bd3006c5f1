# The bot and nothing else: Python, the hash-locked runtime packages, git, ps (a timed-out git is found with it), an init.
# Mount the configuration at /etc/promoter (read-only is enough) and keep the volume /var/lib/promoter: it is the ledger.
# The base is the tag's multi-platform index, pinned; to move it, take the digest that the publisher announces for the tag.
ARG BASE=docker.io/library/python:3.11.16-slim-trixie@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7

FROM ${BASE} AS build
# pip trusts what the base trusts, so that a company's own authority is named in one place.
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
COPY .ci/lock/runtime.txt /src/runtime.txt
RUN python -m venv /opt/promoter \
 && /opt/promoter/bin/pip install --quiet --require-hashes --only-binary :all: -r /src/runtime.txt
COPY pyproject.toml README.md LICENSE /src/
COPY promoter /src/promoter
RUN /opt/promoter/bin/pip install --quiet --no-deps --no-build-isolation /src \
 && /opt/promoter/bin/pip uninstall --quiet --yes flit_core setuptools pip

FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --quiet --no-install-recommends ca-certificates git procps tini \
 && rm -rf /var/lib/apt/lists/* \
 && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/promoter
COPY --from=build /opt/promoter /opt/promoter
ENV PATH=/opt/promoter/bin:$PATH HOME=/var/lib/promoter PROMOTER_CONFIG=/etc/promoter
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/promoter
VOLUME /var/lib/promoter
ENTRYPOINT ["tini", "--", "promoter"]
CMD ["run"]
