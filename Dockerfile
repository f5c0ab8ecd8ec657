# Lookbook in one image. Models and index live in the volume /data, so that the image stays small
# and a new one keeps both.
FROM python:3.11-slim AS build

WORKDIR /src
COPY pyproject.toml README.md ./
COPY requirements ./requirements
COPY config ./config
COPY pipeline ./pipeline
COPY training ./training
COPY bot ./bot
RUN python -m venv /opt/lookbook \
    && /opt/lookbook/bin/pip install --no-cache-dir --constraint requirements/lock.txt \
        ".[gpu]"

FROM python:3.11-slim

RUN useradd --create-home --uid 10001 lookbook \
    && install -d -o lookbook -g lookbook /data
COPY --from=build /opt/lookbook /opt/lookbook

ENV PATH=/opt/lookbook/bin:$PATH \
    LOOKBOOK__HOME=/data \
    HF_HOME=/data/huggingface \
    PYTHONUNBUFFERED=1

USER 10001
WORKDIR /home/lookbook
VOLUME /data

# Healthy means: the event loop of `lookbook run` answers.
HEALTHCHECK --interval=60s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz')"]

ENTRYPOINT ["lookbook"]
CMD ["run"]
