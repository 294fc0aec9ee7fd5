"""All commands together."""

import typer

from fleet.cli import audit, bench, image, organisation, serving, token, user

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Heropstart: the central service.")
for command in (serving.serve, serving.migrate, serving.demo):
    app.command()(command)
app.command("verify-certificate")(audit.verify_certificate)
for name, group in (
    ("organisation", organisation.app),
    ("user", user.app),
    ("bench", bench.app),
    ("token", token.app),
    ("image", image.app),
    ("audit", audit.app),
):
    app.add_typer(group, name=name)
