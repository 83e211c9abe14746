"""The course's names: a notebook of Stanford's CS231n runs once `cs231n` in its imports is replaced by `nnlib.course`.

Each module has the name that it has in the course, offers nnlib's functions and adds what only the course has. It
stands apart from the book, which it reads; COURSE.md says what is like in the course and what is not.
"""
