# SPDX-License-Identifier: Apache-2.0
# A real Triton, CPU only, small enough for the lab: the server and its Python backend from the wheel nvidia-pytriton, and one model.
# It is for tests, on x86-64. In production use NVIDIA's own image.
FROM debian:bookworm-slim AS build
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3-pip \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY triton-requirements.lock ./
RUN python3 -m pip install --target wheel --no-deps --no-cache-dir --no-compile --disable-pip-version-check \
      --only-binary :all: --require-hashes -r triton-requirements.lock
# The backend tries its stub with /bin/sh and starts it with bash, and the stub is linked to libpython. Everything else of Debian is in the runtime.
RUN apt-get update && mkdir debs && cd debs \
 && apt-get -o APT::Sandbox::User=root download bash libpython3.11 \
 && for deb in *.deb; do dpkg-deb --extract "$deb" /triton || exit 1; done \
 && rm -rf /triton/etc /triton/usr/share && ln -s bash /triton/bin/sh
RUN mkdir -p /triton/opt/tritonserver /triton/usr/local/lib/python3.11/dist-packages && cd wheel \
 && mv pytriton/tritonserver/bin pytriton/tritonserver/backends pytriton/tritonserver/caches /triton/opt/tritonserver/ \
 && mv pytriton/tritonserver/python_backend_stubs/3.11/* /triton/opt/tritonserver/backends/python/ \
 && mv nvidia_pytriton.libs /triton/opt/tritonserver/lib \
 && mv numpy numpy.libs /triton/usr/local/lib/python3.11/dist-packages/ \
 && find /triton -depth -type d \( -name tests -o -name __pycache__ \) -exec rm -rf {} + \
 && chmod 755 /triton/opt/tritonserver/bin/tritonserver /triton/opt/tritonserver/backends/python/triton_python_backend_stub \
 && python3 -m compileall -q --invalidation-mode unchecked-hash -s /triton -p / /triton/opt /triton/usr/local
COPY models /triton/opt/models

FROM gcr.io/distroless/python3-debian12:nonroot
COPY --from=build /triton /
# The model repository of the image is /opt/models: `--model-repository=/opt/models --load-model=double`.
ENV PATH=/opt/tritonserver/bin:$PATH \
    LD_LIBRARY_PATH=/opt/tritonserver/lib \
    PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /
ENTRYPOINT []
CMD ["tritonserver", "--model-repository=/opt/models"]
