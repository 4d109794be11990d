"""What people and other programs see: pages by screen, and the JSON API."""
