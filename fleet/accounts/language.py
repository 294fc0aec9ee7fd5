"""The language that a person chose, kept on the account: it goes along to every computer."""

from sqlalchemy import update
from sqlmodel import Session, col

from fleet.accounts.models import Account
from fleet.auth.rules import ActorKind, Principal
from fleet.db.session import act_for
from fleet.ui.i18n import Language


def keep_language(session: Session, principal: Principal, language: Language) -> bool:
    """Note it on the caller's own account, also while they work as a guest for another organisation; False for no account."""
    if principal.actor.kind is not ActorKind.ACCOUNT or principal.actor.id is None:
        return False
    account = session.get(Account, principal.actor.id)
    if account is None:
        return False
    act_for(session, account.organisation_id)  # a row is changed by its own organisation only
    session.connection().execute(update(Account).where(col(Account.id) == account.id).values(language=language.value))
    act_for(session, principal.organisation_id)
    return True
