"""Formulas in the language of TeX: as MathML, as drawings, as words."""
