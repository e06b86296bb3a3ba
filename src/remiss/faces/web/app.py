"""The pages, added to the application that also has the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from remiss.faces.auth import Sessions
from remiss.faces.web import sign_in

HERE = Path(__file__).parent


def add_pages(app: FastAPI, sessions: Sessions, used: Callable[[], None]) -> None:
    """Add all pages.

    Parameters
    ----------
    used : called when the one-time link has been used, so that there is a new one
    """
    app.include_router(sign_in.router(sessions, used))
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    app.mount("/assets", StaticFiles(directory=HERE / "assets", check_dir=False), name="assets")
