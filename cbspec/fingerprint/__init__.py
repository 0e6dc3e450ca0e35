"""The code fingerprint: what a stage's implementation reaches inside the project, read from the
source alone.

What counts, by module-level definition (a class with its methods, a constant, a function, the
binding of an imported name):

- all that a reached definition names, in bodies, defaults, decorators, bases and annotations,
  quoted ones included;
- of every module that is imported on the way, the statements that act when it is imported:
  registrations, patches, loops;
- the implementation's catalog entries, found by the literal text ``"module:function"``, without
  what only documents;
- the whole module where one is looked into by a computed name, passed on as a value, or asked for a
  name that nothing in it binds; the whole project behind ``eval``, an import by a name that cannot
  be followed, and the like.

An object's class is not guessed from the names of its methods. It is reached where the object is
made, and brings every method; an object that others' code makes has its class named in a catalog
entry, an annotation or an argument.
"""

from cbspec.fingerprint.change import Change, changes
from cbspec.fingerprint.code import Code, Fingerprint

__all__ = ["Change", "Code", "Fingerprint", "changes"]
