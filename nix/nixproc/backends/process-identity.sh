# Decides whether a process is the one that a script has started, and sends signals to no other: for all scripts and
# proxies that know a service by its PID file. It stands before the text of each of them, and behind coreutils.sh and
# guarded-files.sh.
#
# A PID in a file is a claim of whoever can write the file. It is believed when
#   - it is neither 0, 1, negative nor a process above this one,
#   - the process lives, is of our PID namespace, and started no earlier than this script,
#   - and it is the file's owner's. A PID file of root's, in a directory that only root can write, may name a process of
#     any user: daemons drop their privileges themselves. Where a user is set for the service, nobody but this user and
#     root is believed.
# From then on it is known by PID and start time, which are compared again right before each signal. Between this look and
# the signal a process may end and its PID be used again; no shell can close that gap.
#
# Works in every POSIX shell; one without /proc has to do with ps(1). Reads nixproc_user_id, the user ID of whom the service
# runs as; empty: nobody knows.
# Names that begin with nixproc_ belong to this file. Results of its helpers are in variables: a shell has no cheap way
# to return a text.

# ---- Facts about a process ----

# nixproc_inspect PID: sets nixproc_start (start time: clock ticks since boot, or ps' words), nixproc_group (its process
# group) and nixproc_parent; fails when no such process lives. A zombie is dead: only its parent has not noticed yet.
nixproc_inspect() {
    nixproc_start= nixproc_group= nixproc_parent=
    case $1 in '' | *[!0-9]* | 0*) return 1 ;; esac
    if [ -r /proc/self/stat ]; then
        nixproc_stat=
        # The program's name in the second field may hold anything, newlines included.
        { while IFS= read -r nixproc_part; do nixproc_stat="$nixproc_stat $nixproc_part"; done <"/proc/$1/stat"; } \
            2>/dev/null || return 1
        # shellcheck disable=SC2086 # from here on the fields are numbers, with one letter before them
        set -- ${nixproc_stat##*) }
        [ $# -ge 20 ] || return 1
        case $1 in Z | X | x) return 1 ;; esac
        nixproc_parent=$2 nixproc_group=$3 nixproc_start=${20}
    else
        # shellcheck disable=SC2046 # words are what is wanted
        set -- $(LC_ALL=C ps -o state= -o ppid= -o pgid= -o lstart= -p "$1" 2>/dev/null)
        [ $# -ge 4 ] || return 1
        case $1 in Z* | X*) return 1 ;; esac
        nixproc_parent=$2 nixproc_group=$3
        shift 3
        nixproc_start=$(IFS=_ && printf '%s' "$*")
    fi
}

# nixproc_is PID START: whether the process that had this PID and start time still lives.
nixproc_is() {
    nixproc_inspect "$1" && [ "$nixproc_start" = "$2" ]
}

# nixproc_look_at_rights PID: sets nixproc_ruid, nixproc_euid and nixproc_suid (real, effective and saved user ID), and
# nixproc_nested: not empty when the process is of another PID namespace than /proc shows.
nixproc_look_at_rights() {
    nixproc_ruid= nixproc_euid= nixproc_suid= nixproc_nested=
    if [ -r /proc/self/status ]; then
        { while read -r nixproc_key nixproc_first nixproc_second nixproc_third nixproc_rest; do
            case $nixproc_key in
                Uid:) nixproc_ruid=$nixproc_first nixproc_euid=$nixproc_second nixproc_suid=$nixproc_third ;;
                # From the namespace that /proc shows down to the innermost one.
                NSpid:) nixproc_nested=$nixproc_second ;;
            esac
        done <"/proc/$1/status"; } 2>/dev/null
    else
        # shellcheck disable=SC2046 # words are what is wanted
        set -- $(ps -o ruid= -o uid= -o svuid= -p "$1" 2>/dev/null)
        nixproc_ruid=${1-} nixproc_euid=${2-} nixproc_suid=${3-}
    fi
    [ -n "$nixproc_suid" ]
}

# nixproc_belongs_to PID USER-ID: whether a process is this user's: with all of its rights, since a process of root's may
# lower some of them for a moment.
nixproc_belongs_to() {
    nixproc_look_at_rights "$1" || return 1
    case $2 in
        '') return 1 ;;
        0) [ "$nixproc_ruid" = 0 ] ;;
        *) [ "$nixproc_ruid $nixproc_euid $nixproc_suid" = "$2 $2 $2" ] ;;
    esac
}

