"""Reading a BagIt bag, strictly, versions 0.93 to 1.0 (RFC 8493): ours or anybody's.

First the declaration and the tag files, without touching the payload; then every file once, all its checksums in one
pass. What the suite of the Library of Congress calls a warning is a warning here, by name; what would harm on one
system is refused on all.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from coursekit.bundle.names import name_fault
from coursekit.bundle.tree import BAG_DECLARATION, Tree, nfc
from coursekit.paths import folded

_VERSION = re.compile(r"BagIt-Version: (\d+)\.(\d+)")
_ENCODING = re.compile(r"Tag-File-Character-Encoding: ([A-Za-z0-9._:-]+)")
_MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9_]+)\.txt")
_LINE = re.compile(r"([0-9A-Fa-f]+)([ \t]+)(\*?)(.+)")
_FETCH = re.compile(r"(\S+)[ \t]+(-|\d+)[ \t]+(.+)")
_OXUM = re.compile(r"(\d+)\.(\d+)")
_ENCODINGS = {"utf-8": "utf-8", "iso-8859-1": "iso-8859-1", "us-ascii": "ascii", "utf-16": "utf-16"}
TAG_MANIFEST = "tagmanifest-sha256.txt"
_SYSTEM_FILES = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_PORTABILITY = frozenset({"device-name", "trailing-dot-or-space", "windows-character", "control-character"})
_LARGEST_TAG_FILE = 16 << 20
ALGORITHMS = {
    name: len(hashlib.new(name, usedforsecurity=False).hexdigest())
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault or warning before it has words."""

    code: str
    path: str | None = None
    detail: str = ""


@dataclass(slots=True)
class Findings:
    """What was found, in the order of finding."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    open: list[Fault] = field(default_factory=list)

    def fault(self, code: str, path: str | None = None, detail: str = "") -> None:
        """Why the bag is refused."""
        self.faults.append(Fault(code, path, detail))

    def warn(self, code: str, path: str | None = None, detail: str = "") -> None:
        """What a careful reader should know."""
        self.warnings.append(Fault(code, path, detail))


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag as its tag files tell it."""

    version: tuple[int, int]
    info: tuple[tuple[str, str], ...]
    """bag-info.txt, in order; labels may repeat."""
    payload: Mapping[str, Mapping[str, str]]
    """File as it is named in the tree → algorithm → checksum, lower case."""
    tags: Mapping[str, Mapping[str, str]]
    tag_manifest: bytes | None
    """The bytes of tagmanifest-sha256.txt: what statements about the bag are made over."""

    def label(self, name: str) -> tuple[str, ...]:
        """All values of one label of bag-info.txt."""
        return tuple(value for key, value in self.info if key.lower() == name.lower())


def read_bag(tree: Tree, found: Findings, *, strict_names: bool = True) -> Bag | None:
    """The declaration, manifests and bag-info of a bag; None when there is no telling what it says.

    With `strict_names` a name that only some systems can store is a fault; else it is a warning.
    """
    _judge_names(tree, found, strict_names)
    declared = _read_declaration(tree, found)
    if declared is None:
        return None
    version, encoding = declared
    reader = _TagReader(tree, found, version, encoding)
    payload: dict[str, dict[str, str]] = {}
    tags: dict[str, dict[str, str]] = {}
    listed_by: dict[str, set[str]] = {}
    for name in sorted(tree.sizes):
        match = _MANIFEST.fullmatch(name)
        if match is None:
            continue
        if match[2] not in ALGORITHMS:
            found.open.append(Fault("unknown-algorithm", name, match[2]))
            continue
        into = tags if match[1] else payload
        for path, checksum in reader.manifest(name, match[2], payload=match[1] is None):
            into.setdefault(path, {})[match[2]] = checksum
            if not match[1]:
                listed_by.setdefault(name, set()).add(path)
        if not match[1]:
            listed_by.setdefault(name, set())
    if not listed_by:
        found.fault("no-manifest")
    _judge_completeness(tree, found, payload, listed_by, version)
    reader.fetch_list()
    info = reader.info()
    _judge_oxum(tree, found, info)
    return Bag(version, info, payload, tags, reader.tag_manifest)


