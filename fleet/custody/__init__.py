"""Who holds which device: hand-overs between organisations and between the sites of one."""