# nixproc_seconds_of PID: sets nixproc_seconds to how long a process has lived, as ps says it ([[days-]hours:]minutes:seconds).
nixproc_seconds_of() {
    nixproc_seconds=
    nixproc_rest=$(LC_ALL=C ps -o etime= -p "$1" 2>/dev/null)
    nixproc_rest=${nixproc_rest##* }
    nixproc_days=0
    case $nixproc_rest in
        *-*) nixproc_days=${nixproc_rest%%-*} nixproc_rest=${nixproc_rest#*-} ;;
    esac
    case $nixproc_rest in '' | *[!0-9:]*) return 1 ;; esac
    nixproc_sum=0
    while :; do
        nixproc_part=${nixproc_rest%%:*}
        # With a 0 before it, a number would be octal.
        nixproc_sum=$((nixproc_sum * 60 + ${nixproc_part#0}))
        case $nixproc_rest in *:*) nixproc_rest=${nixproc_rest#*:} ;; *) break ;; esac
    done
    nixproc_seconds=$((nixproc_days * 86400 + nixproc_sum))
}

# nixproc_is_younger PID START: whether a process started no earlier than this script.
nixproc_is_younger() {
    if [ -r /proc/self/stat ]; then
        [ -n "${nixproc_begun-}" ] || { nixproc_inspect "$$" && nixproc_begun=$nixproc_start; } || return 1
        [ "$2" -ge "$nixproc_begun" ]
    else
        nixproc_seconds_of "$1" && nixproc_age=$nixproc_seconds && nixproc_seconds_of "$$" &&
            [ "$nixproc_age" -le "$nixproc_seconds" ]
    fi
}

# ---- Files with PIDs ----

# nixproc_only_root_writes DIRECTORY: whether nobody but root can put a file into a directory, nor another directory into
# its place.
nixproc_only_root_writes() {
    nixproc_rest=$(CDPATH='' cd -P -- "$1" 2>/dev/null && pwd -P) || return 1
    case $nixproc_rest in /*) ;; *) return 1 ;; esac
    set -- "${nixproc_rest%/}/."
    while [ -n "$nixproc_rest" ] && [ "$nixproc_rest" != / ]; do
        nixproc_rest=${nixproc_rest%/*}
        set -- "$@" "$nixproc_rest/"
    done
    nixproc_tool ls -ldnq -- "$@" 2>/dev/null | (
        nixproc_count=0
        while read -r nixproc_mode nixproc_rest nixproc_owner nixproc_file_group nixproc_rest; do
            nixproc_count=$((nixproc_count + 1))
            [ "$nixproc_owner" = 0 ] || exit 1
            # Of the directories above it, a sticky one keeps what is root's.
            case $nixproc_mode in
                *[tT]*)
                    case $nixproc_rest in */.) ;; *) continue ;; esac
                    ;;
            esac
            case $nixproc_mode in
                ????????w*) exit 1 ;;
                ?????w*) [ "$nixproc_file_group" = 0 ] || exit 1 ;;
            esac
        done
        [ "$nixproc_count" -eq $# ]
    )
}

# nixproc_describe FILE: what ls says of a file itself, but for its name.
nixproc_describe() {
    # shellcheck disable=SC2046 # words are what is wanted
    set -- $(nixproc_tool ls -ldnqi -- "$1" 2>/dev/null)
    [ $# -ge 6 ] && printf '%s' "$1 $2 $3 $4 $5 $6"
}

# nixproc_read_pid FILE: sets nixproc_pid to the number that begins a PID file; fails without one.
nixproc_read_pid() {
    nixproc_pid=
    nixproc_read_line "$1" || return 1
    read -r nixproc_pid nixproc_rest <<END
$nixproc_line_read
END
    case $nixproc_pid in
        '' | *[!0-9]* | 0* | ???????????*)
            nixproc_pid=
            return 1
            ;;
    esac
}

