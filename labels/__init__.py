"""What is on a label and how it is drawn; knows nothing of the service or of the bench."""
