"""A hundred ways in which a stage misbehaves, each a few lines that it runs: some must be its error,
some must not matter.

The lines see the job, and ``os``, ``signal``, ``sys``, ``threading`` and ``time``.
"""

from __future__ import annotations

RAISES = {
    "an exception": "raise RuntimeError('the shaft is bent')",
    "an exception without words": "raise RuntimeError",
    "an exception of a megabyte": "raise RuntimeError('x' * 10**6)",
    "a lone surrogate": "raise ValueError('\\udc80')",
    "control characters": "raise ValueError('\\x00\\x07\\x1b[2J\\x1b[31m\\r')",
    "a text that turns around": "raise ValueError('\\u202e\\u2066 abc')",
    "a workflow command": "raise ValueError('\\n::error file=x::y\\n::stop-commands::z')",
    "markup": "raise ValueError('[red]<b>|`*_</b>{{ x }}')",
    "many lines": "raise ValueError('\\n' * 5000)",
    "bytes": "raise ValueError(b'\\xff\\xfe')",
    "an exception that cannot speak": """\
class Mute(Exception):
    def __str__(self): raise RuntimeError('no words')
raise Mute""",
    "an exception whose class lies": """\
class Odd(Exception):
    __module__ = None
raise Odd""",
    "an exception that cannot be sent": "raise type('Local', (Exception,), {'x': lambda s: s})()",
    "an exception with notes": "e = ValueError('a'); e.add_note('\\x1b[0m'); raise e",
    "a group": "raise ExceptionGroup('two', [ValueError('a'), KeyError('b')])",
    "a base group": "raise BaseExceptionGroup('two', [KeyboardInterrupt(), SystemExit(0)])",
    "its own cause": "e = ValueError('a'); e.__cause__ = e; raise e",
    "a long chain": """\
def deeper(n):
    try:
        if n: deeper(n - 1)
        else: raise ValueError('bottom')
    except ValueError as e:
        raise ValueError(n) from e
deeper(200)""",
    "SystemExit": "raise SystemExit",
    "SystemExit 0": "sys.exit(0)",
    "SystemExit with a text": "sys.exit('enough')",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "GeneratorExit": "raise GeneratorExit",
    "StopIteration": "raise StopIteration",
    "a base exception": "raise type('Base', (BaseException,), {})()",
    "MemoryError": "raise MemoryError",
    "RecursionError": "f = lambda n: f(n + 1); f(0)",
    "pytest.skip": "import pytest; pytest.skip('no time')",
    "pytest.xfail": "import pytest; pytest.xfail('as ever')",
    "pytest.fail": "import pytest; pytest.fail('no')",
    "pytest.exit": "import pytest; pytest.exit('enough', returncode=0)",
    "unittest.SkipTest": "import unittest; raise unittest.SkipTest('no')",
    "Stopped": "from cbspec.errors import Stopped; raise Stopped('me')",
    "SourceChanged": "from cbspec.errors import SourceChanged; raise SourceChanged('me')",
    "ConfigError": "from cbspec.errors import ConfigError; raise ConfigError('me')",
    "an assertion": "assert False, '\\x1b[1m'",
    "an interrupt by signal": "signal.signal(2, signal.default_int_handler); os.kill(os.getpid(), 2); time.sleep(9)",
    "an alarm": """\
def late(*_): raise TimeoutError('late')
signal.signal(14, late); signal.alarm(1); time.sleep(9)""",
    "a failed import": "import there_is_no_such_module",
    "a syntax error": "compile('1 +', 'x', 'exec')",
    "an undecodable file": "open(sys.executable, encoding='utf-8').read()",
    "too many files": "kept = [open(os.devnull) for _ in range(10**7)]",
}
ENDS = {
    "os._exit(0)": "os._exit(0)",
    "os._exit(1)": "os._exit(1)",
    "os._exit(5)": "os._exit(5)",
    "os._exit in a thread": "threading.Thread(target=os._exit, args=(0,)).start(); time.sleep(60)",
    "SIGKILL": "os.kill(os.getpid(), 9)",
    "SIGTERM": "os.kill(os.getpid(), 15)",
    "SIGHUP": "os.kill(os.getpid(), 1)",
    "SIGSEGV": "os.kill(os.getpid(), 11)",
    "SIGABRT": "os.abort()",
    "SIGBUS": "os.kill(os.getpid(), 7)",
    "SIGXCPU": "os.kill(os.getpid(), 24)",
    "a null pointer": "import ctypes; ctypes.string_at(0)",
    "a broken stack": "import ctypes; ctypes.memset(id(None), 0, 2**24)",
    "its whole group": "os.killpg(0, 9)",
    "its group, gently": "os.killpg(0, 15)",
    "another program": "os.execv('/bin/true', ['true'])",
    "a program that fails": "os.execv('/bin/false', ['false'])",
    "too much memory": """\
import resource
resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); x = bytearray(2**31)""",
    "too much time": """\
import resource
resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
while True: pass""",
    "a file too large": """\
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); signal.signal(25, signal.SIG_DFL)
open('large', 'wb', buffering=0).write(b'x' * 100)""",
    "no files any more": "os.closerange(0, 4096); time.sleep(60)",
    "no connections any more": "os.closerange(3, 4096); time.sleep(60)",
    "a fatal error": "import faulthandler; faulthandler._fatal_error_c_thread(); time.sleep(60)",
    "no memory for threads": "import faulthandler; faulthandler._stack_overflow()",
}
HANGS = {
    "sleep": "time.sleep(10**6)",
    "a loop": "while True: pass",
    "a loop in C": "import re; re.match(r'(a+)+$', 'a' * 64 + 'b')",
    "a large power": "10 ** 10 ** 9",
    "a sleep that restarts": """\
for n in (1, 2, 10, 12, 14, 15): signal.signal(n, signal.SIG_IGN)
while True: time.sleep(1)""",
    "a lock taken twice": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "a pipe that nobody fills": "r, w = os.pipe(); os.read(r, 1)",
    "a child that never ends": "import subprocess; subprocess.run(['sleep', '1000'])",
    "a thread that never ends": """\
t = threading.Thread(target=time.sleep, args=(10**6,)); t.start(); t.join()""",
    "stopped by a signal": "os.kill(os.getpid(), 19)",
    "output without end": "while True: print('x' * 1000)",
    "every exception caught": """\
while True:
    try:
        job.advance(1, 10, 'step'); time.sleep(0.01)
    except BaseException: pass""",
}
REFUSED = {
    "advance with a number as unit": "job.advance(1, 10, 5)",
    "advance with NaN": "job.advance(float('nan'), 10, 'epoch')",
    "advance to infinity": "job.advance(1, float('inf'), 'epoch')",
    "advance with text": "job.advance('a', 'b', 'epoch')",
    "advance with None": "job.advance(None, None, None)",
    "advance with a huge integer": "job.advance(10**5000, 10, 'epoch')",
    "emit for nobody": "job.emit(17, measures={'value': 1.0})",
    "emit at no point": "job.emit(0, point=3, measures={'value': 1.0})",
    "emit at half a point": "job.emit(0, point=0.5, measures={'value': 1.0})",
    "emit an unknown measure": "job.emit(0, measures={'value': 1.0, 'other': 2.0})",
    "emit without a measure": "job.emit(0)",
    "emit text": "job.emit(0, measures={'value': 'high'})",
    "emit a complex number": "job.emit(0, measures={'value': 1j})",
    "emit a list": "job.emit(0, measures={'value': [1.0]})",
    "emit a value and a reason": "job.emit(0, measures={'value': 1.0}, undefined={'value': 'x'})",
    "emit an empty reason": "job.emit(0, undefined={'value': ''})",
    "emit NaN in a series": "job.emit(0, measures={'value': 1.0}, series={'c': [float('nan')]})",
    "emit an object in a series": "job.emit(0, measures={'value': 1.0}, series={'c': object()})",
    "emit a surrogate in a series": "job.emit(0, measures={'value': 1.0}, series={'c': '\\udc80'})",
    "emit tensors that are none": "job.emit(0, measures={'value': 1.0}, tensors={'t': [1.0]})",
    "emit twice": "job.emit(0, measures={'value': 1.0}); job.emit(0, measures={'value': 2.0})",
    "diverge and emit": "job.diverge(0, 'x'); job.emit(0, measures={'value': 2.0})",
    "diverge for nobody": "job.diverge(-1, 'x')",
    "diverge without a reason": "job.diverge(0, None)",
    "emit itself replaced": "job.emit = None",
}
HARMLESS = {
    "standard input": "sys.stdin.read()",
    "prints": "print('\\x1b[2J' + 'y' * 10**5); print('x' * 10**5, file=sys.stderr)",
    "closes its output": "os.close(1); os.close(2)",
    "another folder": "os.chdir('/')",
    "another environment": "os.environ.clear()",
    "a thread left behind": "threading.Thread(target=time.sleep, args=(3600,)).start()",
    "a process left behind": "import subprocess; subprocess.Popen(['sleep', '3600'])",
    "a forked child": "pid = os.fork(); pid or os._exit(3); os.waitpid(pid, 0)",
    "no collector": "import gc; gc.disable(); gc.freeze()",
    "another umask": "os.umask(0o077)",
    "an own session": "os.setpgid(0, 0)",
    "warnings": "import warnings; warnings.simplefilter('error')",
    "emitted twice alike": """\
value = 11 * job.replicas[0].seed
job.emit(0, measures={'value': value}); job.emit(0, measures={'value': float(value)})""",
    "closes its input": "os.close(0)",
    "no standard streams": "sys.stdin = sys.stdout = sys.stderr = None",
    "bytes as its output": "import io; sys.stdout = io.BytesIO()",
    "its streams closed": "sys.stdout.close(); sys.stderr.close()",
    "its streams elsewhere": """\
fd = os.open(os.devnull, os.O_RDWR)
for n in (0, 1, 2): os.dup2(fd, n)""",
    "a folder that is gone": """\
import tempfile
folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder)""",
    "an end that hangs": "import atexit; atexit.register(time.sleep, 10**6)",
    "signals ignored": """\
for n in (1, 2, 3, 10, 12, 13, 14, 15): signal.signal(n, signal.SIG_IGN)""",
    "an alarm left behind": "signal.setitimer(signal.ITIMER_REAL, 0.2)",
    "a timer that ends the process": "threading.Timer(0.2, os._exit, [0]).start()",
    "a process in a session of its own": """\
import subprocess
subprocess.Popen(['sleep', '60'], start_new_session=True)""",
    "fifty children": "import subprocess; [subprocess.Popen(['sleep', '60']) for _ in range(50)]",
    "a hundred threads": """\
for _ in range(100): threading.Thread(target=time.sleep, args=(60,)).start()""",
    "a fork that goes on": "os.fork()",
    "traces": "sys.settrace(lambda *_: None); sys.setprofile(lambda *_: None)",
    "a hook that exits": "sys.excepthook = threading.excepthook = lambda *_: os._exit(0)",
    "few files": "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))",
    "low priority": "os.nice(19)",
    "one core": "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})",
    "modules gone": "sys.modules.pop('json'); sys.modules.pop('lab')",
    "no imports": "sys.path.clear(); sys.meta_path.clear()",
    "time stands still": "time.time = time.monotonic = lambda: 0.0",
    "another locale": "import locale; locale.setlocale(locale.LC_ALL, 'C')",
    "a late emission": """\
threading.Timer(0.2, lambda: job.emit(0, measures={'value': 999.0})).start()""",
    "a late report": "threading.Timer(0.2, lambda: job.advance(1, 2, 'late')).start()",
    "collected late": """\
class Late:
    def __del__(self): os.kill(os.getpid(), 15)
threading.late = Late()""",
    "progress without end": "job.advance(11, 10, 'step'); job.advance(0, 0, ''); job.advance(-1, 3, '\\x1b[2J')",
}
FATAL = RAISES | ENDS | HANGS | REFUSED
