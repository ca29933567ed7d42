#!/bin/sh
# usage: debian-base.sh ARCHITECTURE ARCHIVE
# Makes a Debian 12 with Python 3.11 and nothing that installs, as a tar archive: the base where python:3.11-slim
# cannot be pulled. The packages are unpacked, never configured, so this runs without chroot, for any architecture;
# what their scripts would have done for us is in the hook below. The same packages give the same archive.
set -eu

if [ "$1" = --hook ]; then
  root=$2
  cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
  cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
  cat "$root"/usr/share/ca-certificates/mozilla/*.crt > "$root/etc/ssl/certs/ca-certificates.crt"
  mkdir -p "$root/media" "$root/mnt" "$root/opt" "$root/srv"
  ln -s python3.11 "$root/usr/bin/python3"
  ldconfig -r "$root"
  # What a vulnerability scanner reads; unpacking alone leaves it empty.
  for package in "$root"/var/cache/apt/archives/*.deb; do
    dpkg-deb --field "$package" | sed '/^Package:/a Status: install ok installed'
    echo
  done > "$root/var/lib/dpkg/status"
  exit
fi

packages=base-files,base-passwd,ca-certificates,coreutils,dash,grep,libc-bin,libpython3.11-stdlib
packages=$packages,media-types,netbase,openssl,python3.11-minimal,sed,tzdata

export SOURCE_DATE_EPOCH=0
exec mmdebstrap --variant=extract --architectures="$1" --format=tar --include="$packages" \
  --extract-hook="sh '$(realpath "$0")' --hook \"\$1\"" \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  bookworm "$2"
