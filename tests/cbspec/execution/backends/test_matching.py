"""A machine refuses to compute what it would compute otherwise than it was planned."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from cbspec.execution.backends.matching import MachineDiffers, Matching
from cbspec.execution.numerics import LAYOUT
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import StageTask
from cbspec.execution.wire import packed
from cbspec.project import Project
from cbspec.stage import Call
from tests.support.laboratory import Laboratory


@pytest.fixture
def planned(project: Laboratory) -> StageTask:
    """A task as it was planned here."""
    here = Project(project.root)
    planner = here.planner("cpu", computing=True)
    stage = here.catalog["grow"]
    cell = planner.cell(Call(stage, stage.parameters(day=2)), 1)
    implementation = stage.implementation
    return StageTask(
        label="grow",
        cells=(cell,),
        numerics=planner.numerics,
        code={implementation: planner.fingerprint(implementation).digest},
        surroundings=planner.surroundings,
        watch=here.code.watch(implementation),
    )


@pytest.fixture
def received(project: Laboratory) -> Callable[..., StageTask]:
    """Receive a task as another machine does that has the project as it is now."""

    def receive(content: bytes, layout: int = LAYOUT) -> StageTask:
        config = Project(project.root).config
        surroundings = Surroundings.of_project(config)
        return Matching(config, {}, project.root / ".cbspec").received(
            content, surroundings, layout
        )

    return receive


def test_a_machine_with_the_same_code_takes_it(
    planned: StageTask, received: Callable[..., StageTask]
) -> None:
    """The task names the same results, and watches the files of this machine."""
    task = received(packed(planned))

    assert task.cells == planned.cells
    assert task.code == planned.code
    assert task.watch == planned.watch


def test_other_code_is_refused(
    project: Laboratory, planned: StageTask, received: Callable[..., StageTask]
) -> None:
    """The message names the implementation."""
    sent = packed(planned)
    project.edit("lab/catalog.py", "uniform(-0.5, 0.5)", "uniform(-0.4, 0.4)")

    with pytest.raises(MachineDiffers, match=r"the code of lab\.catalog:grow is other code"):
        received(sent)


def test_other_arithmetic_is_refused(
    planned: StageTask, received: Callable[..., StageTask]
) -> None:
    """Another build of torch computes other bits."""
    other = dataclasses.replace(planned.numerics, torch="1.0")

    with pytest.raises(MachineDiffers, match=r"torch is .* here, planned with 1\.0"):
        received(packed(dataclasses.replace(planned, numerics=other)))


def test_other_declared_dependencies_are_refused(
    project: Laboratory,
    received: Callable[..., StageTask],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A package or a variable that the key names is another one here; both are told."""
    declared = '[tool.cbspec]\nversions = ["numpy"]\nenvironment = ["LAB_MODE"]\n'
    project.edit("pyproject.toml", "[tool.cbspec]\n", declared)
    monkeypatch.setattr("cbspec.execution.surroundings._version", lambda name: "2.0")
    sent = packed(request.getfixturevalue("planned"))

    received(sent)
    monkeypatch.setattr("cbspec.execution.surroundings._version", lambda name: "1.0")
    monkeypatch.setenv("LAB_MODE", "fast")

    with pytest.raises(MachineDiffers) as caught:
        received(sent)
    assert str(caught.value) == (
        "versions: {'numpy': '1.0'} here, planned with {'numpy': '2.0'}; "
        "environment: {'LAB_MODE': 'fast'} here, planned with {'LAB_MODE': None}"
    )


def test_another_layout_is_refused(planned: StageTask, received: Callable[..., StageTask]) -> None:
    """A driver of another version reads results otherwise."""
    with pytest.raises(MachineDiffers, match="layout"):
        received(packed(planned), layout=LAYOUT + 1)


def test_a_device_that_is_not_there_is_named(
    planned: StageTask, received: Callable[..., StageTask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A helper without a GPU refuses what was planned for one."""
    monkeypatch.setattr("cbspec.execution.devices.Cuda.absent", lambda *_: "none")
    other = dataclasses.replace(planned.numerics, device="cuda")

    with pytest.raises(MachineDiffers, match="no CUDA device is visible"):
        received(packed(dataclasses.replace(planned, numerics=other)))
