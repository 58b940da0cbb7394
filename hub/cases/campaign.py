"""The plan's campaigns and a case go in, the departments that they call in come out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from hub.cases.matching import Matter, against
from hub.cases.plan import Campaign, Plan


def running(plan: Plan, matter: Matter, at: datetime) -> Iterator[Campaign]:
    """Yield the campaigns that `matter` falls under at the instant `at`, by the city's date."""
    today = at.astimezone(plan.working.timezone).date()
    for campaign in plan.campaigns:
        if campaign.begins <= today <= campaign.ends and against(campaign.match, matter) is None:
            yield campaign
