"""Households: the people, the home and the boiler; who asked, who lives there, who pays."""
