"""manifest/experts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.manifest.digest import course_digest, learner_files
from coursekit.manifest.model import Expert, Manifest, Review
from coursekit.manifest.provinces import same_province
from coursekit.manifest.sections import Files, manifest_of, settle
from coursekit.manifest.vocabulary import ReviewVerdict, Route
from coursekit.model import CourseFacts, Finding
from coursekit.rules.check import CannotTest, CheckContext, at_least, check, equal_to, measured, one_of


@dataclass(frozen=True, slots=True)
class ExpertsParams:
    """How many experts, from where, qualified how, and whether all must pass the course."""

    min_experts: int
    province: str
    require_all_pass: bool
    routes: tuple[Route, ...]


@check("manifest/experts", facts=CourseFacts, params=ExpertsParams)
def experts(ctx: CheckContext, facts: CourseFacts, params: ExpertsParams) -> Iterator[Finding]:
    """Enough qualified experts from the province reviewed these very bytes, and all passed them."""
    doubts: list[CannotTest] = []
    yield from settle(_judge(ctx, facts, params, doubts), doubts)


def _judge(ctx: CheckContext, facts: CourseFacts, params: ExpertsParams, doubts: list[CannotTest]) -> Iterator[Finding]:
    manifest = manifest_of(facts, "course", "lessons", "experts", "reviews")
    files = Files(facts)
    place = manifest.places.place
    ctx.observe(measured(len(manifest.experts)), at_least(params.min_experts))
    if len(manifest.experts) < params.min_experts:
        yield ctx.fail(
            "too-few-experts",
            measured=measured(len(manifest.experts)),
            expected=at_least(params.min_experts),
            where=place("/experts"),
            count=len(manifest.experts),
            wanted=params.min_experts,
        )
    for i, expert in enumerate(manifest.experts):
        yield from _qualification(ctx, manifest, files, f"/experts/{i}", expert, params)
        if not any(review.expert == expert.id for review in manifest.reviews):
            yield ctx.fail("no-review", measured=measured(None), where=place(f"/experts/{i}"), name=expert.name)
        elif missing := _unreviewed(manifest, expert):
            yield ctx.fail(
                "review-incomplete",
                measured=measured(len(missing)),
                where=place(f"/experts/{i}"),
                name=expert.name,
                count=len(missing),
                lessons=", ".join(missing[:8]) + (" …" if len(missing) > 8 else ""),
            )
    yield from _verdicts(ctx, manifest, files, params, doubts)


def _qualification(
    ctx: CheckContext, manifest: Manifest, files: Files, here: str, expert: Expert, params: ExpertsParams
) -> Iterator[Finding]:
    place = manifest.places.place
    if not same_province(expert.province or "", params.province):
        yield ctx.fail(
            "other-province" if expert.province else "province-not-stated",
            measured=measured(expert.province),
            expected=equal_to(params.province),
            where=place(f"{here}/province"),
            name=expert.name,
            province=expert.province or "",
            wanted=params.province,
        )
    routes = one_of(*(route.value for route in params.routes))
    if expert.route not in params.routes:
        yield ctx.fail(
            "route-not-accepted" if expert.route else "route-not-stated",
            measured=measured(expert.route.value if expert.route else None),
            expected=routes,
            where=place(f"{here}/route"),
            name=expert.name,
            routes_zh="、".join(f"{r.value}（{r.zh}）" for r in params.routes),
            routes_en=", ".join(params.routes),
        )
        return
    field = "consent_file" if expert.route is Route.SUBSTITUTE else "certificate_file"
    paper = expert.consent_file if expert.route is Route.SUBSTITUTE else expert.certificate_file
    if paper is None or not files.exists(paper):
        yield ctx.fail(
            "no-consent" if expert.route is Route.SUBSTITUTE else "no-certificate",
            measured=measured(None),
            where=place(f"{here}/{field}"),
            name=expert.name,
        )


def _unreviewed(manifest: Manifest, expert: Expert) -> list[str]:
    """Lessons with media that this expert has not spoken of; a review of the whole course covers all."""
    mine = [review for review in manifest.reviews if review.expert == expert.id]
    if any(review.lesson is None for review in mine):
        return []
    seen = {review.lesson for review in mine}
    return [lesson.id for lesson in manifest.lessons if lesson.main is not None and lesson.id not in seen]


def _verdicts(
    ctx: CheckContext, manifest: Manifest, files: Files, params: ExpertsParams, doubts: list[CannotTest]
) -> Iterator[Finding]:
    place = manifest.places.place
    hashes = files.hashes()
    digest = course_digest(manifest, hashes)
    names = {expert.id: expert.name for expert in manifest.experts}
    latest = {(review.expert, review.lesson): i for i, review in enumerate(manifest.reviews)}
    for i in latest.values():
        review = manifest.reviews[i]
        name = names.get(review.expert, review.expert)
        today = digest if review.lesson is None else _main_hash(manifest, files, review)
        if today is None:
            doubts.append(_why_unknown(manifest, files))
        elif today != review.subject_sha256:
            yield ctx.fail(
                "stale-review",
                measured=measured(review.subject_sha256),
                expected=equal_to(today),
                where=place(f"/reviews/{i}/subject_sha256"),
                name=name,
                subject=review.lesson or manifest.course.id,
            )
        if params.require_all_pass and review.verdict is not ReviewVerdict.PASS:
            yield ctx.fail(
                "not-passed",
                measured=measured(review.verdict.value),
                expected=equal_to(ReviewVerdict.PASS.value),
                where=place(f"/reviews/{i}/verdict"),
                name=name,
                subject=review.lesson or manifest.course.id,
                verdict_zh=review.verdict.zh,
                verdict_en=review.verdict.en,
            )


def _why_unknown(manifest: Manifest, files: Files) -> CannotTest:
    missing = next((path for path in learner_files(manifest) if not files.exists(path)), None)
    return CannotTest("not-hashed") if missing is None else CannotTest("reviewed-file-missing", file=missing)


def _main_hash(manifest: Manifest, files: Files, review: Review) -> str | None:
    lesson = next((le for le in manifest.lessons if le.id == review.lesson), None)
    file = files.find(lesson.main.file) if lesson is not None and lesson.main is not None else None
    return file.sha256 or None if file is not None else None
