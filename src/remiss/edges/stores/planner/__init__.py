"""How lists of cases are answered: access paths, and the choice among them."""
