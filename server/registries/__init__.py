"""What is known of the registers of health professions. Pure: nothing is looked up, nothing is kept."""
