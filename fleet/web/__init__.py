"""How pages reach a browser: rendering, languages, problems, CSRF, headers, static files. Knows no noun of the service."""
