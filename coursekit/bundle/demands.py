"""What a platform asks of a package beyond its being whole: by which notice the course was judged, and how far."""

from __future__ import annotations

from dataclasses import dataclass

from coursekit.bundle.bag import Fault, Findings
from coursekit.bundle.model import Package
from coursekit.model import Profile, Scope
from coursekit.rules.profiles import builtin_ids, load_profile


@dataclass(frozen=True, slots=True)
class Demands:
    """What a platform insists on. Of what it does not, it is warned."""

    profiles: tuple[str, ...] = ()
    """Ids of built-in profiles the course must have been judged by, in the version known here."""
    scope: Scope | None = None
    """At least this scope."""


def own_profile(profile_id: str) -> Profile | None:
    """The built-in profile of that name. A package may name what it likes: its words never become a path."""
    return load_profile(profile_id) if profile_id in builtin_ids() else None


def judge_demands(package: Package, demands: Demands, found: Findings) -> None:
    """A studio may judge itself by rules of its own making, and sign that; here it shows."""
    judged = {p.id: p.hash for p in package.profiles}
    for wanted in demands.profiles:
        if wanted not in judged:
            found.fault("profile-not-as-demanded", detail=wanted)
    for profile_id, sha256 in judged.items():
        own = own_profile(profile_id)
        if own is not None and own.hash == sha256:
            continue
        if profile_id in demands.profiles:
            found.open.append(Fault("profile-other-version", detail=profile_id))
        else:
            found.warn("profile-other-version" if own is not None else "profile-not-known", detail=profile_id)
    order = tuple(Scope)
    try:
        reached = order.index(Scope(package.scope))
    except ValueError:
        reached = -1
    if demands.scope is not None and reached < order.index(demands.scope):
        found.fault("scope-not-as-demanded", detail=f"{package.scope} / {demands.scope.value}")
    elif reached < order.index(Scope.COURSE):
        found.warn("scope-is-narrow", detail=package.scope)
