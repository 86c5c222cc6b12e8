"""XML text that every parser takes: what XML cannot hold is spelled out, and order is the order of writing."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from coursekit.paths import for_terminal


class Element:
    """A small tree, written with two spaces of indent and nothing left to a library's mood."""

    def __init__(self, name: str, text: str | None = None, /, **attributes: str) -> None:
        self.name = name
        self.text = text
        self.attributes = attributes
        self.children: list[Element] = []

    def add(self, name: str, text: str | None = None, /, **attributes: str) -> Element:
        """A new child."""
        child = Element(name, text, **attributes)
        self.children.append(child)
        return child

    def lines(self, depth: int = 0) -> list[str]:
        """The element as text, a line each."""
        pad = "  " * depth
        attributes = "".join(f" {key.rstrip('_')}={quoteattr(clean(value))}" for key, value in self.attributes.items())
        if self.children:
            inner = [line for child in self.children for line in child.lines(depth + 1)]
            return [f"{pad}<{self.name}{attributes}>", *inner, f"{pad}</{self.name}>"]
        if self.text is None:
            return [f"{pad}<{self.name}{attributes}/>"]
        body = "\n".join(escape(clean(line)) for line in self.text.split("\n"))
        return [f"{pad}<{self.name}{attributes}>{body}</{self.name}>"]


def clean(text: str) -> str:
    """Text without what XML forbids: control codes, lone surrogates, the two non-characters."""
    spelled = for_terminal(text)
    return spelled.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def document(root: Element) -> str:
    """The whole file."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + "\n".join(root.lines()) + "\n"
