# ruff: noqa: RUF012
"""Subclasses that nobody names."""


class Known:
    members = []

    def __init_subclass__(cls, **named):
        Known.members.append(cls)


class Mild(Known):
    strength = 1


class Strong(Known):
    strength = 5


def families(job):
    return [member.strength * job for member in Known.members]


class Root:
    pass


class Leaf(Root):
    def weigh(self, x):
        return 6 * x


def leaves(job):
    return [cls().weigh(job) for cls in Root.__subclasses__()]


class Meta(type):
    def __new__(mcs, name, bases, space):
        space["power"] = 9
        return super().__new__(mcs, name, bases, space)


class Made(metaclass=Meta):
    pass


def made(job):
    return Made.power * job
