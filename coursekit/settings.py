"""What a run is asked to do. Light to import: a command line fills it before it knows whether anything must run."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from coursekit.engine.cache import default_cache_dir
from coursekit.terms import FailOn, Scope


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of an audit."""

    profiles: tuple[str, ...] = ()
    """Ids of built-in profiles, or paths of the studio's own; none means the default."""
    scope: Scope | None = None
    lang: str = "zh"
    fail_on: FailOn = FailOn.MUST
    workers: int | None = None
    engine: str = "local"
    """Where measuring runs: `local`, or a Dask scheduler's address."""
    thorough: bool = False
    """Every picture is decoded; otherwise only where something moves."""
    cache_root: Path | None = field(default_factory=default_cache_dir)
    """None: nothing is kept and nothing is found."""

    register: Path | None = None
    """The operator's register; None: the one in the course folder, if any."""
    today: str | None = None
    """As of which day papers must be in date; None: the day of the run."""
    heed_experts: bool = True
    """Whether experts' decisions go into the report. Their dossier is made without: a question answered stays asked."""

    def own_profiles(self) -> tuple[str, ...]:
        """Those that are files of the studio's own."""
        return tuple(ref for ref in self.profiles if Path(ref).suffix)
