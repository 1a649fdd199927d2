# Finds what a start has left behind that no PID file names: a start that fails is to leave nothing that nobody knows, and a
# daemon that writes no PID file is known all the same.
# Stands behind process-identity.sh.
#
# A daemon leaves its parent, session and process group, and has no mark of ours in its environment. It still is what was
# started when it began since our start, with the rights that the service has, and still shows the command and the variables
# that it was started with. What has overwritten these (nginx does) may be what was started: it is named, not ended.

# nixproc_carries PID: whether a process has all variables that this shell exports, but for those that a change of the user,
# or a shell in between, sets itself, and those that clean-start.sh takes away.
nixproc_carries() {
    nixproc_theirs="
$(nixproc_tool tr '\0' '\n' 2>/dev/null <"/proc/$1/environ")
"
    while IFS= read -r nixproc_part; do
        case $nixproc_part in
            _=* | LC_CTYPE=* | PWD=* | OLDPWD=* | SHLVL=* | PATH=* | HOME=* | USER=* | LOGNAME=* | SHELL=* | NIXPROC_*) continue ;;
        esac
        case $nixproc_theirs in *"
$nixproc_part
"*) ;; *) return 1 ;; esac
    done <<END
$nixproc_surroundings
END
}

# nixproc_shows PID: whether a process shows the command that was started ($nixproc_wanted, a word a line; $nixproc_text, what
# the script among them says), be it behind an interpreter or without what was before it.
nixproc_shows() {
    nixproc_words=$(nixproc_tool tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline")
    [ -n "$nixproc_words" ] || return 1
    nixproc_first=${nixproc_words%%
*}
    nixproc_rest=${nixproc_words#*
}
    case "
$nixproc_wanted" in *"
$nixproc_words") return 0 ;; esac
    case $nixproc_rest in
        /*) case "
$nixproc_wanted" in *"
$nixproc_rest") return 0 ;; esac ;;
    esac
    case $nixproc_words in *"
$nixproc_wanted") return 0 ;; esac
    [ -n "$nixproc_text" ] || return 1
    case $nixproc_rest in
        /*) nixproc_first=${nixproc_rest%%
*} ;;
    esac
    case $nixproc_first in
        /*) case $nixproc_text in *"$nixproc_first"*) return 0 ;; esac ;;
    esac
    return 1
}

# nixproc_find_offspring COMMAND…: looks for processes that the command has left. Sets nixproc_offspring (PID:START …) to
# those that surely are, and nixproc_suspects (PID …) to those that may be.
nixproc_find_offspring() {
    nixproc_offspring= nixproc_suspects= nixproc_wanted= nixproc_text=
    [ $# -gt 0 ] || return 0
    if [ ! -r /proc/self/stat ]; then
        nixproc_find_offspring_by_words "$1"
        return 0
    fi
    nixproc_wanted=$(printf '%s\n' "$@")
    # A script in the store that becomes the program.
    case ${2-} in
        /*-launch | /*-daemon) [ ! -f "$2" ] || nixproc_text=$(nixproc_tool cat -- "$2" 2>/dev/null) ;;
    esac
    nixproc_executable=$(command -v -- "$1") || nixproc_executable=$1
    nixproc_surroundings=$(nixproc_tool env)
    [ -n "${nixproc_self-}" ] || nixproc_self=$(nixproc_tool id -u)
    for nixproc_number in $(set +f && cd /proc && printf '%s ' [0-9]*); do
        nixproc_inspect "$nixproc_number" && nixproc_is_younger "$nixproc_number" "$nixproc_start" &&
            nixproc_is_possible "$nixproc_number" || continue
        nixproc_birth=$nixproc_start
        # Root's daemons drop their privileges themselves.
        nixproc_rights=${nixproc_user_id:-$nixproc_self}
        [ "$nixproc_rights" = 0 ] || nixproc_belongs_to "$nixproc_number" "$nixproc_rights" || continue
        if nixproc_shows "$nixproc_number"; then
            if nixproc_carries "$nixproc_number" 2>/dev/null && nixproc_is "$nixproc_number" "$nixproc_birth"; then
                nixproc_offspring="$nixproc_offspring $nixproc_number:$nixproc_birth"
                continue
            fi
        elif [ "$nixproc_text" ] || ! [ "/proc/$nixproc_number/exe" -ef "$nixproc_executable" ] ||
            [ "/proc/$nixproc_number/exe" -ef "/proc/$$/exe" ]; then
            continue
        fi
        # Who still has the environment of another service is that one.
        if ! nixproc_carries "$nixproc_number" 2>/dev/null; then
            case $nixproc_theirs in *"
PATH="*) continue ;; esac
        fi
        nixproc_suspects="$nixproc_suspects $nixproc_number"
    done
}

# nixproc_find_offspring_by_words PROGRAM: the same without /proc, where ps shows no more than words: nothing of that is sure.
nixproc_find_offspring_by_words() {
    nixproc_executable=$(command -v -- "$1") || nixproc_executable=$1
    [ -n "${nixproc_self-}" ] || nixproc_self=$(nixproc_tool id -u)
    nixproc_rights=${nixproc_user_id:-$nixproc_self}
    for nixproc_number in $(ps -A -o pid= 2>/dev/null); do
        nixproc_words=$(ps -o args= -p "$nixproc_number" 2>/dev/null)
        case "$nixproc_words " in "$1 "* | "$nixproc_executable "*) ;; *) continue ;; esac
        nixproc_inspect "$nixproc_number" && nixproc_is_younger "$nixproc_number" "$nixproc_start" &&
            nixproc_is_possible "$nixproc_number" || continue
        [ "$nixproc_rights" = 0 ] || nixproc_belongs_to "$nixproc_number" "$nixproc_rights" || continue
        nixproc_suspects="$nixproc_suspects $nixproc_number"
    done
}

# nixproc_chief CHIEFS: sets nixproc_chosen (PID:START) to the process among some (PID or PID:START …) that is below none of the
# others, the eldest where CHIEFS is "any"; fails when there are several and it is not.
nixproc_chief() {
    nixproc_chiefs=$1 nixproc_chosen=
    shift
    for nixproc_entry in "$@"; do
        nixproc_inspect "${nixproc_entry%%:*}" || continue
        case " $* " in *" $nixproc_parent:"* | *" $nixproc_parent "*) continue ;; esac
        nixproc_entry=${nixproc_entry%%:*}:$nixproc_start
        [ -n "$nixproc_chosen" ] || { nixproc_chosen=$nixproc_entry && continue; }
        [ "$nixproc_chiefs" = any ] || return 1
        [ "$nixproc_start" -ge "${nixproc_chosen#*:}" ] || nixproc_chosen=$nixproc_entry
    done
    [ -n "$nixproc_chosen" ]
}

# nixproc_guess MILLISECONDS [COMMAND…]: looks for a daemon that was started, and of which the PID file has not come in this
# time, although nobody says that it is there: first in the other directory of the two that may be meant, then by the
# program, as the LSB's functions do. "last" is the last look. The caller defines nixproc_look_by_program [COMMAND…], which
# sets nixproc_offspring and nixproc_suspects. Sets nixproc_candidate and nixproc_birth; what is known of the expected PID
# file stays when nothing is found.
nixproc_guess() {
    [ -n "${nixproc_elsewhere-}" ] || return 1
    [ "$1" = last ] || [ "$1" -ge "${nixproc_next_guess:=1000}" ] || return 1
    nixproc_pid_expected=$nixproc_pid nixproc_why_expected=$nixproc_why
    ! nixproc_guess_now "$@" || return 0
    nixproc_pid=$nixproc_pid_expected nixproc_why=$nixproc_why_expected
    return 1
}

nixproc_guess_now() {
    nixproc_look=$1
    shift
    ! nixproc_believe "$nixproc_elsewhere" || return 0
    if [ "$nixproc_look" != last ]; then
        nixproc_next_guess=$((nixproc_look + 500))
        [ -n "${nixproc_faint-}" ] || return 1
    fi
    nixproc_look_by_program "$@"
    # shellcheck disable=SC2086 # words are what is wanted
    nixproc_chief any $nixproc_offspring || nixproc_chief one $nixproc_suspects || return 1
    # What is about to give way to its child is not there at the next look.
    if [ "$nixproc_look" != last ] && [ "$nixproc_chosen" != "${nixproc_chosen_before-}" ]; then
        nixproc_chosen_before=$nixproc_chosen
        return 1
    fi
    nixproc_is "${nixproc_chosen%%:*}" "${nixproc_chosen#*:}" || return 1
    nixproc_candidate=${nixproc_chosen%%:*} nixproc_birth=${nixproc_chosen#*:}
}

# nixproc_name_suspects: says which processes may be what was started.
nixproc_name_suspects() {
    for nixproc_number in $nixproc_suspects; do
        nixproc_explain "process $nixproc_number may be what was started, and still runs: see what it is, or end it (kill $nixproc_number)"
    done
}
