"""Tasks of before, which did not note the code of their device, get it."""

import pytest
from alembic import command
from sqlalchemy import text

from fleet.auth.rules import SYSTEM
from fleet.db.engine import Role as DatabaseRole
from fleet.db.migrate import alembic_config
from fleet.tasks import service
from fleet.tasks.models import Task
from fleet.tasks.rules import TaskKind
from tests.fleet.drives.bench_drives import Bench, device_of

pytestmark = pytest.mark.db


def test_a_task_of_before_is_found_by_its_device(workshop, database) -> None:
    code, organisation = Bench(workshop).drive("S-1", wiped=False)[0], workshop.organisation_id
    device, told = device_of(workshop, code).id, {"reason": "koud"}
    with workshop.unit() as session:
        of_device = service.open_task(session, organisation, TaskKind.IMAGE_FAILED, actor=SYSTEM, data=told, device_id=device).id
        of_none = service.open_task(session, organisation, TaskKind.EVENT_GAP, actor=SYSTEM, data=told).id
    with database.engine(DatabaseRole.OWNER).begin() as connection:
        command.downgrade(alembic_config(connection), "0025")
        command.upgrade(alembic_config(connection), "head")
        assert connection.scalar(text("SELECT current_user")) == "fleet_owner"
    with workshop.unit() as session:
        assert session.get_one(Task, of_device).data == {"code": code, **told}
        assert session.get_one(Task, of_none).data == told
