"""The language that a person chose, kept on the account: it goes along to every computer."""

from sqlalchemy import update
from sqlmodel import Session, col

from fleet.accounts.models import Account
from fleet.auth.rules import ActorKind, Principal
from fleet.ui.i18n import Language


def keep_language(session: Session, principal: Principal, language: Language) -> bool:
    """Whether the caller has an account here on which it could be noted."""
    if principal.actor.kind is not ActorKind.ACCOUNT or principal.actor.id is None:
        return False
    noted = session.connection().execute(
        update(Account).where(col(Account.id) == principal.actor.id).values(language=language.value)
    )
    return noted.rowcount == 1
