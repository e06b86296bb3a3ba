"""Lists, counts and facets of many cases: for each kind of question a statement that is made once."""
