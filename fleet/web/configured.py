"""The settings, for handlers that need one."""

from typing import Annotated

from fastapi import Depends, Request

from fleet.config import Settings


def get_settings(request: Request) -> Settings:
    """The application's settings."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]
