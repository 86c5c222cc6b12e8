"""A manifest's text as a tree that remembers where everything stands.

YAML and JSON give the same tree, and every scalar stays the text that was written: `1.10` is not 1.1, `1:30` is not
90. What is read twice (duplicate keys), by reference (anchors), by type tags, or without bound is refused here, so
that nothing later need ask.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from coursekit.manifest.faults import Fault
from coursekit.manifest.fields import MAX_TEXT
from coursekit.model import Place, Scalar

MAX_DEPTH = 16
MAX_VALUES = 400_000


class TreeError(Exception):
    """The text is refused."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(faults)
        self.faults = faults


@dataclass(slots=True)
class Text:
    """A scalar. `plain` means written without quotes."""

    line: int
    column: int
    text: str
    plain: bool


@dataclass(slots=True)
class Items:
    """A sequence."""

    line: int
    column: int
    items: list[Node]


@dataclass(slots=True)
class Entries:
    """A mapping. Keys are unique."""

    line: int
    column: int
    entries: dict[str, tuple[Text, Node]]


Node = Text | Items | Entries


class Places:
    """Line and column of a JSON pointer; of its nearest ancestor where the place itself was not written."""

    __slots__ = ("root",)

    def __init__(self, root: Node | None = None) -> None:
        self.root = root

    def position(self, pointer: str) -> tuple[int, int]:
        """Line and column, from 1."""
        node = self.root
        if node is None:
            return (1, 1)
        found = (node.line, node.column)
        for piece in _tokens(pointer):
            if isinstance(node, Entries) and piece in node.entries:
                key, node = node.entries[piece]
                found = (node.line, node.column) if isinstance(node, Text) else (key.line, key.column)
            elif isinstance(node, Items) and piece.isdecimal() and int(piece) < len(node.items):
                node = node.items[int(piece)]
                found = (node.line, node.column)
            else:
                break
        return found

    def node(self, pointer: str) -> Node | None:
        """What is written at this very place."""
        node = self.root
        for token in _tokens(pointer):
            if isinstance(node, Entries) and token in node.entries:
                node = node.entries[token][1]
            elif isinstance(node, Items) and token.isdecimal() and int(token) < len(node.items):
                node = node.items[int(token)]
            else:
                return None
        return node

    def has(self, pointer: str) -> bool:
        """Whether something is written at this very place."""
        return self.node(pointer) is not None

    def text(self, pointer: str, most: int = 80) -> str | None:
        """The words written there, shortened; None where there are none."""
        node = self.node(pointer)
        return node.text[:most] if isinstance(node, Text) else None

    def place(self, pointer: str) -> Place:
        """As a finding carries it."""
        line, column = self.position(pointer)
        return Place(pointer, line, column)


def child(pointer: str, piece: str | int) -> str:
    """The pointer one step down."""
    if isinstance(piece, int):
        return f"{pointer}/{piece}"
    return f"{pointer}/{piece.replace('~', '~0').replace('/', '~1')}"


def _tokens(pointer: str) -> Iterator[str]:
    return (t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:])


def parse_yaml(text: str) -> Node:
    """The tree of a YAML text."""
    import yaml  # 40 ms that only a course with a manifest pays

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=loader):
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
            if isinstance(event, yaml.ScalarEvent):
                if event.anchor is not None:
                    raise _error("anchor", builder.pointer, line, column)
                if event.tag is not None:
                    raise _error("tag", builder.pointer, line, column, tag=event.tag[:80])
                builder.scalar(line, column, event.value, event.implicit[0])
            elif isinstance(event, yaml.CollectionStartEvent):
                if event.anchor is not None:
                    raise _error("anchor", builder.pointer, line, column)
                if event.tag is not None:
                    raise _error("tag", builder.pointer, line, column, tag=event.tag[:80])
                builder.open(line, column, isinstance(event, yaml.MappingStartEvent))
            elif isinstance(event, yaml.CollectionEndEvent):
                builder.close()
            elif isinstance(event, yaml.AliasEvent):
                raise _error("anchor", builder.pointer, line, column)
            elif isinstance(event, yaml.DocumentStartEvent) and builder.root is not None:
                raise _error("more-than-one-document", "", line, column)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise _error("syntax", builder.pointer, line, column, detail=_explain(error, text, line)) from None
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes here and the Python reader characters; the first such character is the one.
        bad = error.character if isinstance(error.character, int) else ord(error.character[:1])
        position = max(0, text.find(chr(bad)))
        line = text.count("\n", 0, position) + 1
        column = position - text.rfind("\n", 0, position)
        raise _error("bad-character", "", line, column, character=f"U+{bad:04X}") from None
    return builder.finish()


def _explain(error: object, text: str, line: int) -> str:
    """libyaml's words, and the usual cause where the line shows it."""
    problem = str(getattr(error, "problem", "") or error).splitlines()[0][:200]
    lines = text.splitlines()
    if line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]:
        problem += " (tab)"
    return problem


def _error(code: str, pointer: str, line: int, column: int, **args: Scalar) -> TreeError:
    return TreeError(Fault(code, pointer, line, column, args))


