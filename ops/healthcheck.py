"""For a container's health check: 0 while the service answers and its record can be written.

Rasa or Redis being down does not make the service ill: it goes on answering and handing over without them.
"""

import json
import os
import sys
import urllib.error
import urllib.request

from ops.ports import LOOPBACK


def is_well(health: dict[str, object]) -> bool:
    """Whether /healthz's answer says that messages are still accepted and kept."""
    components = health.get("components")
    return isinstance(components, dict) and components.get("record") == "ok"


def main() -> int:
    """Entry point of the image's HEALTHCHECK."""
    address = f"http://{LOOPBACK}:{os.environ.get('KLARA_PORT', '8000')}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=4) as response:
            health = json.load(response)
    except urllib.error.HTTPError as error:
        health = json.load(error)
    except (OSError, ValueError):
        return 1
    return 0 if is_well(health) else 1


if __name__ == "__main__":
    sys.exit(main())
