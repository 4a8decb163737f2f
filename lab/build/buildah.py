"""Building and pushing images with buildah, in the lab's own image storage."""

import configparser
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab.command import run, succeeds
from lab.errors import LabError

_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")
_CERTIFICATES = Path("/etc/ssl/certs")


@dataclass(frozen=True)
class Buildah:
    """buildah with its storage under the cache folder."""

    cache: Path

    @property
    def _program(self) -> list[str]:
        storage = self.cache / "images"
        return ["buildah", f"--root={storage}", "--runroot=/run/sentimentmodel-images", "--storage-driver=overlay"]

    def has(self, image: str) -> bool:
        return succeeds([*self._program, "inspect", "--type=image", image])

    @contextmanager
    def scratch(self, image: str) -> Iterator[Path]:
        """An empty root folder to fill; its content becomes the image when the block ends without an error."""
        container = run([*self._program, "from", "scratch"]).strip()
        try:
            yield Path(run([*self._program, "mount", container]).strip())
            run([*self._program, "umount", container])
            run([*self._program, "config", "--cmd", "python3", "--env", "LANG=C.UTF-8", container])
            run([*self._program, "commit", "--quiet", container, image])
        finally:
            run([*self._program, "rm", container])

    @contextmanager
    def mounted(self, image: str) -> Iterator[Path]:
        """The root folder of a container of an image; changes are dropped when the block ends."""
        container = run([*self._program, "from", "--pull=never", image]).strip()
        try:
            yield Path(run([*self._program, "mount", container]).strip())
        finally:
            run([*self._program, "umount", container])
            run([*self._program, "rm", container])

    def build(self, dockerfile: Path, context: Path, image: str, build_args: Mapping[str, str], pip_conf: str) -> None:
        """Build an image. Its steps see this machine's certificates and package index; the image keeps neither.

        buildah's output goes to standard error.
        """
        with tempfile.TemporaryDirectory() as folder:
            volumes = [f"{_CERTIFICATES}:{_CERTIFICATES}:ro"] if _CERTIFICATES.is_dir() else []
            if pip_conf:
                config = Path(folder) / "pip.conf"
                config.write_text(pip_conf)
                volumes.append(f"{config}:/etc/pip.conf:ro")
            argv = [
                *self._program,
                *("bud", "--layers", "--isolation=chroot", f"--file={dockerfile}", f"--tag={image}"),
                *(f"--build-arg={name}={value}" for name, value in build_args.items()),
                *(f"--volume={volume}" for volume in volumes),
                str(context),
            ]
            if subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=2, check=False).returncode != 0:
                raise LabError(f"the image {image} could not be built from {dockerfile}: see buildah's output above")

    def push(self, image: str, destination: str) -> str:
        """Push to a registry over plain http and return the image's digest."""
        with tempfile.TemporaryDirectory() as folder:
            digest = Path(folder) / "digest"
            options = ["--quiet", "--tls-verify=false", f"--digestfile={digest}"]
            run([*self._program, "push", *options, image, f"docker://{destination}"])
            return digest.read_text().strip()


def pip_conf(settings: Mapping[str, str]) -> str:
    """A pip.conf for the build, with this machine's settings of where packages come from.

    Options that name files of this machine (cert, find-links) are left out: certificates are mounted where pip looks
    for them anyway.

    Args:
        settings: pip's long option names -> values.
    """
    chosen = [f"{name} = {settings[name]}" for name in _PIP_SETTINGS if settings.get(name)]
    return "\n".join(["[global]", *chosen, ""]) if chosen else ""


def pip_settings(files: Iterable[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The options that pip's configuration files and PIP_* variables set.

    See "Configuration" in pip's documentation for the files and for how a variable is named after an option.

    Args:
        files: the texts of the configuration files; a later one overrides an earlier one.
        environment: its PIP_* variables override the files.
    """
    settings: dict[str, str] = {}
    for text in files:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
        for section in ("global", "install"):
            if parser.has_section(section):
                settings.update(parser[section])
    for name, value in environment.items():
        if name.startswith("PIP_"):
            settings[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return settings
