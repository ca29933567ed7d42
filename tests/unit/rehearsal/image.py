"""An image for tests, made of this machine's own Python in a second or two: no registry is asked."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).with_name("server.py")
_UNUSED = re.compile(
    r"(site-packages|dist-packages|__pycache__|/test(s)?/|idlelib|lib2to3|ensurepip|/config-|distutils|pydoc_data)"
)
_COMMAND = ["/bin/python3", "-I", "-S", "/server.py"]


def build(engine: Any, name: str) -> str:
    """Import the image and tag it ``name``; its id."""
    changes = [f"CMD {_COMMAND}".replace("'", '"'), "ENTRYPOINT []", "EXPOSE 8000"]
    answer = engine.api.import_image(src=_rootfs(), repository=name, tag="latest", changes=changes)
    del answer
    return str(engine.images.get(f"{name}:latest").id)


def _rootfs() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        python = os.path.realpath(sys.executable)
        stdlib = sysconfig.get_path("stdlib")
        tar.add(python, "bin/python3")
        tar.add(_SERVER, "server.py")
        extensions = [str(path) for path in Path(stdlib, "lib-dynload").glob("*.so")]
        for library in sorted(_libraries(python, *extensions)):
            tar.add(os.path.realpath(library), library.lstrip("/"))
        tar.add(stdlib, stdlib.lstrip("/"), filter=_wanted)
    return buffer.getvalue()


def _wanted(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if _UNUSED.search(f"/{member.name}/") else member


def _libraries(*programs: str) -> set[str]:
    listing = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"(/\S+) \(0x", listing))
