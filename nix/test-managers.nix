# The process managers that run in a test's machine, which is a Linux one.
[ "disnix" "docker" "openrc" "runit" "s6-rc" "supervisord" "systemd" "sysvinit" ]
