"""The action server: ``python -m bot.actions --port 8613``. On loopback unless told otherwise.

rasa-sdk's own server listens on every address, and answers an error with the whole conversation, which
Rasa then writes to its log. This one does neither; it runs the same executor.
"""

from __future__ import annotations

import argparse
import logging
import os
import zlib
from json import loads

from rasa_sdk.executor import ActionExecutor
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

logger = logging.getLogger("bot.actions")


def create_app(package: str = "bot.actions") -> Sanic:
    """A server with ``GET /health`` and ``POST /webhook``, as Rasa calls it."""
    app = Sanic("klara_actions", configure_logging=False)
    executor = ActionExecutor()
    executor.register_package(package)

    @app.get("/health")
    async def health(_: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        name = None
        try:
            deflated = request.headers.get("Content-Encoding") == "deflate"
            call = loads(zlib.decompress(request.body)) if deflated else request.json
            name = call.get("next_action")
            return response.json(await executor.run(call))
        except Exception as error:  # noqa: BLE001 Rasa takes any 500 for a failed action; what went wrong stands here
            own = type(error).__name__ == "InternalApiError"  # says nothing of a citizen
            logger.error("action %s failed: %s %s", name, type(error).__name__, error if own else "")
            return response.json({"error": type(error).__name__, "action_name": name}, status=500)

    return app


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m bot.actions")
    parser.add_argument("--host", default=os.environ.get("SANIC_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=int, default=8613)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("sanic.root").setLevel(logging.WARNING)
    create_app().run(host=options.host, port=options.port, access_log=False, debug=False)


if __name__ == "__main__":
    main()
