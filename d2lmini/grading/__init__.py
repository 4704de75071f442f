"""Grading strangers' notebooks: a sandbox for their code, a judge outside it, and the books.

For instructors alone; nothing else in d2lmini imports it, and inside the sandbox it is not there.
"""
