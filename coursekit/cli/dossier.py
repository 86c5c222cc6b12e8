"""`coursekit dossier`: the experts' dossier of a course."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coursekit.cli.audit import run_audit
from coursekit.cli.lang import pick
from coursekit.cli.options import (
    EXIT_UNDECIDED,
    cache_root,
    fatal,
    lang_option,
    measuring_options,
    path_argument,
    set_up_logging,
    verbosity_options,
)
from coursekit.settings import Settings
from coursekit.terms import Scope

if TYPE_CHECKING:
    from coursekit.review.dossier import Built


@click.command(
    help=pick(
        "生成专家评审材料：机器的证据，加上只有人能回答的问题。"
        "专家在浏览器里打开 index.html 作答，不需要联网和安装软件。\n\n"
        "-o 以 .zip 结尾写成压缩包，以 .pdf 结尾写成打印版，否则写成文件夹；可重复。"
        "默认写到课程里的 dossier 文件夹。\n\n"
        "例：coursekit dossier ./课程 -p fujian-2025 -p tianjin-2025 -o 评审材料.zip -o 评审材料.pdf",
        "Build the experts' dossier: the machine's evidence, and the questions only a person can answer. Experts open "
        "index.html in a browser; no network, nothing to install.\n\n-o ending in .zip writes one file, in .pdf the "
        "printed version, else a folder; repeatable. Default: the folder dossier in the course.",
    )
)
@path_argument("course")
@click.option(
    "-p",
    "--profile",
    "profiles",
    multiple=True,
    metavar="ID",
    help=pick("依据哪个通知（可重复；默认 tianjin-2025）", "What to judge by (repeatable; default tianjin-2025)"),
)
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=pick("写到哪里：文件夹、.zip 或 .pdf（可重复）", "Where to: a folder, a .zip or a .pdf (repeatable)"),
)
@click.option(
    "--font-dir",
    "font_dirs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help=pick("打印版另用的字体文件夹（姓名里有生僻字时）", "More fonts for the printed version (rare characters)"),
)
@measuring_options
@lang_option
@verbosity_options
def dossier(
    course: Path, profiles: tuple[str, ...], outputs: tuple[Path, ...], font_dirs: tuple[Path, ...],
    jobs: int | None, cache_dir: Path | None, no_cache: bool, engine: str, thorough: bool, lang: str, quiet: int,
    verbose: int,
) -> None:  # fmt: skip
    """Audit without what experts have said before, build, write, say whom to send it to."""
    from coursekit.manifest.faults import ManifestError
    from coursekit.review.dossier import DossierError

    set_up_logging(verbose)
    settings = Settings(
        profiles=profiles,
        scope=Scope.COURSE,
        lang=lang,
        workers=jobs,
        engine=engine,
        thorough=thorough,
        cache_root=cache_root(cache_dir, no_cache),
        heed_experts=False,
    )
    try:
        built = _build(course, settings, quiet)
        for target in outputs or (course / "dossier",):
            _write(built, target, lang, font_dirs)
            if not quiet:
                _say("written", lang, target=str(target), questions=len(built.dossier.questions),
                     lessons=len(built.dossier.lessons))  # fmt: skip
    except DossierError as error:
        fatal(error.words(lang))
    except ManifestError as error:
        fatal(error.describe(lang))
    except OSError as error:
        fatal(pick(f"没有写成：{error}", f"not written: {error}"), EXIT_UNDECIDED)
    if not quiet:
        _tell_whom(built, lang)


def _build(course: Path, settings: Settings, quiet: int) -> Built:
    from coursekit.manifest.load import find_manifest, load_manifest
    from coursekit.pipeline import load_profiles
    from coursekit.review.dossier import DossierError, build_dossier
    from coursekit.review.shelf import Shelf

    if not course.is_dir() or find_manifest(course) is None:
        raise DossierError("needs-manifest")
    done = run_audit(course, settings, want_facts=True, quiet=quiet > 0)
    if done.report.run.partial:
        raise DossierError("interrupted")
    manifest_path = find_manifest(course)
    assert manifest_path is not None
    quiet_run = replace(done.report.run, started="", finished="", host="")
    done = replace(done, report=replace(done.report, run=quiet_run))
    return build_dossier(done, load_manifest(manifest_path), load_profiles(settings.profiles), Shelf(course))


def _write(built: Built, target: Path, lang: str, font_dirs: tuple[Path, ...]) -> None:
    from coursekit.review.dossier import contents, write_folder, write_zip
    from coursekit.review.shelf import Shelf

    # Before it is handed out: a dossier that an expert holds must be known here, whatever happens next.
    Shelf(built.course).issue(built.data)
    suffix = target.suffix.lower()
    if suffix == ".pdf":
        from coursekit.files import write_atomic
        from coursekit.review.printed import render_pdf

        write_atomic(target, render_pdf(built, lang, font_dirs, target))
    elif suffix == ".zip":
        write_zip(target, contents(built, lang))
    else:
        write_folder(target, contents(built, lang))


def _tell_whom(built: Built, lang: str) -> None:
    from coursekit.review.decision import qualification_fault

    wanted = built.dossier.requirements
    for expert in built.manifest.experts:
        if qualification_fault(expert, wanted):
            _say("not-qualified", lang, name=expert.name, id=expert.id)
    names = ("、" if lang == "zh" else ", ").join(e.name for e in built.dossier.experts)
    _say("send-to", lang, names=names)


def _say(key: str, lang: str, **args: str | int) -> None:
    from coursekit.paths import for_terminal
    from coursekit.texts import phrase

    click.echo(for_terminal(phrase("dossier", key, lang, **args)), err=True)
