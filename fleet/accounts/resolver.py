"""What accounts tell request identity: who holds a session token, and whose a bench key is."""

from uuid import UUID

from sqlmodel import Session

from fleet.accounts import api_tokens, benches_repository, repository
from fleet.accounts.tokens import csrf_token, token_hash
from fleet.auth.identity import BenchKey
from fleet.auth.rules import Actor, ActorKind, Principal, roles_by_means
from fleet.db.columns import utc_now
from fleet.db.session import act_for

SECURE_COOKIE = "__Host-heropstart"  # browsers take a cookie of this name over HTTPS only, for this host and all its paths
PLAIN_COOKIE = "heropstart"


class AccountsResolver:
    """The resolver that the application hands to `fleet.auth.identity`."""

    def cookie_name(self, *, secure: bool) -> str:
        """The name of the session cookie."""
        return SECURE_COOKIE if secure else PLAIN_COOKIE

    def staff(self, session: Session, token: str) -> Principal | None:
        """Who holds a session token, if the session and the account are valid now."""
        found = repository.by_token(session, token_hash(token))
        if found is None:
            return None
        act_for(session, found.organisation_id)
        repository.session_seen(session, found.session_id, utc_now())
        return Principal(
            organisation_id=found.organisation_id,
            actor=Actor(ActorKind.ACCOUNT, found.account_id),
            roles=roles_by_means(found.roles, found.means),
            name=found.display_name,
            organisation_name=found.organisation_name,
            language=found.language,
            csrf_token=csrf_token(token),
            session_id=found.session_id,
            means=found.means,
            workstation_id=found.workstation_id,
            must_change=found.must_change,
        )

    def token(self, session: Session, token: str) -> Principal | None:
        """Who acts with an API token."""
        return api_tokens.holder(session, token)

    def bench_key(self, session: Session, key_id: str) -> BenchKey | None:
        """The bench that enrolled a key."""
        found = benches_repository.bench_by_key(session, key_id)
        return BenchKey(*found) if found else None

    def bench_seen(self, session: Session, bench_id: UUID) -> None:
        """A bench has proven itself just now."""
        benches_repository.bench_seen(session, bench_id, utc_now())


resolver = AccountsResolver()
