"""The service, described in OpenAPI 3.1. What it returns is described by the types it is made of."""

from __future__ import annotations

import json
from typing import Any

from coursekit import __version__
from coursekit.library import tus
from coursekit.library.limits import ServiceLimits
from coursekit.library.model import IMPORT_SCHEMA
from coursekit.library.uploads import UPLOAD_SCHEMA, UploadStatus
from coursekit.published import schema_of

_Json = dict[str, Any]
_INTEGER: _Json = {"type": "integer", "minimum": 0}
_TEXT: _Json = {"type": "string"}
_TUS: _Json = {"$ref": "#/components/parameters/TusResumable"}


def describe(limits: ServiceLimits) -> _Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "coursekit serve-import",
            "version": __version__,
            "summary": "Uploads of course packages, resumable (tus 1.0.0), verified and taken into a library.",
            "description": "1. POST /uploads with the length. 2. PATCH the bytes; after a break, HEAD says from where "
            "to go on. 3. GET /uploads/{upload} until `state` is `done`; `result` says whether the package was taken "
            f"in, and if not, why. At most {limits.upload_bytes} bytes a package; an upload is kept for "
            f"{limits.keep_s / 3600:g} hours.",
        },
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": {
                "TusResumable": _header("Tus-Resumable", {"const": tus.VERSION}),
                "Upload": {"name": "upload", "in": "path", "required": True, "schema": _TEXT},
                "Course": {"name": "course", "in": "path", "required": True, "schema": _TEXT},
            },
            "responses": {
                "Problem": {"description": "Why not", "content": {"application/problem+json": _ref("Problem")}}
            },
            "schemas": _schemas(),
        },
    }


def _paths() -> _Json:
    upload = [{"$ref": "#/components/parameters/Upload"}]
    spoken = {
        "summary": "What is spoken here",
        "security": [],
        "responses": {"204": _plain("tus versions, extensions, largest size", "Tus-Version", "Tus-Extension")},
    }
    return {
        "/uploads": {
            "options": spoken,
            "post": {
                "summary": "Announce a package",
                "parameters": [
                    _TUS,
                    _header("Upload-Length", _INTEGER),
                    _header("Upload-Metadata", _TEXT, required=False, says="`filename` and its base64"),
                ],
                "responses": _answers(
                    "201", _plain("Begun", "Location", "Upload-Expires"), 400, 401, 412, 413, 429, 507
                ),
            },
        },
        "/uploads/{upload}": {
            "parameters": upload,
            "options": spoken,
            "head": {
                "summary": "How much has come",
                "parameters": [_TUS],
                "responses": _answers(
                    "200", _plain("So much", "Upload-Offset", "Upload-Length", "Upload-Expires"), 401, 404
                ),
            },
            "patch": {
                "summary": "Send bytes from an offset on",
                "parameters": [
                    _TUS,
                    _header("Upload-Offset", _INTEGER),
                    _header(
                        "Upload-Checksum", _TEXT, required=False, says="`sha256` or `sha1` and the digest in base64"
                    ),
                ],
                "requestBody": {"required": True, "content": {tus.CONTENT_TYPE: {}}},
                "responses": _answers(
                    "204",
                    _plain("Received", "Upload-Offset"),
                    400,
                    401,
                    404,
                    408,
                    409,
                    410,
                    412,
                    413,
                    415,
                    423,
                    429,
                    460,
                ),
            },
            "delete": {
                "summary": "Give an upload up",
                "parameters": [_TUS],
                "responses": _answers("204", _plain("Gone"), 401, 404, 409),
            },
            "get": {
                "summary": "What became of it",
                "responses": _answers("200", _body("State and result", _ref("UploadStatus")), 401, 404),
            },
        },
        "/courses": {
            "get": {
                "summary": "Which courses are in the library, in which edition, approved until when",
                "responses": _answers("200", _body("Courses", _rows("courses")), 401),
            }
        },
        "/courses/{course}/points": {
            "parameters": [{"$ref": "#/components/parameters/Course"}],
            "get": {
                "summary": "The knowledge and skill points of a course",
                "responses": _answers("200", _body("Points", _rows("points")), 401, 404),
            },
        },
        "/healthz": {"get": {"summary": "Alive", "security": [], "responses": {"200": {"description": "Yes"}}}},
        "/openapi.json": {
            "get": {"summary": "This description", "security": [], "responses": {"200": {"description": "OpenAPI 3.1"}}}
        },
    }


def _schemas() -> _Json:
    whole = schema_of(UploadStatus, UPLOAD_SCHEMA)
    definitions = whole.pop("$defs")
    for name in ("$schema", "$id", "title"):
        whole.pop(name)
    definitions["Import"]["properties"]["schema"] = {"const": IMPORT_SCHEMA}
    text = json.dumps({"UploadStatus": whole, **definitions}).replace("#/$defs/", "#/components/schemas/")
    schemas: _Json = json.loads(text)
    schemas["Problem"] = {
        "description": "RFC 9457; `code` is the interface.",
        "type": "object",
        "properties": {"type": _TEXT, "status": {"type": "integer"}, "code": _TEXT, "title": _TEXT},
        "required": ["type", "status", "code", "title"],
    }
    return schemas


def _header(name: str, schema: _Json, *, required: bool = True, says: str | None = None) -> _Json:
    found: _Json = {"name": name, "in": "header", "required": required, "schema": schema}
    return found if says is None else {**found, "description": says}


def _plain(says: str, *headers: str) -> _Json:
    return {"description": says, "headers": {name: {"schema": _TEXT} for name in headers}}


def _body(says: str, content: _Json) -> _Json:
    return {"description": says, "content": {"application/json": content}}


def _ref(name: str) -> _Json:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _rows(name: str) -> _Json:
    rows = {"type": "array", "items": {"type": "object"}}
    return {"schema": {"type": "object", "properties": {name: rows}, "required": [name]}}


def _answers(good: str, answer: _Json, *problems: int) -> _Json:
    return {good: answer, **{str(status): {"$ref": "#/components/responses/Problem"} for status in problems}}
