"""What the checks of sound share: the facts of a track that sounds, or the reason why there is nothing to judge."""

from __future__ import annotations

import math

from coursekit.audio.facts import AudioFacts, ChannelFacts, ClippingFacts, VoiceFacts
from coursekit.rules.check import CannotTest, NotApplicable


def decoded(facts: AudioFacts) -> AudioFacts:
    """A track out of which sound came at all."""
    if facts.decoded_s <= 0:
        raise CannotTest("sound-not-decoded")
    return facts


def sounding(facts: AudioFacts) -> AudioFacts:
    """A track that is not silent from end to end: audio/silence speaks of one that is."""
    if decoded(facts).sample_peak_dbfs is None or facts.sample_peak_dbfs == -math.inf or facts.silent_share >= 1.0:
        raise NotApplicable("silent-track")
    return facts


def channels_of(facts: AudioFacts) -> ChannelFacts:
    """How its channels relate."""
    found = sounding(facts).channel
    if found is None:
        raise CannotTest("not-measured")
    return found


def clipping_of(facts: AudioFacts) -> ClippingFacts:
    """Its flat tops."""
    found = sounding(facts).clipping
    if found is None:
        raise CannotTest("not-measured")
    return found


def voice_of(facts: AudioFacts, min_voice_s: float) -> VoiceFacts:
    """Its voice, where somebody speaks for so long."""
    found = sounding(facts).voice
    if found is None:
        raise CannotTest("not-measured")
    if found.voice_s < min_voice_s:
        raise NotApplicable("no-voice", seconds=min_voice_s)
    return found
