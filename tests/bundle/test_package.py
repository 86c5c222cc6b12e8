"""From a course to a package: what is refused, what is in it, and that it appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from coursekit import codec
from coursekit.bundle.appear import Busy, growing_file, growing_folder, part_of
from coursekit.bundle.bagwrite import default_name, top_folder, write_bag_folder, write_bag_zip
from coursekit.bundle.build import Refusal, plan_package
from coursekit.bundle.copying import ChangedSince
from coursekit.bundle.model import Answer, Approval, Package
from coursekit.bundle.verify import verify_package
from coursekit.texts import phrase
from tests.bundle.packed import LESSONS, MACHINE_ONLY, PASSPHRASE, Packed
from tests.cli.courses import LENIENT, TOO_SMALL, coursekit
from tests.conftest import ROOT


def names(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return [n.split("/", 1)[1] for n in archive.namelist()]


def test_it_holds_what_a_platform_needs_and_nothing_else(packed: Packed) -> None:
    assert set(names(packed.zip)) == {
        "attestations.intoto.jsonl",
        "bag-info.txt",
        "bagit.txt",
        *(f"data/course/{name}" for name in LESSONS),
        "data/coverage.json",
        "data/course.json",
        "data/decisions.json",
        "data/package.json",
        "data/report.json",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
    }
    assert {p.relative_to(packed.folder).as_posix() for p in packed.folder.rglob("*") if p.is_file()} == set(
        names(packed.zip)
    )


def test_nothing_in_it_tells_of_a_person(packed: Packed) -> None:
    data = packed.zip.read_bytes()
    for secret in ("林秀兰", "0591-00000001", "榕城护理学院"):
        assert secret.encode() not in data


def test_people_in_findings_go_under_numbers(packed: Packed, tmp_path: Path) -> None:
    """A finding of the experts' check names the expert; the package's report must not."""
    profile = tmp_path / "p.toml"
    profile.write_text(
        LENIENT + (
            '[[rule]]\nid = "lenient/6-1"\nclause = { document = "own", number = "6", text = "Experts." }\n'
            'level = "must"\nmethod = "manifest"\ncheck = "manifest/experts"\nthreshold_source = "studio"\n'
            'params = { min_experts = 1, province = "天津市", require_all_pass = true, routes = ["examiner"] }\n'
        ),
        encoding="utf-8",
    )  # fmt: skip
    settings = replace(packed.settings, profiles=(str(profile),))
    plan = plan_package(packed.course, settings, draft=True)
    text = plan.records["report.json"].decode()
    assert "expert-1" in text
    assert "林秀兰" not in text


def test_same_input_same_bytes(packed: Packed, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(packed.course, copy)
    again = plan_package(copy, replace(packed.settings, cache_root=None))
    made = write_bag_zip(again, tmp_path / "course.bag.zip", (packed.key,))
    assert made.path.read_bytes() == packed.zip.read_bytes()
    assert made.minisig is not None
    assert made.minisig.read_bytes() == packed.zip.with_name(f"{packed.zip.name}.minisig").read_bytes()


def test_records_fit_their_schemas(packed: Packed) -> None:
    for name, schema in (("package.json", "package"), ("report.json", "report"), ("course.json", "manifest")):
        rules = json.loads((ROOT / "schemas" / f"{schema}.schema.json").read_text(encoding="utf-8"))
        jsonschema.validate(json.loads(packed.plan.records[name]), rules)
    assert codec.loads(Package, packed.plan.records["package.json"]) == packed.plan.package
    assert codec.loads(Approval, packed.plan.records["decisions.json"]) == packed.plan.package.approval
    coverage = json.loads(packed.plan.records["coverage.json"])["points"]
    taught = {"l1": "demonstrate", "l3": "practise"}
    assert coverage[0] == {"point": "S1", "taught": taught, "assessed": False, "gaps": ["not-assessed"]}
    first, second, offline = packed.plan.package.lessons
    assert (first.path, second.hours, offline.path) == (LESSONS[0], "3/2", None)
    assert first.duration_s == pytest.approx(1.0, abs=0.1)


def test_the_bag_keeps_its_published_profile(packed: Packed) -> None:
    profile = json.loads((ROOT / "schemas" / "bagit-profile.json").read_text(encoding="utf-8"))
    lines = (packed.folder / "bag-info.txt").read_text(encoding="utf-8").splitlines()
    info = dict(line.split(": ", 1) for line in lines)
    asked = profile["Bag-Info"]
    assert len(info) == len(lines), "none repeats"
    assert {name for name, rule in asked.items() if rule["required"]} <= info.keys() <= asked.keys()
    assert all(info[name] in rule["values"] for name, rule in asked.items() if "values" in rule)
    standard = {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}
    assert {p.name for p in packed.folder.iterdir() if p.is_file()} - standard == set(profile["Tag-Files-Allowed"])


@pytest.mark.parametrize(
    ("profile", "code"),
    [(TOO_SMALL, "audit-does-not-conform"), (LENIENT, "review-open")],
    ids=["breach", "no-review"],
)
def test_what_may_not_be_packed(profile: str, code: str, packed: Packed, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(profile, encoding="utf-8")
    settings = replace(packed.settings, profiles=(str(path),))
    with pytest.raises(Refusal) as caught:
        plan_package(packed.course, settings)
    assert caught.value.code == code
    assert phrase("package", code, "zh", **caught.value.args_)
    assert plan_package(packed.course, settings, draft=True).package.draft


def test_an_undecided_audit_is_not_packed(packed: Packed, tmp_path: Path) -> None:
    from tests.cli.courses import UNTESTABLE

    path = tmp_path / "p.toml"
    path.write_text(MACHINE_ONLY + UNTESTABLE.replace("lenient", "studio"), encoding="utf-8")
    with pytest.raises(Refusal) as caught:
        plan_package(packed.course, replace(packed.settings, profiles=(str(path),)))
    assert (caught.value.code, caught.value.undecided) == ("audit-undecided", True)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("媒体/100% done.mp4", "媒体/absent.mp4", "file-not-there"),
        ("媒体/100% done.mp4", "媒体/aux.mp4", "name-not-portable"),
    ],
)
def test_names_that_cannot_travel(old: str, new: str, code: str, packed: Packed, tmp_path: Path) -> None:
    course = tmp_path / "course"
    shutil.copytree(packed.course, course)
    text = (course / "course.yaml").read_text(encoding="utf-8")
    (course / "course.yaml").write_text(text.replace(old, new), encoding="utf-8")
    if "aux" in new:
        (course / old).rename(course / new)
    with pytest.raises(Refusal) as caught:
        plan_package(course, packed.settings, draft=True)
    assert caught.value.code == code
    assert caught.value.args_["file"] == new


def test_no_manifest_no_package(packed: Packed, tmp_path: Path) -> None:
    shutil.copytree(packed.course, tmp_path / "course")
    (tmp_path / "course" / "course.yaml").unlink()
    for target, code in ((tmp_path / "course", "no-manifest-to-pack"), (tmp_path / "absent", "not-a-course-folder")):
        with pytest.raises(Refusal) as caught:
            plan_package(target, packed.settings)
        assert caught.value.code == code


@pytest.mark.parametrize("change", ["other", "longer", "shorter", "gone"])
@pytest.mark.parametrize("form", ["zip", "folder"])
def test_a_file_changed_since_the_audit_is_named_and_nothing_appears(
    change: str, form: str, packed: Packed, tmp_path: Path
) -> None:
    source = tmp_path / "lesson.mp4"
    data = (packed.course / LESSONS[0]).read_bytes()
    changed = {"other": data[:-1] + b"?", "longer": data + b"?", "shorter": data[:-1]}
    if change in changed:
        source.write_bytes(changed[change])
    plan = replace(packed.plan, sources={**packed.plan.sources, LESSONS[0]: source})
    out = tmp_path / "out"
    write = write_bag_zip if form == "zip" else write_bag_folder
    with pytest.raises(ChangedSince) as caught:
        write(plan, out / "x.zip", (packed.key,))
    assert caught.value.name == LESSONS[0]
    assert list(out.iterdir()) == []


def test_a_draft_says_so_everywhere(packed: Packed, tmp_path: Path) -> None:
    plan = plan_package(packed.course, packed.settings, draft=True)
    assert "DRAFT" in top_folder(plan.package)
    assert "DRAFT" in default_name(plan.package)
    made = write_bag_zip(plan, tmp_path / default_name(plan.package), (packed.key,))
    with zipfile.ZipFile(made.path) as archive:
        assert all("-DRAFT/" in name for name in archive.namelist())
        top = archive.namelist()[0].split("/")[0]
        assert b"Coursekit-Status: DRAFT" in archive.read(f"{top}/bag-info.txt")
    for allow in (False, True):
        found = verify_package(made.path, trust=packed.trust, allow_draft=allow)
        assert (found.answer, found.ok) == (Answer.DRAFT, False)


def test_a_part_left_by_a_killed_run_is_taken_over(packed: Packed, tmp_path: Path) -> None:
    target = tmp_path / "x.zip"
    part_of(target).write_bytes(b"half of something longer than nothing" * 100_000)
    write_bag_zip(packed.plan, target, (packed.key,))
    assert verify_package(target, trust=packed.trust).ok
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.zip", "x.zip.minisig"]
    folder = tmp_path / "x"
    (part_of(folder) / "data").mkdir(parents=True)
    (part_of(folder) / "data" / "left.txt").write_bytes(b"left")
    write_bag_folder(packed.plan, folder, (packed.key,))
    assert verify_package(folder, trust=packed.trust).ok
    with pytest.raises(FileExistsError):
        write_bag_folder(packed.plan, folder, (packed.key,))


def test_two_runs_do_not_write_one_package(tmp_path: Path) -> None:
    with growing_file(tmp_path / "x.zip") as file:
        file.write(b"first")
        with pytest.raises(Busy), growing_file(tmp_path / "x.zip"):
            pass
        with growing_folder(tmp_path / "y") as folder, pytest.raises(Busy), growing_folder(tmp_path / "y"):
            assert folder.is_dir()
    assert (tmp_path / "x.zip").read_bytes() == b"first"


def test_an_unsigned_package_takes_an_older_signature_away(packed: Packed, tmp_path: Path) -> None:
    made = write_bag_zip(packed.plan, tmp_path / "x.zip", (packed.key,))
    assert made.minisig is not None
    assert made.minisig.exists()
    assert write_bag_zip(packed.plan, tmp_path / "x.zip").minisig is None
    assert not made.minisig.exists()


def test_the_command_from_course_to_verdict(packed: Packed, tmp_path: Path) -> None:
    env = {"COURSEKIT_KEY_PASSPHRASE": PASSPHRASE, "COURSEKIT_CACHE": str(packed.settings.cache_root)}
    profile = packed.settings.profiles[0]
    key = tmp_path / "studio.key"
    assert coursekit("key", "new", key, **env).code == 0
    nowhere = {"XDG_CONFIG_HOME": str(tmp_path), "APPDATA": str(tmp_path), "HOME": str(tmp_path)}
    no_key = coursekit("package", packed.course, "-p", profile, cwd=tmp_path, **env, **nowhere)
    assert no_key.code == 2
    assert "--key" in no_key.err
    made = coursekit("package", packed.course, "-p", profile, "--key", key, cwd=tmp_path, lang="zh", **env)
    assert made.code == 0, made.err
    path = tmp_path / made.out.strip()
    assert path.name == default_name(packed.plan.package)
    assert "电工（四级）线上课程" in made.err
    trust = tmp_path / "studio.pub"
    said = coursekit("verify", path, "--trust", trust, lang="zh")
    assert said.code == 0
    assert "可以接收" in said.out
    answer = coursekit("verify", path, "--trust", trust, "-f", "json")
    schema = json.loads((ROOT / "schemas" / "verification.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(answer.out), schema)
    assert json.loads(answer.out)["answer"] == "accepted"
    unknown = coursekit("verify", path, COURSEKIT_TRUST=str(tmp_path / "none"))
    assert unknown.code == 3
    assert "no-trusted-key" in unknown.out
    whole = coursekit("verify", path, "--bag-only", "-o", tmp_path / "answer.json")
    assert whole.code == 0
    assert json.loads((tmp_path / "answer.json").read_text(encoding="utf-8"))["answer"] == "whole"
    assert coursekit("verify", tmp_path / "absent.zip").code == 2
    demanded = coursekit("verify", path, "--trust", trust, "--require-profile", "tianjin-2025")
    assert demanded.code == 1
    assert "profile-not-as-demanded" in demanded.out
    assert coursekit("verify", path, "--require-profile", "tianjin-2052").code == 2
    assert coursekit("verify", path, "--bag-only", "--trust", trust).code == 2


def test_the_command_makes_drafts_and_refusals(packed: Packed, tmp_path: Path) -> None:
    env = {"COURSEKIT_CACHE": str(packed.settings.cache_root)}
    profile = tmp_path / "p.toml"
    profile.write_text(TOO_SMALL, encoding="utf-8")
    refused = coursekit("package", packed.course, "-p", profile, "--key", "x", cwd=tmp_path, **env)
    assert refused.code == 2, "no such key"
    exported = coursekit("package", packed.course, "-p", profile, "-f", "cmi5", cwd=tmp_path, **env)
    assert exported.code == 1
    assert "does not conform" in exported.err
    unmarked = coursekit("package", packed.course, "-p", profile, "--draft", "-o", "x.zip", cwd=tmp_path, **env)
    assert unmarked.code == 2
    assert "DRAFT-x.zip" in unmarked.err
    inside = coursekit("package", ".", "-p", profile, "--draft", cwd=packed.course, **env)
    assert inside.code == 2
    assert "-o" in inside.err
    draft = coursekit("package", packed.course, "-p", profile, "--draft", cwd=tmp_path, **env)
    assert draft.code == 0, draft.err
    path = tmp_path / draft.out.strip()
    refused = coursekit("verify", path)
    assert refused.code == 1
    assert "DRAFT" in coursekit("verify", path, "--allow-draft").out
    assert coursekit("verify", path, "--allow-draft").code == 0
    folder = coursekit("package", packed.course, "-p", profile, "--draft", "-o", "DRAFT-bag", cwd=tmp_path, **env)
    assert folder.code == 0, folder.err
    assert coursekit("verify", tmp_path / "DRAFT-bag", "--allow-draft").code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["DRAFT-bag", path.name, "p.toml"]


def test_version_is_the_digest_of_what_learners_see(packed: Packed) -> None:
    listing = "".join(
        f"{hashlib.sha256((packed.course / name).read_bytes()).hexdigest()}  {name}\n" for name in sorted(LESSONS)
    )
    assert packed.plan.package.version == hashlib.sha256(listing.encode()).hexdigest()
