"""audio/channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.audio.facts import AudioFacts, ChannelFacts
from coursekit.audio.subject import channels_of
from coursekit.model import Finding, Span
from coursekit.rules.check import CheckContext, at_least, at_most, check, measured


@dataclass(frozen=True, slots=True)
class ChannelsParams:
    """When a pair is not a pair."""

    min_channels: int
    identical_db: float
    """What is left of one side after subtracting the other: below this the two are copies."""
    near_identical_db: float
    review_balance_db: float
    fail_balance_db: float
    dead_db: float
    review_correlation: float
    fail_correlation: float
    review_span_s: float
    fail_span_s: float


@check("audio/channels", facts=AudioFacts, params=ChannelsParams)
def channels(ctx: CheckContext, facts: AudioFacts, params: ChannelsParams) -> Iterator[Finding]:
    """There are as many channels as asked for, and left and right are a true pair."""
    pair = channels_of(facts)
    found, wanted = measured(facts.channels, "channels"), at_least(params.min_channels, "channels")
    ctx.observe(found, wanted)
    if facts.channels < params.min_channels:
        yield ctx.fail("mono", measured=found, expected=wanted, channels=facts.channels)
    if facts.channels < 2 or pair.balance_db is None:
        return
    whole = _whole(ctx, facts, pair, params)
    if whole is not None:
        yield whole
        return
    yield from _spans(ctx, pair, params)


def _whole(ctx: CheckContext, facts: AudioFacts, pair: ChannelFacts, params: ChannelsParams) -> Finding | None:
    balance = pair.balance_db or 0.0
    side = "R" if balance > 0 else "L"
    shown = measured(abs(balance), "dB")
    if abs(balance) >= params.dead_db:
        return ctx.fail("dead-channel", measured=shown, expected=at_most(params.fail_balance_db, "dB"), side=side)
    if abs(balance) >= params.review_balance_db:
        say = ctx.fail if abs(balance) >= params.fail_balance_db else ctx.review
        return say(
            "one-sided", measured=shown, expected=at_most(params.review_balance_db, "dB"), side=side, db=abs(balance)
        )
    if pair.correlation is not None and pair.correlation <= params.review_correlation:
        say = ctx.fail if pair.correlation <= params.fail_correlation else ctx.review
        return say(
            "out-of-phase",
            measured=measured(pair.correlation),
            expected=at_least(params.review_correlation),
            loss_db=-(pair.mono_sum_db or 0.0),
        )
    if facts.channels != 2 or pair.matched_residual_db is None:
        return None
    left_over = measured(pair.matched_residual_db, "dB")
    expected = at_least(params.near_identical_db, "dB")
    if pair.matched_residual_db <= params.identical_db:
        return ctx.review("identical-channels", measured=left_over, expected=expected)
    if pair.matched_residual_db <= params.near_identical_db:
        return ctx.review("near-identical-channels", measured=left_over, expected=expected)
    return None


def _spans(ctx: CheckContext, pair: ChannelFacts, params: ChannelsParams) -> Iterator[Finding]:
    for span in pair.spans:
        if span.seconds < params.review_span_s:
            continue
        say = ctx.fail if span.seconds >= params.fail_span_s else ctx.review
        where = Span(span.start_s, span.end_s)
        if span.kind == "opposed":
            if span.correlation > params.fail_correlation:
                say = ctx.review
            if span.correlation <= params.review_correlation:
                yield say(
                    "out-of-phase-span",
                    measured=measured(span.correlation),
                    expected=at_least(params.review_correlation),
                    where=where,
                    seconds=span.seconds,
                )
        else:
            yield say(
                "channel-lost",
                measured=measured(abs(span.balance_db), "dB"),
                expected=at_most(params.fail_balance_db, "dB"),
                where=where,
                side="R" if span.kind == "right-lost" else "L",
                seconds=span.seconds,
            )
