# SPDX-License-Identifier: Apache-2.0
# Stands for gcr.io/distroless/python3-debian12:nonroot where there is no registry: the same Debian packages, unpacked and not
# installed, as that image's own recipe lists them (GoogleContainerTools/distroless: base, cc and python3 of debian12).
FROM debian:bookworm-slim AS unpack
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates \
 && mkdir /debs && cd /debs \
 && apt-get -o APT::Sandbox::User=root download \
      base-files netbase tzdata media-types libc6 libssl3 \
      gcc-12-base libgcc-s1 libgomp1 libstdc++6 \
      libbz2-1.0 libdb5.3 libexpat1 liblzma5 libsqlite3-0 libuuid1 libncursesw6 libtinfo6 python3-distutils zlib1g \
      libcom-err2 libcrypt1 libgssapi-krb5-2 libk5crypto3 libkeyutils1 libkrb5-3 libkrb5support0 libnsl2 \
      libreadline8 libtirpc3 libffi8 libpython3.11-minimal libpython3.11-stdlib python3.11-minimal \
 && mkdir -m 755 /rootfs \
 && for deb in *.deb; do dpkg-deb --extract "$deb" /rootfs || exit 1; done \
 && ln -s /usr/bin/python3.11 /rootfs/usr/bin/python3 \
 && ln -s /usr/bin/python3.11 /rootfs/usr/bin/python \
 && rm -rf /rootfs/usr/share/doc /rootfs/usr/share/man /rootfs/usr/share/lintian \
 && mkdir -p /rootfs/etc/ssl/certs /rootfs/home/nonroot \
 && cp /etc/ssl/certs/ca-certificates.crt /rootfs/etc/ssl/certs/ \
 && printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' > /rootfs/etc/passwd \
 && printf 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n' > /rootfs/etc/group

FROM scratch
COPY --from=unpack /rootfs /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    LANG=C.UTF-8
USER 65532
WORKDIR /home/nonroot
ENTRYPOINT ["/usr/bin/python3.11"]
