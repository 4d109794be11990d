"""Dated prices and warranty rules, and the bill of a visit. Won as integers, VAT included."""