def _judge_names(tree: Tree, found: Findings, strict: bool) -> None:
    by_fold: dict[str, str] = {}
    for name in tree.sizes:
        code = name_fault(name)
        if code is not None and (strict or code not in _PORTABILITY):
            found.fault(code, name)
        elif code is not None:
            found.warn(code, name)
        if (other := by_fold.setdefault(folded(name), name)) != name:
            (found.fault if strict else found.warn)("names-collide", name, other)


def _read_declaration(tree: Tree, found: Findings) -> tuple[tuple[int, int], str] | None:
    if BAG_DECLARATION not in tree.sizes:
        found.fault("no-declaration")
        return None
    if tree.sizes[BAG_DECLARATION] > 4096:
        found.fault("declaration-malformed", BAG_DECLARATION)
        return None
    raw = b"".join(tree.chunks(BAG_DECLARATION))
    if raw.startswith(b"\xef\xbb\xbf"):
        found.fault("declaration-has-bom", BAG_DECLARATION)
        return None
    try:
        lines = raw.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = []
    version = _VERSION.fullmatch(lines[0]) if len(lines) == 2 else None
    encoding = _ENCODING.fullmatch(lines[1]) if len(lines) == 2 else None
    if version is None or encoding is None:
        found.fault("declaration-malformed", BAG_DECLARATION)
        return None
    number = int(version[1]), int(version[2])
    if not (0, 93) <= number <= (1, 0):
        found.fault("unknown-version", BAG_DECLARATION, f"{number[0]}.{number[1]}")
        return None
    if encoding[1].lower() not in _ENCODINGS:
        found.fault("unknown-encoding", BAG_DECLARATION, encoding[1])
        return None
    return number, _ENCODINGS[encoding[1].lower()]


@dataclass(slots=True)
class _TagReader:
    """Reads tag files line by line, and says what is wrong with each."""

    tree: Tree
    found: Findings
    version: tuple[int, int]
    encoding: str
    tag_manifest: bytes | None = None

    def _lines(self, name: str) -> list[str]:
        if self.tree.sizes[name] > _LARGEST_TAG_FILE:
            self.found.fault("tag-file-too-large", name)
            return []
        raw = b"".join(self.tree.chunks(name))
        if name == TAG_MANIFEST:
            self.tag_manifest = raw
        if self.encoding == "utf-8" and raw.startswith(b"\xef\xbb\xbf"):
            self.found.fault("tag-file-has-bom", name)
            return []
        try:
            text = raw.decode(self.encoding)
        except UnicodeDecodeError:
            self.found.fault("tag-file-encoding", name)
            return []
        # Only line ends of the specification: str.splitlines would break a name at U+2028.
        return [line for line in re.split(r"\r\n|\n|\r", text) if line]

    def manifest(self, name: str, algorithm: str, *, payload: bool) -> Iterator[tuple[str, str]]:
        """Files and checksums of one manifest; each file is resolved to one that is there, or said to be missing."""
        seen: dict[str, str] = {}
        present = {nfc(path): path for path in self.tree.sizes}
        by_fold = {folded(path): path for path in self.tree.sizes}
        lines: dict[str, str] = {}
        for line in self._lines(name):
            match = _LINE.fullmatch(line)
            if match is None or len(match[1]) != ALGORITHMS[algorithm]:
                self.found.fault("manifest-line-malformed", name, line[:200])
                continue
            path = self._path(match[4], name, marked=match[3] == "*", payload=payload)
            if path is not None:
                self._once(lines, path, match[1].lower(), name)
        for path, checksum in lines.items():
            real = present.get(nfc(path)) if path not in self.tree.sizes else path
            if real is not None and real != path:
                self.found.warn("name-normalised", path)
            if real is None and (near := by_fold.get(folded(path))) is not None and lines.get(near) == checksum:
                # A file system without case has merged two names with one content: nothing is lost.
                self.found.warn("names-differ-by-case", path, near)
                continue
            if real is None and path.rpartition("/")[2].lower() in _SYSTEM_FILES:
                self.found.warn("system-file-missing", path)
                continue
            if real is None:
                self.found.fault("file-missing" if payload else "tag-file-missing", path, name)
                continue
            if path.rpartition("/")[2].lower() in _SYSTEM_FILES:
                self.found.warn("system-file", path)
            if real in seen and seen[real] != checksum:
                self.found.fault("listed-twice", path, name)
            elif real in seen:
                self.found.warn("listed-under-two-names", path, name)
            seen[real] = checksum
            yield real, checksum

    def _path(self, raw: str, name: str, *, marked: bool, payload: bool) -> str | None:
        path = re.sub(
            r"%(0[AaDd]|25)", lambda m: m[0] if m[1] == "25" and self.version < (1, 0) else chr(int(m[1], 16)), raw
        )
        if marked:
            self.found.warn("made-by-checksum-tool", name)
        if path.startswith("./"):
            self.found.warn("leading-dot", name, raw)
            path = path[2:]
        code = name_fault(path)
        if code is not None and code not in _PORTABILITY:
            self.found.fault(code, path, name)
            return None
        if path.startswith("~"):
            self.found.fault("home-shortcut", path, name)
            return None
        if path.startswith("data/") != payload:
            self.found.fault("outside-payload" if payload else "payload-in-tag-manifest", path, name)
            return None
        return path

    def _once(self, lines: dict[str, str], path: str, checksum: str, name: str) -> None:
        if path not in lines:
            lines[path] = checksum
        elif lines[path] != checksum or self.version >= (1, 0):
            self.found.fault("listed-twice", path, name)
        else:
            self.found.warn("listed-twice", path, name)

    def fetch_list(self) -> None:
        """fetch.txt is looked at, never obeyed."""
        if "fetch.txt" not in self.tree.sizes:
            return
        self.found.warn("fetch-list", "fetch.txt")
        for line in self._lines("fetch.txt"):
            match = _FETCH.fullmatch(line)
            if match is None:
                self.found.fault("fetch-line-malformed", "fetch.txt", line[:200])
            else:
                self._path(match[3], "fetch.txt", marked=False, payload=True)

    def info(self) -> tuple[tuple[str, str], ...]:
        """The labels of bag-info.txt; continued lines are joined."""
        name = "bag-info.txt" if self.version >= (0, 96) else "package-info.txt"
        if name not in self.tree.sizes:
            return ()
        pairs: list[tuple[str, str]] = []
        for line in self._lines(name):
            if line[0] in " \t" and pairs:
                pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}")
                continue
            label, colon, value = line.partition(":")
            if not colon or not label.strip() or (self.version >= (1, 0) and label != label.strip()):
                self.found.fault("info-line-malformed", name, line[:200])
                continue
            pairs.append((label.strip(), value.strip()))
        return tuple(pairs)


