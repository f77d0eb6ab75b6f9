# SPDX-License-Identifier: Apache-2.0
"""A machine of the lab: process 1 with namespaces of its own (network, mounts, processes, host name, control groups).

What a machine is lies in its folder and in the kernel, not in this object, so two processes can use one lab: the one
that runs it and a command line. Killing process 1 is pulling the plug: the kernel then ends every process of the
machine, unmounts what it mounted and removes its network devices.
"""

import json
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from localcluster.lab import cgroups
from localcluster.lab.errors import LabError
from localcluster.process import Process

HERE = Path(__file__).resolve().parent
BOOT_SECONDS = 20.0
# The kernel ends a machine's processes at once; a busy one takes a moment to unmount and to give memory back.
OFF_SECONDS = 30.0
POLL_SECONDS = 0.02
# If the process that waits here dies, whatever kills it, so does the machine with everything on it.
UNSHARE = (
    "unshare",
    "--mount",
    "--uts",
    "--ipc",
    "--net",
    "--pid",
    "--cgroup",
    "--fork",
    "--kill-child=KILL",
    "--mount-proc",
)
# The folders of /var that programs expect to find.
VAR = ("cache", "lib", "log", "tmp", "spool")


class Machine:
    """One host: on or off, with a disk (`folder/var`) that survives being switched off."""

    def __init__(self, name: str, lab: Path, *, branch: str) -> None:
        """Name a machine.

        Args:
            name: Its host name.
            lab: The lab's data folder.
            branch: The lab's control groups.
        """
        self.name = name
        self._lab, self._branch = lab, branch
        self.folder = lab / "machines" / name
        self._started: list[Process] = []

    @property
    def pid(self) -> int | None:
        """Process 1 of the machine, as this machine numbers it; None while it is off."""
        try:
            note = json.loads((self.folder / "init.json").read_text())
        except FileNotFoundError:
            return None
        return int(note["pid"]) if _began(note["pid"]) == note["began"] else None

    @property
    def on(self) -> bool:
        """Whether it is switched on."""
        return self.pid is not None

    @property
    def boot_id(self) -> str:
        """What the kernel of the machine calls this boot, or the last one while it is off."""
        return (self.folder / "boot_id").read_text().strip()

    def power_on(self) -> None:
        """Switch it on, with an empty /run and a new boot id. On already: nothing happens.

        Raises:
            StartError: It did not boot; the message ends with its log's tail.
        """
        if self.on:
            return
        self._prepare_disk()
        cgroups.create(self._branch, self.name)
        mounts = [hierarchy.mount for hierarchy in cgroups.hierarchies()]
        boot: list[str | Path] = [*UNSHARE, HERE / "boot.sh", self.name, self.folder, *mounts]
        booting = self._process("boot", self._counted(boot))
        booting.wait_until((self.folder / "booted").exists, seconds=BOOT_SECONDS, what="booted")
        [child] = Path(f"/proc/{booting.pid}/task/{booting.pid}/children").read_text().split()
        (self.folder / "init.json").write_text(json.dumps({"pid": int(child), "began": _began(int(child))}))

    def power_off(self) -> None:
        """Pull its plug: nothing is asked, nothing is written. Off already: nothing happens.

        Raises:
            LabError: The kernel did not end it in time.
        """
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + OFF_SECONDS
        while self.on:
            if time.monotonic() > deadline:
                raise LabError(f"{self.name} did not end within {OFF_SECONDS:.0f} s of being killed (process {pid}).")
            time.sleep(POLL_SECONDS)
        self.reap()

    def run(
        self,
        command: Sequence[str | Path],
        *,
        stdin: str | None = None,
        timeout: float | None = 60.0,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on it and wait for its end.

        Args:
            command: The program, as this machine below has it installed, and its arguments.
            stdin: What it reads.
            timeout: Seconds after which it is killed.
            check: Whether failing is an error.

        Raises:
            LabError: The machine is off, or the program failed and `check` is set.
            TimeoutExpired: It took too long.
        """
        answer = subprocess.run(
            self.enter(command), input=stdin, capture_output=True, text=True, timeout=timeout, check=False
        )
        if check and answer.returncode != 0:
            said = (answer.stderr or answer.stdout).strip()
            raise LabError(f"`{' '.join(map(str, command))}` failed on {self.name} ({answer.returncode}): {said}")
        return answer

    def popen(self, command: Sequence[str | Path]) -> subprocess.Popen[str]:
        """Start a program on it whose output the caller reads; ending what is returned tells the program to end."""
        return subprocess.Popen(self.enter(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def keep(self, name: str, command: Sequence[str | Path]) -> Process:
        """Run a service on it until it is switched off, starting it again when it ends; it logs to a file."""
        return self._process(name, self.enter([HERE / "keep.sh", *command]))

    def enter(self, command: Sequence[str | Path]) -> list[str | Path]:
        """The command that runs a command on it, which is told to end (SIGTERM) when that command is ended.

        What it takes counts as the machine's.

        Raises:
            LabError: It is off.
        """
        pid = self.pid
        if pid is None:
            raise LabError(f"{self.name} is switched off; start it first.")
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        # nsenter forks and passes no signal on: without this, who ends it would leave the command running.
        entered = ["nsenter", f"--target={pid}", *namespaces, "--", "setpriv", "--pdeathsig=TERM", "--", *command]
        return self._counted(entered)

    def seen_from_here(self, path: Path) -> Path:
        """Where an absolute path of the machine is for this process.

        Raises:
            LabError: It is off.
        """
        pid = self.pid
        if pid is None:
            raise LabError(f"{self.name} is switched off; start it first.")
        return Path(f"/proc/{pid}/root") / path.relative_to("/")

    def reap(self) -> None:
        """Take note of programs that ended, so that the kernel forgets them."""
        self._started = [process for process in self._started if process.running]

    def _counted(self, command: Sequence[str | Path]) -> list[str | Path]:
        return [HERE / "join.sh", *cgroups.doors(self._branch, self.name), "--", *command]

    def _process(self, name: str, command: Sequence[str | Path]) -> Process:
        process = Process(f"{self.name}-{name}", command, folder=self._lab)
        self._started.append(process)
        return process

    def _prepare_disk(self) -> None:
        (self.folder / "booted").unlink(missing_ok=True)
        for part in VAR:
            (self.folder / "var" / part).mkdir(parents=True, exist_ok=True)
        run = self.folder / "var" / "run"
        if not run.is_symlink():
            run.symlink_to("/run")
        (self.folder / "boot_id").write_text(f"{uuid.uuid4()}\n")

    def wipe(self) -> None:
        """Give it an empty disk, as a machine that was replaced has; it must be off.

        Raises:
            LabError: It is on.
        """
        if self.on:
            raise LabError(f"{self.name} is on; stop it before its disk is wiped.")
        shutil.rmtree(self.folder / "var", ignore_errors=True)


def _began(pid: int) -> str | None:
    """When a process began, in the kernel's ticks: with its id, its identity. None when there is none."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # Fields 3 (state) and 22 (starttime) of proc(5). A zombie has ended.
    return None if after_name[0] == "Z" else after_name[19]
