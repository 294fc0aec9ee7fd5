"""What the receiving page and the API take."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError
from stdnum import imei

from fleet.contract.kinds import DeviceKind
from fleet.contract.storage import StorageIdentity
from fleet.desk.receiving import NewArrival
from fleet.devices.states import Origin


class ArrivalFields(BaseModel):
    """A device as a person describes it; weight in grams."""

    kind: DeviceKind
    model: str = Field(min_length=1, max_length=200)
    place: str = Field(min_length=1, max_length=200)
    origin: Origin = Origin.DONATED
    batch_id: UUID | None = None
    manufacturer: str | None = Field(default=None, max_length=100)
    serial: str | None = Field(default=None, max_length=200)
    imei: str | None = Field(default=None, max_length=20, description="15 digits")
    weight_g: int | None = Field(default=None, gt=0, le=200_000)
    sealed: bool = False
    site_id: UUID | None = Field(default=None, description="where it stands; absent: the workstation's site, or the only one")

    @field_validator("imei")
    @classmethod
    def _real_imei(cls, value: str | None) -> str | None:
        if value is not None and not imei.is_valid(value):
            raise PydanticCustomError("imei_wrong", "this IMEI has a wrong digit")
        return imei.compact(value) if value else None

    def arrival(self, storages: tuple[StorageIdentity, ...] = ()) -> NewArrival:
        """For the service."""
        fields = self.model_dump(include=set(ArrivalFields.model_fields))
        return NewArrival(**fields, storages=storages)


class ArrivalIn(ArrivalFields):
    """A device that comes in, with the storage that is known to be fitted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "laptop", "manufacturer": "Lenovo", "model": "ThinkPad T480", "place": "Rek 1", "origin": "bought_new"}
            ]
        },
    )

    storages: tuple[StorageIdentity, ...] = Field(default=(), max_length=16)


class ArrivalForm(ArrivalFields):
    """The receiving page. It does not ask for storage: a bench reads it, and what is typed would be a second truth."""

    also: str | None = Field(default=None, max_length=400)
    """A number of another system, as it was scanned."""
