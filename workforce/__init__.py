"""Companies (brands), service points and their people: who may do what, where, and when."""