class _Builder:
    """Puts the tree together from the outside in, counting as it goes."""

    __slots__ = ("duplicates", "key", "root", "stack", "values")

    def __init__(self) -> None:
        self.stack: list[tuple[Items | Entries, Text | None]] = []
        self.root: Node | None = None
        self.key: Text | None = None
        self.values = 0
        self.duplicates: list[Fault] = []

    @property
    def pointer(self) -> str:
        """Where the builder stands."""
        pointer = ""
        keys = [key for _, key in self.stack[1:]] + [self.key]
        for (holder, _), key in zip(self.stack, keys, strict=True) if self.stack else ():
            if isinstance(holder, Items):
                pointer = child(pointer, len(holder.items))
            elif key is not None:
                pointer = child(pointer, key.text)
        return pointer

    def scalar(self, line: int, column: int, text: str, plain: bool) -> None:
        if len(text) > MAX_TEXT:
            raise _error("text-too-long", self.pointer, line, column, length=len(text), most=MAX_TEXT)
        node = Text(line, column, text, plain)
        if self.stack and self.key is None and isinstance(self.stack[-1][0], Entries):
            holder = self.stack[-1][0]
            if text in holder.entries:
                first = holder.entries[text][0].line
                here = child(self.pointer, text)
                self.duplicates.append(
                    Fault("duplicate-key", here, line, column, {"key": text[:80], "first_line": first})
                )
            self.key = node
        else:
            self._put(node)

    def open(self, line: int, column: int, mapping: bool) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise _error("too-deep", self.pointer[:200], line, column, most=MAX_DEPTH)
        if self.stack and self.key is None and isinstance(self.stack[-1][0], Entries):
            raise _error("key-not-text", self.pointer, line, column)
        node: Items | Entries = Entries(line, column, {}) if mapping else Items(line, column, [])
        self.stack.append((node, self.key))
        self.key = None

    def close(self) -> None:
        node, self.key = self.stack.pop()
        self._put(node)

    def _put(self, node: Node) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise _error("too-many-values", "", node.line, node.column, most=MAX_VALUES)
        if not self.stack:
            self.root = node
            return
        holder = self.stack[-1][0]
        if isinstance(holder, Items):
            holder.items.append(node)
        else:
            assert self.key is not None
            holder.entries.setdefault(self.key.text, (self.key, node))
            self.key = None

    def finish(self) -> Node:
        if self.root is None:
            raise _error("empty", "", 1, 1)
        if self.duplicates:
            raise TreeError(*self.duplicates)
        return self.root


# ----------------------------------------------------------------------------------------------------------------- JSON

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<mark>[{}\[\],:])|(?P<text>"(?:[^"\\\x00-\x1f]|\\.)*")"""
    r"""|(?P<word>-?[0-9A-Za-z.+][0-9A-Za-z.+\-]*)"""
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\Z")


def parse_json(text: str) -> Node:
    """The tree of a JSON text. The standard library's parser keeps the last of two keys and knows no lines."""
    builder = _Builder()
    expect = "value"
    for kind, piece, line, column in _json_tokens(text):
        pointer = builder.pointer if kind == "bad" else ""
        inside = builder.stack[-1][0] if builder.stack else None
        if expect == "end" or kind == "bad":
            raise _error("syntax", pointer, line, column, detail=f"unexpected {piece[:20]!r}")
        if piece in ("}", "]") and kind == "mark" and inside is not None:
            closes = isinstance(inside, Entries) == (piece == "}")
            empty = not (inside.entries if isinstance(inside, Entries) else inside.items)
            if closes and (expect == "next" or (empty and expect in ("value or end", "key or end"))):
                builder.close()
                expect = "next" if builder.stack else "end"
                continue
        if kind == "mark" and piece in "{[" and expect in ("value", "value or end"):
            builder.open(line, column, piece == "{")
            expect = "key or end" if piece == "{" else "value or end"
        elif kind == "mark" and piece == "," and expect == "next":
            expect = "key" if isinstance(inside, Entries) else "value"
        elif kind == "mark" and piece == ":" and expect == "colon":
            expect = "value"
        elif kind == "text" and expect in ("key", "key or end"):
            builder.scalar(line, column, _json_text(piece, builder, line, column), plain=False)
            expect = "colon"
        elif kind in ("text", "word") and expect in ("value", "value or end"):
            if kind == "word" and piece not in ("true", "false", "null") and not _NUMBER.match(piece):
                code = "nan" if piece.lstrip("+-") in ("NaN", "Infinity") else "syntax"
                raise _error(code, builder.pointer, line, column, detail=f"unexpected {piece[:20]!r}")
            plain = kind == "word"
            builder.scalar(line, column, piece if plain else _json_text(piece, builder, line, column), plain)
            expect = "next" if builder.stack else "end"
        else:
            raise _error("syntax", builder.pointer, line, column, detail=f"unexpected {piece[:20]!r}")
    if expect != "end" and builder.stack:
        raise _error("syntax", builder.pointer, text.count("\n") + 1, 1, detail="unexpected end of file")
    return builder.finish()


def _json_text(piece: str, builder: _Builder, line: int, column: int) -> str:
    try:
        text: str = json.loads(piece)
        text.encode("utf-8")
    except ValueError:
        raise _error("syntax", builder.pointer, line, column, detail="invalid escape") from None
    return text


def _json_tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    position, line, start = 0, 1, 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            yield "bad", text[position], line, position - start + 1
            return
        kind, piece = match.lastgroup or "", match.group()
        if kind == "space":
            breaks = piece.count("\n")
            if breaks:
                line += breaks
                start = position + piece.rfind("\n") + 1
        else:
            yield kind, piece, line, position - start + 1
        position = match.end()
