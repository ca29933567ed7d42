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

packages=base-files,base-passwd,ca-certificates,coreutils,dash,grep,libc-bin,libpython3.11-stdlib,libstdc++6
packages=$packages,media-types,netbase,openssl,python3.11-minimal,sed,tzdata

script=$(realpath "$0")
left_out=$(sed -n 's|^- /|--dpkgopt=path-exclude=/|p; s|^+ /|--dpkgopt=path-include=/|p' "${script%/*}/left-out.txt")

export SOURCE_DATE_EPOCH=0
set -f  # the patterns are dpkg's
exec mmdebstrap --variant=extract --architectures="$1" --format=tar --include="$packages" \
  --extract-hook="sh '$script' --hook \"\$1\"" $left_out bookworm "$2"
