"""Run the service: ``python -m connectors``."""

import sys

import uvicorn
from pydantic import ValidationError

from connectors.app import create_app
from connectors.logging import set_up_logging
from connectors.municipality import ConfigurationError
from connectors.settings import Settings


def main() -> int:
    """Serve until stopped; 1 if the configuration is wrong."""
    set_up_logging()
    try:
        settings = Settings()
        app = create_app(settings)
    except (ValidationError, ConfigurationError) as error:
        print(f"The configuration is wrong: {error}", file=sys.stderr)
        return 1
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        ws_max_size=settings.max_body_bytes,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=8,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
