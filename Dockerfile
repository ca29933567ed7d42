# For work on the application: `docker compose up --build`. Packer builds the image that is deployed; it takes
# the settings below from here and does the same steps (packer/*.yml), and a test compares the two.
ARG BASE_IMAGE
FROM ${BASE_IMAGE:-python:3.11-slim-bookworm@sha256:0bee7276f83efd4a1ee05bbbf4281d95ed28e079220a9457f25a93e3f1e3c31b} AS base

FROM base AS build
COPY packer/assemble.py packer/left-out.txt /build/packer/
COPY requirements.txt wheelhouse* /build/
RUN python3 /build/packer/assemble.py dependencies /opt/ai-api/lib
COPY app /opt/ai-api/app
RUN chmod -R u=rwX,go=rX /opt/ai-api/app && python3 /build/packer/assemble.py compile /opt/ai-api/app

FROM base
COPY packer/assemble.py /build/packer/
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/opt/ai-api:/usr/sbin/nologin' >> /etc/passwd \
 && python3 /build/packer/assemble.py base \
 && rm -r /build
COPY --from=build /opt/ai-api/lib /opt/ai-api/lib
COPY --from=build /opt/ai-api/app /opt/ai-api/app
WORKDIR /opt/ai-api
ENV PYTHONPATH=/opt/ai-api/lib PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
EXPOSE 8000
LABEL managed-by=ai-api org.opencontainers.image.title=ai-api org.opencontainers.image.licenses=Apache-2.0
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 CMD ["python3", "-m", "app.healthcheck"]
CMD ["python3", "-m", "uvicorn", "app.main:create_app", "--factory", "--host", "0.0.0.0", "--port", "8000", "--timeout-keep-alive", "75", "--no-access-log", "--no-server-header", "--no-proxy-headers"]
