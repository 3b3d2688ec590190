"""What officers send from the field, before it is kept."""
