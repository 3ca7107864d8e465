"""Packages of a test's own: wheels, installed ones, sources that build without a network, and the platform's wheels as kept ones."""

import subprocess
import sys
import zipfile
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2]
_DATA = 64 << 20
BACKEND = """
import zipfile
NAME, VERSION = {name!r}, {version!r}
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info, file = f"{{NAME}}-{{VERSION}}.dist-info", f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    with zipfile.ZipFile(f"{{wheel_directory}}/{{file}}", "w") as wheel:
        wheel.write(f"{{NAME}}.py")
        wheel.writestr(f"{{info}}/METADATA", f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n")
        wheel.writestr(f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nGenerator: own\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{{info}}/RECORD", f"{{NAME}}.py,,\\n{{info}}/METADATA,,\\n{{info}}/WHEEL,,\\n{{info}}/RECORD,,\\n")
    return file
"""


def write_wheel(
    folder: Path, name: str, version: str = "1.0", *, code: str = "", tag: str = "py3-none-any", data: int = 0
) -> Path:
    """Write the wheel of a package of one module, and as many bytes of data that pack well; the path of the wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    path, info = folder / f"{name}-{version}-{tag}.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", code)
        for number in range(data // _DATA):
            wheel.writestr(f"{name}_{number}.bin", bytes(_DATA), zipfile.ZIP_DEFLATED)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def write_source(folder: Path, name: str, version: str = "1.0", *, code: str = "") -> Path:
    """Write the source of a package of one module, whose build needs nothing from anywhere; its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.py").write_text(code)
    (folder / "own_backend.py").write_text(BACKEND.format(name=name, version=version))
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "own_backend"\nbackend-path = ["."]\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n'
    )
    return folder


def install(site: Path, name: str, files: dict[str, str], *, version: str = "1.0", **facts: str) -> None:
    """Lay a package out in a folder of packages, with `facts` as further files of its metadata (`direct_url.json`)."""
    info = f"{name}-{version}.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n",
        f"{info}/INSTALLER": "pip",
        **{f"{info}/{file.replace('__', '.')}": text for file, text in facts.items()},
    }
    for path, text in content.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
    (site / info / "RECORD").write_text("".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"]))


def keep_platform_wheels(folder: Path) -> Path:
    """Keep the wheel of this checkout's platform, and those of all that it needs; the path of the first."""
    pip = [sys.executable, "-m", "pip"]
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", str(folder), str(_CHECKOUT)], check=True)
    (wheel,) = folder.glob("unshelf-*.whl")
    subprocess.run(
        [*pip, "download", "-q", "--only-binary", ":all:", "-c", str(_CHECKOUT / "constraints.txt"), "-d", str(folder), f"{wheel}[server]"],
        check=True,
    )  # fmt: skip
    return wheel


def write_newer(wheel: Path, version: str, folder: Path) -> Path:
    """Write the platform's wheel once more under another version, as a release that follows would be; the path of the wheel."""
    name, old, *tags = wheel.stem.split("-")
    path = folder / ("-".join([name, version, *tags]) + wheel.suffix)
    folder.mkdir(parents=True, exist_ok=True)
    before, after = f"{name}-{old}.dist-info", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            content = source.read(member)
            if member == f"{before}/METADATA":
                content = content.replace(f"\nVersion: {old}\n".encode(), f"\nVersion: {version}\n".encode(), 1)
            elif member == f"{name}/__init__.py":
                content = content.replace(f'"{old}"'.encode(), f'"{version}"'.encode(), 1)
            elif member == f"{before}/RECORD":
                content = b"".join(f"{each.replace(before, after)},,\n".encode() for each in source.namelist())
            target.writestr(member.replace(before, after), content)
    return path
