"""A plan as people see it: a page (`html`) and a picture (`png`)."""
