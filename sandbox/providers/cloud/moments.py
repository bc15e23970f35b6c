"""Points in time that a simulated cloud can restore: those whose data is the current one."""

import datetime

RECENT = datetime.timedelta(minutes=15)
"""A restore copies the source's current data, which stands for that of the last minutes."""


def is_recent(moment: datetime.datetime) -> bool:
    """Whether a time is in the last minutes; one without a time zone is in UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return datetime.timedelta() <= datetime.datetime.now(datetime.UTC) - moment <= RECENT
