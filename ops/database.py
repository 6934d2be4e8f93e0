"""Bring the database to the newest form and make the demo accounts. Reads the same settings as the service."""

from connectors.record.database import migrate
from connectors.settings import Settings


def main() -> None:
    """Entry point; the demo accounts refuse themselves in production."""
    settings = Settings()
    migrate(settings.sql_url)
    if settings.stage != "production":
        from connectors import demo_staff

        demo_staff.main()


if __name__ == "__main__":
    main()
