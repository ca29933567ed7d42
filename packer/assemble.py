"""Turns a base image into the service's, inside it and as root; Packer and the Dockerfile both run this.

    assemble.py dependencies TARGET   install what requirements.txt locks, less what left-out.txt names
    assemble.py compile FOLDER        write the bytecode of FOLDER
    assemble.py base                  remove the package installers, write the standard library's bytecode

The image is read-only where it runs, so bytecode that is not written now would be made anew at every start.
"""

from __future__ import annotations

import compileall
import py_compile
import re
import shutil
import struct
import subprocess
import sys
import sysconfig
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = Path(__file__).with_name("left-out.txt")
INSTALLERS = ("pip*", "setuptools*", "wheel*", "_distutils_hack", "distutils-precedence.pth", "pkg_resources")
UNUSED = re.compile(
    r"/(ensurepip|idlelib|lib2to3|site-packages|dist-packages|test|tkinter|turtledemo|unittest)/"
)
ELF_SEGMENT = struct.Struct(
    "<IIQQQQQQ"
)  # type, flags, offset, two addresses, size in the file, in memory, alignment


def dependencies(target: str) -> None:
    """Install from the wheels that came along; without any, by the base's own pip from its index."""
    if sys.version_info[:2] != (3, 11):
        sys.exit(f"expected a base image with Python 3.11, found {sys.version.split()[0]}")
    wheels = sorted(ROOT.rglob("*.whl"))
    pip = next((str(wheel / "pip") for wheel in wheels if wheel.name.startswith("pip-")), None)
    source = [f"--find-links={folder}" for folder in sorted({wheel.parent for wheel in wheels})]
    installed = subprocess.run(
        [
            *([sys.executable, pip] if pip else [sys.executable, "-m", "pip"]),
            *["install", "--quiet", "--disable-pip-version-check", "--root-user-action=ignore"],
            *["--no-cache-dir", "--no-compile", "--only-binary=:all:", "--require-hashes"],
            *(["--no-index", *source] if wheels else []),
            *["--target", target, "--requirement", str(ROOT / "requirements.txt")],
        ],
        check=False,
    )
    if installed.returncode:
        sys.exit("`make image` fills wheelhouse/ anew; without that folder the base's pip asks its index")
    shutil.rmtree(Path(target, "bin"), ignore_errors=True)
    leave_out(Path(target))
    for library in Path(target).rglob("*.so*"):
        strip(library)
    write_bytecode(target)


def leave_out(folder: Path) -> None:
    """Remove the files that left-out.txt names, and the folders that are empty then."""
    rules = [line.split() for line in LEFT_OUT.read_text().splitlines() if line.startswith(("- ", "+ "))]
    # From the bottom up, so that a folder is seen after what was in it.
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif [sign for sign, pattern in rules if fnmatchcase(name, pattern)][-1:] == ["-"]:
            path.unlink()


def strip(library: Path) -> None:
    """Cut off what no segment of an ELF file holds: symbols and line numbers, for linkers and debuggers only.

    Sections go with them, which a loader does not read. In place of binutils, which no base has.
    """
    image = bytearray(library.read_bytes())
    if image[:6] != b"\x7fELF\x02\x01":
        sys.exit(f"{library} is no ELF file of 64 bits, least significant byte first")
    (segments_at,) = struct.unpack_from("<Q", image, 32)
    (segment_count,) = struct.unpack_from("<H", image, 56)
    table = image[segments_at : segments_at + segment_count * ELF_SEGMENT.size]
    end = max(offset + size for _, _, offset, _, _, size, _, _ in ELF_SEGMENT.iter_unpack(table))
    image[40:48] = bytes(8)  # where the sections are
    image[60:64] = bytes(4)  # how many, and which has their names
    library.write_bytes(image[:end])


def write_bytecode(folder: str) -> None:
    """Bytecode that is taken as it is, whatever layers and copies do to the time stamps of its source."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    # Forced, because what ran in the container so far has left bytecode of the other kind.
    if not compileall.compile_dir(folder, quiet=1, force=True, rx=UNUSED, workers=0, invalidation_mode=mode):
        sys.exit(f"{folder} does not compile")


def base() -> None:
    """Leave nothing that could install a package, and a standard library that starts fast."""
    paths = sysconfig.get_paths()
    standard_library = Path(paths["stdlib"])
    folders = [Path(paths["purelib"]), Path(paths["scripts"])]
    installers = [path for folder in folders for pattern in INSTALLERS for path in folder.glob(pattern)]
    for path in [*installers, *standard_library.glob("ensurepip")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    write_bytecode(str(standard_library))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["dependencies", target]:
            dependencies(target)
        case ["compile", folder]:
            write_bytecode(folder)
        case ["base"]:
            base()
        case _:
            sys.exit(__doc__)
