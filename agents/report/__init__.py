"""How the bench speaks to the service: enrolment, signed requests, codes in stock, and the outbox."""
