"""Make the accounts of development; ``make run`` calls it. Never in production."""

import asyncio
import sys

from connectors.record.database import Database, migrate
from connectors.record.employees import EmployeeStore
from connectors.settings import Settings

ACCOUNTS = (
    ("agent1", "Sofie Holm", "employee"),
    ("agent2", "Jonas Friis", "employee"),
    ("supervisor", "Mette Lund", "supervisor"),
)


async def make_accounts(settings: Settings) -> None:
    """Add or renew the three demo accounts; they see every team."""
    database = Database(settings.sql_url)
    store = EmployeeStore(database)
    try:
        for username, name, role in ACCOUNTS:
            await store.add(
                username=username,
                name=name,
                password=settings.staff_password.get_secret_value(),
                role=role,
                teams=(),
                is_demo=True,
            )
    finally:
        await database.close()


def main() -> int:
    """Make the accounts; refuses in production."""
    settings = Settings()
    if settings.stage == "production":
        print("Demo accounts are not made in production.", file=sys.stderr)
        return 1
    migrate(settings.sql_url)
    asyncio.run(make_accounts(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
