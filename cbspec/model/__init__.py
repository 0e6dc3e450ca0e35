"""Plain data that the other packages hand to each other: values, what judging finds, an edit, a
place in a file.
"""
