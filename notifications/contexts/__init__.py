"""Every notice as plain frozen data, a file for each kind of news; `messages` is the door to them."""
