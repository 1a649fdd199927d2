"""supervisord, which has to listen at port 9001 and to read what is linked into conf.d."""

from ..failures import RequestFailed
from .manager import Manager

_PORT = 9001

_CONFIGURATION = """[supervisord]
logfile=%(log)s/supervisord.log
pidfile=%(run)s/supervisord.pid
childlogdir=%(log)s
%(user)s
[inet_http_server]
port=127.0.0.1:%(port)d
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=http://localhost:%(port)d
[include]
files=conf.d/*.conf
"""

_PREPARE = """
mkdir -p -- "$1/conf.d" "$2" "$3"
printf %s "$4" >"$1/supervisord.conf"
"""


class Supervisord(Manager):
    """See machine.managers.manager."""

    def _directory(self):
        return self.variant.state_dir + "/lib/supervisord"

    def missing(self):
        return None if self.program("supervisord") else "supervisord is not on PATH"

    def environment(self):
        return {"SUPERVISORD_CONF_DIR": self._directory()}

    def start(self, machine):
        log = self.variant.state_dir + "/log"
        text = _CONFIGURATION % {"log": log, "run": self.variant.runtime_dir, "port": _PORT,
                                 "user": "" if self.variant.unprivileged else "user=root"}
        self.run(machine, [self.settings.shell(), "-euc", _PREPARE, "prepare", self._directory(), log,
                           self.variant.runtime_dir, text])
        # It goes into the background when it listens.
        self.run(machine, [self.program("supervisord"), "-c", self._directory() + "/supervisord.conf"])
        if not machine.connection.await_port("127.0.0.1", _PORT, is_open=True, interval=0.02, timeout=30):
            raise RequestFailed("supervisord does not listen at port %d" % _PORT)

    def log(self, machine, lines):
        output = machine.execute("tail -n %d %s/log/supervisord.log" % (lines, self.variant.state_dir))[1]
        return output.splitlines()
