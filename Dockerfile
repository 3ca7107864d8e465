# The platform as an image: an unprivileged user, a root that may be read-only, a health check. docs/guides/operations.md explains it.
# BASE: any image with Python 3.11 or newer as `python3`, with venv, and a glibc that the wheels fit.
ARG BASE=python:3.11-slim

FROM ${BASE} AS installed
# Wheels that `pip wheel` and `pip download` kept: nothing is fetched, so it is built where no index is reached.
COPY wheels/ /wheels/
RUN python3 -m venv /opt/unshelf \
 && /opt/unshelf/bin/pip install --no-cache-dir --no-index --find-links /wheels 'unshelf[server]'

FROM ${BASE}
RUN groupadd --system --gid 10001 unshelf \
 && useradd --system --uid 10001 --gid unshelf --home-dir /var/lib/unshelf --shell /usr/sbin/nologin unshelf \
 && install -d -m 0700 -o unshelf -g unshelf /var/lib/unshelf
COPY --from=installed /opt/unshelf /opt/unshelf
# All state, also caches of packages, is in the home folder; the rest of the image is never written.
ENV PATH=/opt/unshelf/bin:$PATH HOME=/var/lib/unshelf UNSHELF_HOME=/var/lib/unshelf PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
VOLUME /var/lib/unshelf
EXPOSE 8000
STOPSIGNAL SIGTERM
# It asks at the address that the running server left in its home folder, whichever port it was given.
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
  CMD ["/opt/unshelf/bin/python", "-c", "import os, urllib.request as r; r.urlopen(open(os.environ['UNSHELF_HOME'] + '/run/address').read() + '/healthz', timeout=4)"]
ENTRYPOINT ["unshelf"]
# The container's port is published by whoever runs it, so the address is not the loopback alone.
CMD ["up", "--host", "0.0.0.0", "--port", "8000", "--expose"]
