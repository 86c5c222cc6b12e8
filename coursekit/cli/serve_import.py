"""`coursekit serve-import`: take uploads of packages over HTTP."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import click

from coursekit.cli.import_ import read_policy, refuse_library, taking_options
from coursekit.cli.lang import pick
from coursekit.cli.options import fatal, lang_option, set_up_logging


@click.command(
    name="serve-import",
    help=pick(
        "开一个接收课程包的服务：断点续传（tus 1.0.0），核验通过即入库。\n\n"
        "先为每个制作单位生成令牌（--add-token 单位名，只显示一次），再启动服务。接口说明在 /openapi.json，"
        '给平台技术人员的说明见文档 platform.md。需要安装：pip install "coursekit[serve]"\n\n'
        "同一个课程库同时只能由一个服务进程接收上传。",
        "A service that takes packages: resumable uploads (tus 1.0.0), verified, then taken into the library.\n\n"
        "Make a token for each studio first (--add-token NAME, shown once), then start it. It describes itself at "
        "/openapi.json; platform.md in the documentation is for the platform's team. Needs: pip install "
        '"coursekit[serve]"\n\n'
        "One process at a time serves a library.",
    ),
)
@click.option(
    "--into",
    "library",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help=pick("课程库文件夹（没有则新建）", "The library's folder; made where there is none"),
)
@click.option(
    "--tokens",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help=pick("令牌文件（只存校验值）", "The file of tokens; it holds their hashes only"),
)
@click.option(
    "--add-token", metavar="NAME", help=pick("生成一个令牌，显示一次，然后退出", "Make a token, show it, end")
)
@click.option(
    "--token-days", type=click.IntRange(min=1), help=pick("令牌有效天数（默认不过期）", "Days the token is good for")
)
@click.option("--remove-token", metavar="NAME", help=pick("去掉一个令牌，然后退出", "Take a token away, end"))
@click.option("--host", default="127.0.0.1", show_default=True, help=pick("监听的地址", "Address to listen on"))
@click.option("--port", default=8484, show_default=True, type=click.IntRange(0, 65535), help=pick("端口", "Port"))
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help=pick("TLS 证书（PEM）", "TLS certificate (PEM)"),
)
@click.option(
    "--tls-key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help=pick("TLS 私钥（PEM）", "TLS private key (PEM)"),
)
@click.option(
    "--plain-http",
    is_flag=True,
    help=pick(
        "允许在本机以外的地址上不加密（前面有反向代理加密时）",
        "Listen beyond this machine without TLS, where a proxy in front provides it",
    ),
)
@click.option(
    "--max-gb",
    type=click.FloatRange(min=0.001),
    default=64,
    show_default=True,
    help=pick("单个包的上限，GB", "Largest package, GB"),
)
@click.option(
    "--keep-hours",
    type=click.FloatRange(min=0.1),
    default=24,
    show_default=True,
    help=pick("一次上传最多用多少小时", "Hours an upload may take"),
)
@taking_options
@lang_option
def serve_import(
    library: Path,
    tokens: Path,
    add_token: str | None,
    token_days: int | None,
    remove_token: str | None,
    host: str,
    port: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    plain_http: bool,
    max_gb: float,
    keep_hours: float,
    trusted: tuple[Path, ...],
    recheck: str | None,
    allow_draft: bool,
    allow_new_publisher: bool,
    webhook: str | None,
    webhook_secret_file: Path | None,
    mirror: str | None,
    lang: str,
) -> None:
    """Look after tokens, or serve until told to stop."""
    from coursekit.library import tokens as keys
    from coursekit.library.limits import ServiceLimits
    from coursekit.library.shelf import LibraryFault, open_shelf
    from coursekit.locks import release, try_lock

    try:
        if add_token is not None:
            click.echo(keys.add_token(tokens, add_token, token_days))
            return
        if remove_token is not None:
            keys.remove_token(tokens, remove_token)
            return
        _judge_safety(host, tls_cert, tls_key, plain_http=plain_http)
        if not keys.read_tokens(tokens):
            raise click.UsageError(
                pick(
                    "还没有令牌：请先用 --add-token 单位名 生成",
                    "there is no token yet: make one with --add-token NAME",
                )
            )
        policy = read_policy(
            trusted, recheck, allow_draft, allow_new_publisher, webhook, webhook_secret_file, mirror, lang
        )
        shelf = open_shelf(library, create=True)
    except LibraryFault as fault:
        refuse_library(fault)
    except OSError as error:
        fatal(f"{error.filename or library}: {error.strerror}")
    try:
        from coursekit.library.server import make_server
        from coursekit.library.service import Service
    except ImportError:
        fatal(
            pick(
                '请先安装服务所需的包：pip install "coursekit[serve]"',
                'install what it needs: pip install "coursekit[serve]"',
            )
        )
    set_up_logging(1)
    limits = ServiceLimits(upload_bytes=round(max_gb * 1e9), keep_s=keep_hours * 3600)
    lock = shelf.root / "serving.lock"
    handle = try_lock(lock)
    if handle is None:
        fatal(pick(f"已有一个服务在使用 {library}", f"another service is using {library}"))
    try:
        service = Service(shelf, policy, tokens, limits)
        make_server(service, host, port, certificate=tls_cert, key=tls_key).run()
    except KeyboardInterrupt:
        return
    finally:
        release(handle, lock)


def _judge_safety(host: str, certificate: Path | None, key: Path | None, *, plain_http: bool) -> None:
    if (certificate is None) != (key is None):
        raise click.UsageError(pick("--tls-cert 与 --tls-key 要一起给出", "--tls-cert and --tls-key go together"))
    try:
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = False
    if not here and certificate is None and not plain_http:
        raise click.UsageError(
            pick(
                f"在 {host} 上不加密会泄露令牌：请用 --tls-cert 与 --tls-key，"
                "或者由前面的反向代理加密并加上 --plain-http",
                f"without TLS, tokens would travel in the clear on {host}: give --tls-cert and --tls-key, or add "
                "--plain-http where a proxy in front provides TLS",
            )
        )