def _judge_completeness(
    tree: Tree,
    found: Findings,
    payload: Mapping[str, Mapping[str, str]],
    listed_by: Mapping[str, set[str]],
    version: tuple[int, int],
) -> None:
    for name in tree.sizes:
        if name.startswith("data/") and name not in payload:
            found.fault("file-not-listed", name)
    if version >= (1, 0):
        for manifest, listed in listed_by.items():
            for name in sorted(payload.keys() - listed):
                found.fault("manifest-incomplete", name, manifest)


def _judge_oxum(tree: Tree, found: Findings, info: Iterable[tuple[str, str]]) -> None:
    values = [value for label, value in info if label.lower() == "payload-oxum"]
    sizes = [size for name, size in tree.sizes.items() if name.startswith("data/")]
    for value in values:
        match = _OXUM.fullmatch(value)
        if match is None:
            found.warn("oxum-malformed", detail=value[:100])
        elif (int(match[1]), int(match[2])) != (sum(sizes), len(sizes)):
            # Said beside what is missing or wrong, never instead of it.
            found.warn("oxum-differs", detail=f"{value} / {sum(sizes)}.{len(sizes)}")
    if len(values) > 1:
        found.warn("oxum-repeated")


def digests_of(chunks: Iterable[bytes], algorithms: Iterable[str]) -> dict[str, str]:
    """All checksums of one file in one pass."""
    running = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
    for chunk in chunks:
        for digest in running.values():
            digest.update(chunk)
    return {name: digest.hexdigest() for name, digest in running.items()}


def check_tags(bag: Bag, tree: Tree, found: Findings) -> None:
    """The fixity of every tag file that a tag manifest lists."""
    for name, wanted in sorted(bag.tags.items()):
        if digests_of(tree.chunks(name), wanted) != wanted:
            found.fault("tag-file-changed", name)
