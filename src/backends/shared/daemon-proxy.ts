import { shellQuote } from './shell-quote.js';

/**
 * A script that stands in the foreground for a daemon: it runs the command that starts it, waits for the PID file, stays
 * as long as the process lives, and passes signals on to it. Run it as `SHELL SCRIPT PIDFILE GRACE COMMAND…`, where GRACE
 * is how many tenths of a second the daemon gets to end after TERM, INT or QUIT before it is killed.
 *
 * Exits with 0 when it was asked to end, with the command's own code when that failed, and with 1 when there was no PID
 * file of a running process within ten seconds or the daemon ended by itself.
 *
 * @param coreutils the package whose sleep and rm are used, since the daemon's PATH may lack them
 */
export const daemonProxyScript = (coreutils: string): string => `unset IFS
set -f
sleep=${shellQuote(`${coreutils}/bin/sleep`)}
rm=${shellQuote(`${coreutils}/bin/rm`)}
pid_file=$1 grace=$2
shift 2

# Sets $started to when process $1 began, which tells it from a later one with the same PID. Fails when it is gone;
# one that is dead, but whose parent has not asked for its exit code yet, is gone.
look_at() {
  started=
  if [ ! -r /proc/self/stat ]; then
    kill -0 "$1" 2>/dev/null
    return
  fi
  fields=
  # The name of the program, in parentheses, may hold anything, line feeds too.
  { while read -r line || [ -n "$line" ]; do fields="$fields $line"; done <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${fields##*)}
  case \${1:-Z} in Z | X) return 1 ;; esac
  shift 19
  started=$1
}

# Sets $daemon and $born from the PID file. Fails when it names no process that lives.
find_daemon() {
  candidate=
  { read -r candidate rest <"$pid_file"; } 2>/dev/null
  case $candidate in '' | 0* | *[!0-9]*) return 1 ;; esac
  look_at "$candidate" || return 1
  daemon=$candidate born=$started
}

is_alive() {
  look_at "$daemon" && [ "$started" = "$born" ]
}

pass_on() {
  if [ -n "$daemon" ] && is_alive; then kill -s "$1" "$daemon" 2>/dev/null; fi
}

end_with() {
  ending=$1
  pass_on "$1"
}

# The starting command runs in the foreground, as it would in a terminal; until it is done, signals wait.
daemon= ending= waited=0
trap 'end_with TERM' TERM
trap 'end_with INT' INT
trap 'end_with QUIT' QUIT
trap 'pass_on HUP' HUP
trap 'pass_on USR1' USR1
trap 'pass_on USR2' USR2

# Whoever a PID file from before names: it is not the daemon that is about to be started.
"$rm" -f -- "$pid_file" || exit 1
"$@" || exit

tries=100 dead=0
until find_daemon; do
  tries=$((tries - 1))
  case $candidate in '') ;; *) dead=$((dead + 1)) ;; esac
  if [ "$tries" -le 0 ] || [ "$dead" -ge 5 ]; then
    # A number may be read while it is written, but not five times.
    echo "the daemon did not write the PID of a running process to $pid_file" >&2
    exit 1
  fi
  "$sleep" 0.1
done
if [ -n "$ending" ]; then pass_on "$ending"; fi

while :; do
  if ! is_alive; then
    # It may have handed over to a successor.
    last=$daemon
    if find_daemon && [ "$daemon" != "$last" ]; then
      if [ -n "$ending" ]; then pass_on "$ending"; fi
      continue
    fi
    daemon=$last
    break
  fi
  if [ -z "$ending" ]; then
    "$sleep" 1 &
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
      kill -s KILL -- "-$daemon" 2>/dev/null || kill -s KILL "$daemon" 2>/dev/null
    fi
    waited=$((waited + 1))
    "$sleep" 0.1
  fi
done

candidate=
{ read -r candidate rest <"$pid_file"; } 2>/dev/null
if [ "$candidate" = "$daemon" ]; then "$rm" -f -- "$pid_file"; fi
if [ -z "$ending" ]; then
  echo "the daemon (process $daemon) ended by itself" >&2
  exit 1
fi
exit 0
`;
