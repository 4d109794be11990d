"""A plan as a page that one can look at: a file without neighbours, for a mail or a drawer."""

from scheduling.picture.page import render_page

__all__ = ["render_page"]