# nixproc_read_claim FILE: reads a PID file, and whose word it is. Sets nixproc_pid, nixproc_writer (the user ID of the
# file's owner) and nixproc_certain (not empty: only root can have written it). Fails without a PID, and for a file that
# somebody may have put there in the place of his own.
nixproc_read_claim() {
    nixproc_pid= nixproc_writer= nixproc_certain=
    case $1 in */*) nixproc_directory_of_file=${1%/*}/ ;; *) nixproc_directory_of_file=. ;; esac
    if nixproc_only_root_writes "$nixproc_directory_of_file"; then
        nixproc_read_pid "$1" || return 1
        # shellcheck disable=SC2046 # words are what is wanted
        set -- $(nixproc_tool ls -ldnqL -- "$1" 2>/dev/null)
        nixproc_writer=${3-}
        case $nixproc_writer:${1-} in 0:????????w* | 0:?????w*) ;; 0:*) nixproc_certain=yes ;; esac
        [ -n "$nixproc_writer" ]
        return
    fi
    # Neither through a link nor by another name of the file: both could be anybody's way to a file of root's. What is
    # read is what is looked at: the file may be another one a moment later.
    [ ! -L "$1" ] && [ -f "$1" ] && [ -r "$1" ] || return 1
    nixproc_words=$(
        nixproc_read_pid_here() {
            read -r nixproc_pid nixproc_rest || :
            printf '%s ' "$nixproc_pid"
            if [ -r /proc/self/stat ]; then
                # shellcheck disable=SC2046 # words are what is wanted
                set -- $(nixproc_tool ls -ldnqiL /proc/self/fd/0 2>/dev/null)
                [ $# -ge 6 ] && printf '%s' "$1 $2 $3 $4 $5 $6"
            else
                nixproc_describe "$nixproc_claim"
            fi
        }
        nixproc_claim=$1
        { nixproc_read_pid_here <"$1"; } 2>/dev/null
    )
    [ "${nixproc_words#* }" = "$(nixproc_describe "$1")" ] || return 1
    nixproc_pid=${nixproc_words%% *}
    case $nixproc_pid in
        '' | *[!0-9]* | 0* | ???????????*)
            nixproc_pid=
            return 1
            ;;
    esac
    # shellcheck disable=SC2086 # PID, inode, mode, links, owner …
    set -- $nixproc_words
    [ "${4-}" = 1 ] && nixproc_writer=${5-} && [ -n "$nixproc_writer" ]
}

# ---- Which process is ours ----

# nixproc_is_possible PID: whether a PID can be that of a service at all. Sets nixproc_start, or nixproc_why.
nixproc_is_possible() {
    case $1 in
        '' | *[!0-9]* | 0*)
            nixproc_why='is no process'
            return 1
            ;;
        1)
            nixproc_why='is the first process of the machine or container, as which a process of a PID namespace of its own sees itself'
            return 1
            ;;
        "$$" | "$PPID")
            nixproc_why='is the one that looks after it'
            return 1
            ;;
    esac
    nixproc_look_at_rights self || :
    nixproc_here=$nixproc_nested
    if ! nixproc_inspect "$1" || ! nixproc_look_at_rights "$1"; then
        nixproc_why='is not alive'
        return 1
    elif [ -n "$nixproc_here$nixproc_nested" ]; then
        nixproc_why='is of another PID namespace'
        return 1
    fi
}

# nixproc_is_writers PID: whether a process may be named by the PID file that nixproc_read_claim has read; else sets
# nixproc_why.
nixproc_is_writers() {
    [ -z "$nixproc_certain" ] || return 0
    if [ -n "${nixproc_user_id-}" ]; then
        case $nixproc_writer in
            0) nixproc_belongs_to "$1" 0 && return 0 ;;
            "$nixproc_user_id") ;;
            *)
                nixproc_why="is named by a file of user $nixproc_writer, who is neither root nor the service's user"
                return 1
                ;;
        esac
        nixproc_belongs_to "$1" "$nixproc_user_id" && return 0
    else
        nixproc_belongs_to "$1" "$nixproc_writer" && return 0
    fi
    nixproc_why="is user ${nixproc_ruid:-?}'s, but the file is user $nixproc_writer's"
    return 1
}

# nixproc_believe FILE: whether a PID file names a process that this script can have started. Sets nixproc_candidate and
# nixproc_birth, which together name the process for good; or nixproc_pid (empty: there is none) and nixproc_why.
nixproc_believe() {
    nixproc_candidate= nixproc_birth= nixproc_why=
    nixproc_read_pid "$1" && nixproc_read_claim "$1" || return 1
    nixproc_is_possible "$nixproc_pid" || return 1
    nixproc_birth=$nixproc_start
    nixproc_is_writers "$nixproc_pid" || return 1
    if ! nixproc_is_younger "$nixproc_pid" "$nixproc_birth"; then
        nixproc_why='was there before'
        return 1
    fi
    # Whoever read the rights of one process and the start time of another believes neither.
    nixproc_is "$nixproc_pid" "$nixproc_birth" || return 1
    nixproc_candidate=$nixproc_pid
}

# ---- Signals ----

# nixproc_send SIGNAL PID START: sends a signal to the process that had this PID and start time. Fails when it is gone, and
# when we may not.
nixproc_send() {
    case $2 in 1 | "$$" | "$PPID") return 1 ;; esac
    nixproc_is "$2" "$3" && kill -s "$1" "$2" 2>/dev/null
}

# nixproc_send_to_group SIGNAL PID START: the same with all of the process group that the process leads. Fails when it leads
# none.
nixproc_send_to_group() {
    case $2 in 1 | "$$" | "$PPID") return 1 ;; esac
    nixproc_is "$2" "$3" && [ "$nixproc_group" = "$2" ] && kill -s "$1" -- "-$2" 2>/dev/null
}
