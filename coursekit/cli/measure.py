"""`coursekit measure`: facts only, for scripts, statistics and other tools."""

from __future__ import annotations

from pathlib import Path

import click

from coursekit.cli.lang import pick
from coursekit.cli.options import (
    EXIT_UNDECIDED,
    EXIT_USAGE,
    CoursePlace,
    cache_root,
    error_text,
    fatal,
    measuring_options,
    set_up_logging,
    terminable,
    verbosity_options,
)


@click.command(
    help=pick(
        "只测量，不判定：把媒体文件的数值写成 JSON（facts.json 的格式）。",
        "Measure only, no verdicts: facts as JSON, in the form of facts.json.",
    )
)
@click.argument("files", nargs=-1, required=True, type=CoursePlace())
@click.option("-o", "--output", type=click.Path(path_type=Path), help=pick("写入文件", "Write to a file"))
@measuring_options
@verbosity_options
def measure(
    files: tuple[Path | str, ...],
    output: Path | None,
    jobs: int | None,
    engine: str,
    cache_dir: Path | None,
    no_cache: bool,
    thorough: bool,
    quiet: int,
    verbose: int,
) -> None:
    """Measure and print."""
    from coursekit import codec, pipeline
    from coursekit.cli.progress import Progress
    from coursekit.engine.address import EngineError
    from coursekit.files import write_atomic
    from coursekit.folder import CourseError

    set_up_logging(verbose)
    settings = pipeline.Settings(
        workers=jobs, engine=engine, thorough=thorough, cache_root=cache_root(cache_dir, no_cache)
    )
    try:
        with terminable(), Progress(quiet=quiet > 0) as progress:
            facts = pipeline.measure(files, settings, progress)
    except CourseError as error:
        fatal(error_text(error))
    except EngineError as error:
        fatal(error_text(error), EXIT_UNDECIDED if error.midway else EXIT_USAGE)
    except KeyboardInterrupt:
        fatal(
            pick(
                "已中断：没有输出；测量过的会保留，下次从那里继续",
                "interrupted: nothing written; what was measured is kept for the next run",
            ),
            EXIT_UNDECIDED,
        )
    body = codec.dumps(facts)
    if output is None:
        click.echo(body, nl=False)
    else:
        try:
            write_atomic(output, body)
        except OSError as error:
            fatal(
                pick(f"没有写成：{output}：{error.strerror}", f"not written: {output}: {error.strerror}"),
                EXIT_UNDECIDED,
            )
    if any(file.problems for file in facts.files):
        raise click.exceptions.Exit(EXIT_UNDECIDED)
