"""Downloads: content that others made, sent so that no browser does anything with it but keep it in a file.

It is an attachment under a harmless name, never sniffed for another type, and kept by no cache. Should a browser open it all
the same, it is in a sandbox without an origin, where nothing runs and nothing is loaded.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

SANDBOX = "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def download(content: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """Return a response that is kept in a file.

    Parameters
    ----------
    name : the file's, already harmless; letters beyond ASCII are sent as RFC 6266 says
    """
    plain = "".join(letter if letter.isascii() and letter not in '"\\' else "_" for letter in name)
    return Response(
        content,
        headers={
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": SANDBOX,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
        media_type=media_type,
    )
