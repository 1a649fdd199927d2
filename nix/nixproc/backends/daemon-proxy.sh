# Stands in the foreground for a daemon: runs the command that starts it, waits for the PID file, stays as long as the
# process lives, and passes signals on to it. Run as `SHELL SCRIPT PIDFILE GRACE COMMAND…`, where GRACE is how many tenths of
# a second the daemon gets to end after TERM, INT or QUIT before it is killed. Stands behind process-identity.sh.
#
# These variables may stand before it: nixproc_elsewhere and nixproc_faint, as for process-functions.sh. A daemon that was
# found without its PID file gets one, for those who look for it there.
#
# Exits with 0 when it was asked to end, with the command's own code when that failed, and with 1 when there was no PID
# file of a running process within ten seconds or the daemon ended by itself. What the command started and cannot be watched
# is ended before: whoever starts it again would have a second one.

unset IFS
set -f
pid_file=$1 grace=$2
shift 2

nixproc_explain() {
  printf '%s\n' "$*" >&2
}

# Sets $daemon and $born from the PID file. Fails when it names no process that can be the daemon.
find_daemon() {
  nixproc_believe "$pid_file" || return
  daemon=$nixproc_candidate born=$nixproc_birth
}

nixproc_look_by_program() {
  nixproc_find_offspring "$@"
}

# guess_daemon MILLISECONDS COMMAND…: the same without a PID file, where the model names none.
guess_daemon() {
  nixproc_guess "$@" || return
  daemon=$nixproc_candidate born=$nixproc_birth
  # With noclobber, nothing is written through what somebody else has put there.
  (umask 022 && set -C && printf '%s\n' "$daemon" >"$pid_file") 2>/dev/null || :
}

# Whether the daemon lives, to look at it each second. Without /proc, ps would be started each time.
is_alive() {
  if [ -r /proc/self/stat ]; then nixproc_is "$daemon" "$born"; else kill -s 0 "$daemon" 2>/dev/null; fi
}

pass_on() {
  if [ -n "$daemon" ]; then nixproc_send "$1" "$daemon" "$born"; fi
}

end_with() {
  ending=$1
  pass_on "$1"
}

# The starting command runs in the foreground, as it would in a terminal; until it is done, signals wait.
daemon= born= ending= waited=0
trap 'end_with TERM' TERM
trap 'end_with INT' INT
trap 'end_with QUIT' QUIT
trap 'pass_on HUP' HUP
trap 'pass_on USR1' USR1
trap 'pass_on USR2' USR2

# Whoever a PID file from before names: it is not the daemon that is about to be started.
nixproc_tool rm -f -- "$pid_file" || exit 1

# give_up CODE COMMAND…: ends what the command has started, and then this proxy.
give_up() {
  code=$1
  shift
  nixproc_find_offspring "$@"
  first=TERM left=$nixproc_offspring
  while [ -n "$left" ] && [ "$waited" -le $((grace + 20)) ]; do
    for process in $left; do
      if [ "$waited" -ge "$grace" ]; then first=KILL; fi
      if [ -n "$first" ]; then nixproc_send "$first" "${process%%:*}" "${process#*:}"; fi
    done
    first=
    nixproc_tool sleep 0.1
    waited=$((waited + 1))
    living=
    for process in $left; do
      if nixproc_is "${process%%:*}" "${process#*:}"; then living="$living $process"; fi
    done
    left=$living
  done
  nixproc_name_suspects
  exit "$code"
}

# start_daemon COMMAND…: starts it without the variables that shells add to an environment.
start_daemon() {
  # env takes a program with "=" in its path for a variable; nice does not.
  case $1 in *=*) set -- "$nixproc_coreutils/nice" -n 0 -- "$@" ;; esac
  nixproc_tool env -u PWD -u OLDPWD -u SHLVL -u _ "$@"
}
start_daemon "$@" || give_up "$?" "$@"

tries=100 refused=0
until find_daemon || guess_daemon $(((100 - tries) * 100)) "$@" || { [ "$tries" -le 1 ] && guess_daemon last "$@"; }; do
  tries=$((tries - 1))
  # Who is told to end does not wait for a PID file that may never come.
  if [ -n "$ending" ]; then
    nixproc_find_offspring "$@"
    if [ -n "$nixproc_offspring" ]; then give_up 0 "$@"; fi
  fi
  if [ -n "$nixproc_pid" ]; then refused=$((refused + 1)); fi
  if [ "$tries" -le 0 ] || [ "$refused" -ge 5 ]; then
    # A number may be read while it is written, but not five times.
    if [ -n "$nixproc_pid" ]; then
      echo "the daemon cannot be watched: $pid_file names process $nixproc_pid, which $nixproc_why" >&2
    else
      echo "the daemon did not write the PID of a running process to $pid_file" >&2
    fi
    give_up 1 "$@"
  fi
  nixproc_tool sleep 0.1
done
if [ -n "$ending" ]; then pass_on "$ending"; fi

while :; do
  if ! is_alive; then
    # It may have handed over to a successor.
    last=$daemon before=$born
    if find_daemon && [ "$daemon" != "$last" ]; then
      if [ -n "$ending" ]; then pass_on "$ending"; fi
      continue
    fi
    daemon=$last born=$before
    break
  fi
  if [ -z "$ending" ]; then
    # A function in the background would be a shell with a sleep of its own, which outlives it.
    "${nixproc_coreutils:+$nixproc_coreutils/}sleep" 1 &
    pause=$!
    wait "$pause" 2>/dev/null
    # A signal ended the waiting, not the second.
    if [ "$?" -gt 128 ]; then
      kill "$pause" 2>/dev/null
      wait "$pause" 2>/dev/null
    fi
  else
    if [ "$waited" -ge "$grace" ]; then
      echo "the daemon did not end after SIG$ending: it is killed" >&2
      # The group too, if it leads one: what it left behind would hold its ports.
      nixproc_send_to_group KILL "$daemon" "$born" || nixproc_send KILL "$daemon" "$born"
    fi
    waited=$((waited + 1))
    nixproc_tool sleep 0.1
  fi
done

if nixproc_read_pid "$pid_file" && [ "$nixproc_pid" = "$daemon" ]; then nixproc_tool rm -f -- "$pid_file"; fi
if [ -z "$ending" ]; then
  echo "the daemon (process $daemon) ended by itself" >&2
  exit 1
fi
exit 0
