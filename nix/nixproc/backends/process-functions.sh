# Functions for scripts that start and stop a service which is known by its PID file: what init scripts, rc.d scripts and
# Dysnomia's process scripts have in common. They stand behind those of process-identity.sh. Works in every POSIX shell; a
# shell without /proc has to do with ps(1).
#
# A script may set these variables before or after it reads this file:
#   nixproc_name        what the service is called
#   nixproc_program     the program that its process runs
#   nixproc_pid_file    where the process, or whoever daemonizes it, writes its PID
#   nixproc_elsewhere   where it may be instead; empty: the model names the one place
#   nixproc_faint       not empty: there may be no PID file at all, since neither it nor an instance has a name
#   nixproc_record      where the start is recorded, in a directory that only the script's owner can write
#   nixproc_log_file    what the process writes to stdout and stderr is added here; empty: it is lost
#   nixproc_wrapper     the `daemon` program of libslack that runs a process that stays in the foreground; else empty
#   nixproc_runtime_directory, nixproc_log_directory, nixproc_tmp_directory
#                       directories of the deployment, made when they are missing; empty: none
#   nixproc_attended    not empty: another program keeps the process in the background, and has its PID in the PID file
#                       exactly as long as it runs, as daemon(8) of FreeBSD does
#   nixproc_user        whom to run the process as; empty: whoever calls the script
#   nixproc_kept        those of HOME, USER, LOGNAME and SHELL, with spaces between, that the user's do not replace
#   nixproc_nice        the niceness of the process; empty: 0
#   nixproc_directory   the working directory of the process; empty: the script's
#   nixproc_coreutils   the directory of the coreutils' programs; empty: PATH finds them
#   nixproc_ends_alone  not empty: the model says that nothing but the process itself is to end
#   nixproc_line        not empty: there is the beginning of a line on stdout, which our own words must not continue
#   NIXPROC_START_TIMEOUT  how many seconds a started process has to write its PID file; default 10
#   NIXPROC_CALLER_WAITS   not empty: whoever calls the script waits for readiness themselves; no process gets to see it
#   NIXPROC_CALLER_LOOKS   not empty: whoever calls the script looks whether the process stays up; no process gets to see it
#   NIXPROC_STOP_TIMEOUT   how many seconds a process has to end after it was asked to before it gets SIGKILL; default 10
#
# A PID alone does not say whose it is: the process may be long gone and its number be used again. So a start records
# PID and start time of the process. A PID file is believed as process-identity.sh says, when its process is the recorded
# one; when the service has put another process in the place of the recorded one (it executed itself anew), that process
# has to run the service's program, too. Anything else is a stranger, which is never sent a signal.
#
# It stands behind coreutils.sh, clean-start.sh, which has what a process does not get of its caller, control-group.sh,
# systemd-scope.sh, guarded-files.sh and process-identity.sh.
#
# Names that begin with nixproc_ belong to these files. Results of its helpers are in variables: a shell has no cheap way
# to return a text.

nixproc_caller_waits=${NIXPROC_CALLER_WAITS-}
# How long a process that another program keeps in the background has to stay up before its start is over, in pauses of
# 20 ms. The boot calls all scripts of a runlevel in turn (init(8) sets both variables, rc(8) of FreeBSD sets autoboot):
# there, the shorter look finds what cannot run at all.
if [ -n "${NIXPROC_CALLER_LOOKS-}" ]; then
    nixproc_looks=0
elif [ -n "${RUNLEVEL-}" ] && [ -n "${PREVLEVEL-}" ] || [ -n "${autoboot-}" ]; then
    nixproc_looks=3
else
    nixproc_looks=10
fi
unset NIXPROC_CALLER_WAITS NIXPROC_CALLER_LOOKS

# A sentence on stderr, on a line of its own.
nixproc_explain() {
    if [ -n "${nixproc_line-}" ]; then
        printf '\n'
        nixproc_line=
    fi
    printf '%s: %s\n' "${nixproc_name:-$0}" "$*" >&2
}

# ---- Tools ----

# Waits a moment and adds its length to nixproc_waited (milliseconds).
nixproc_pause() {
    if nixproc_tool sleep 0.02 2>/dev/null; then
        nixproc_waited=$((nixproc_waited + 20))
    else
        nixproc_tool sleep 1
        nixproc_waited=$((nixproc_waited + 1000))
    fi
}

# nixproc_quote TEXT: sets nixproc_quoted to a word that a shell reads as TEXT.
nixproc_quote() {
    nixproc_quoted=
    nixproc_rest=$1
    while :; do
        case $nixproc_rest in
            *\'*)
                nixproc_quoted="$nixproc_quoted${nixproc_rest%%\'*}'\\''"
                nixproc_rest=${nixproc_rest#*\'}
                ;;
            *)
                nixproc_quoted="'$nixproc_quoted$nixproc_rest'"
                return 0
                ;;
        esac
    done
}

# ---- Facts about a process ----

# nixproc_runs PID PROGRAM: whether PROGRAM is what the process runs.
nixproc_runs() {
    nixproc_path=$(command -v -- "$2") || nixproc_path=$2
    if [ ! -r /proc/self/cmdline ]; then
        nixproc_words=$(ps -o args= -p "$1" 2>/dev/null)
        case "$nixproc_words " in "$2 "* | "$nixproc_path "* | *" $2 "*) return 0 ;; *) return 1 ;; esac
    fi
    [ ! "/proc/$1/exe" -ef "$nixproc_path" ] || return 0
    # nixpkgs' wrapPrograms puts a script in the place of the program.
    [ ! "/proc/$1/exe" -ef "${nixproc_path%/*}/.${nixproc_path##*/}-wrapped" ] || return 0
    # The file is gone from the disk, but still what runs.
    nixproc_exe=$(nixproc_tool readlink "/proc/$1/exe" 2>/dev/null)
    [ "${nixproc_exe% (deleted)}" != "$nixproc_path" ] || return 0
    nixproc_argument0= nixproc_argument1= nixproc_argument2=
    {
        IFS= read -r nixproc_argument0
        IFS= read -r nixproc_argument1
        IFS= read -r nixproc_argument2
    } <<END
$(nixproc_tool tr '\0' '\n' <"/proc/$1/cmdline" 2>/dev/null)
END
    [ "$nixproc_argument0" != "$2" ] || return 0
    # The kernel runs a script as INTERPRETER [OPTION] SCRIPT: an editor that has it open is no such thing.
    [ "$nixproc_argument1" = "$2" ] || [ "$nixproc_argument2" = "$2" ] || return 1
    [ "$(nixproc_tool head -c 2 -- "$nixproc_path" 2>/dev/null)" = '#!' ] || return 1
    IFS= read -r nixproc_line1 <"$nixproc_path" || return 1
    nixproc_argument0=${nixproc_argument0##*/}
    for nixproc_word in ${nixproc_line1#??}; do
        case ${nixproc_word##*/} in
            env | -*) ;;
            *) [ "${nixproc_word##*/}" = "${nixproc_argument0#-}" ] && return 0 || return 1 ;;
        esac
    done
    return 1
}

# nixproc_wraps PID: whether the process is a `daemon` that writes the service's PID file.
nixproc_wraps() {
    if [ -r /proc/self/cmdline ]; then
        nixproc_words=$(nixproc_tool tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null)
    else
        nixproc_words=$(ps -o args= -p "$1" 2>/dev/null)
    fi
    case $nixproc_words in
        "${nixproc_wrapper##*/} "*" --pidfile $nixproc_pid_file "*) ;;
        */"${nixproc_wrapper##*/} "*" --pidfile $nixproc_pid_file "*) ;;
        *) return 1 ;;
    esac
}

# nixproc_first_child PID: sets nixproc_child to the first child of a process, or to nothing, and nixproc_child_birth to when
# it started.
nixproc_first_child() {
    nixproc_child=
    { read -r nixproc_child nixproc_rest <"/proc/$1/task/$1/children"; } 2>/dev/null || :
    # Without that file, what `daemon` says: it puts .clientpid in the place of the last four characters.
    if [ -z "$nixproc_child" ] && nixproc_read_pid "${nixproc_pid_file%????}.clientpid"; then
        nixproc_child=$nixproc_pid
    fi
    # A wrapper's child that has other rights than the wrapper is not what it was told to run.
    if ! nixproc_look_at_rights "$1" || ! nixproc_inspect "$nixproc_child" || [ "$nixproc_parent" != "$1" ] ||
        ! { [ "$nixproc_ruid" = 0 ] || nixproc_belongs_to "$nixproc_child" "$nixproc_ruid"; }; then
        nixproc_child=
        return 1
    fi
    nixproc_child_birth=$nixproc_start
}

# nixproc_group_lives GROUP [PID]: whether anyone but zombies, and but the process PID, is left in a process group.
nixproc_group_lives() (
    kill -s 0 -- "-$1" 2>/dev/null || exit 1
    [ -r /proc/self/stat ] || exit 0
    # One look at everybody: to read file by file takes a shell ten times as long.
    IFS='
'
    set -f
    for nixproc_part in $(nixproc_all_stats); do
        [ "${nixproc_part%% *}" != "${2-}" ] || continue
        nixproc_part=${nixproc_part##*) }
        case $nixproc_part in [ZXx]' '*) continue ;; esac
        # State, parent, group.
        nixproc_part=${nixproc_part#* }
        case ${nixproc_part#* } in "$1 "*) exit 0 ;; esac
    done
    exit 1
)

nixproc_all_stats() {
    set +f
    nixproc_tool cat /proc/[0-9]*/stat 2>/dev/null
}

# ---- Records of starts ----
# One line for each process: what it is (main, or the wrapper around it), PID, start time, boot. A service without a
# process has one that says what became of it: "started - - BOOT", "stopped …" (on purpose) or "failed …". "stopping …" stands
# behind processes that were told to end.

nixproc_this_boot() {
    nixproc_boot=-
    { read -r nixproc_boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || :
}

# nixproc_is_trusted FILE: whether a record is our own, or root's.
nixproc_is_trusted() {
    [ ! -L "$1" ] || return 1
    [ ! -O "$1" ] || return 0
    # shellcheck disable=SC2046 # words are what is wanted
    set -- $(nixproc_tool ls -ldnq -- "$1" 2>/dev/null)
    [ "${3-}" = 0 ]
}

# nixproc_load_record: sets nixproc_recorded to words KIND:PID:START and nixproc_history to the last KIND, of this boot.
# A record that neither we nor root wrote proves nothing.
nixproc_load_record() {
    nixproc_recorded= nixproc_history=
    [ -n "${nixproc_record-}" ] && [ -f "$nixproc_record" ] && [ -r "$nixproc_record" ] || return 0
    ! nixproc_shares "${nixproc_record%/*}" || return 0
    nixproc_is_trusted "$nixproc_record" || return 0
    nixproc_this_boot
    while read -r nixproc_kind nixproc_number nixproc_begin nixproc_when; do
        [ "$nixproc_when" = "$nixproc_boot" ] || continue
        nixproc_history=$nixproc_kind
        case $nixproc_kind in
            main | wrapper) nixproc_recorded="$nixproc_recorded $nixproc_kind:$nixproc_number:$nixproc_begin" ;;
        esac
    done <"$nixproc_record"
}

# nixproc_write_record LINES
nixproc_write_record() {
    (
        umask 022
        nixproc_tool mkdir -p -- "${nixproc_record%/*}" &&
            ! nixproc_shares "${nixproc_record%/*}" &&
            printf '%s' "$1" >"$nixproc_record.new" &&
            nixproc_tool mv -f -- "$nixproc_record.new" "$nixproc_record"
    ) || nixproc_explain "warning: its state cannot be recorded in $nixproc_record"
}

# nixproc_save_record KIND:PID:START…: records processes as ours.
nixproc_save_record() {
    [ -n "${nixproc_record-}" ] || return 0
    nixproc_this_boot
    nixproc_text=
    for nixproc_word in "$@"; do
        nixproc_part=${nixproc_word#*:}
        nixproc_text="$nixproc_text${nixproc_word%%:*} ${nixproc_part%%:*} ${nixproc_part#*:} $nixproc_boot
"
    done
    nixproc_write_record "$nixproc_text"
}

# nixproc_record_stop [stopping]: records that the processes of the service were told to end, or that they were not after all.
# Whoever may not write the record may not stop the service either.
nixproc_record_stop() {
    [ -n "${nixproc_record-}" ] && [ -n "$nixproc_ours" ] && [ -w "${nixproc_record%/*}" ] || return 0
    nixproc_this_boot
    nixproc_text=
    for nixproc_word in $nixproc_ours; do
        nixproc_kind=main
        [ "${nixproc_word%%:*}" != "$nixproc_outer" ] || nixproc_kind=wrapper
        nixproc_text="$nixproc_text$nixproc_kind ${nixproc_word%%:*} ${nixproc_word#*:} $nixproc_boot
"
    done
    nixproc_write_record "$nixproc_text${1:+$1 - - $nixproc_boot
}"
}

# nixproc_save_state KIND: records what became of a service that has no process now.
nixproc_save_state() {
    [ -n "${nixproc_record-}" ] || return 0
    nixproc_load_record
    [ "$nixproc_history" != "$1" ] || return 0
    nixproc_this_boot
    nixproc_write_record "$1 - - $nixproc_boot
"
}

# nixproc_note KIND: records what the last command made of a service that has no process of its own, if it succeeded;
# returns its exit code.
nixproc_note() {
    nixproc_code=$?
    [ "$nixproc_code" -ne 0 ] || nixproc_save_state "$1"
    return "$nixproc_code"
}

# nixproc_claimed PID START: whether another service recorded this process as its own.
nixproc_claimed() {
    [ -n "${nixproc_record-}" ] || return 1
    nixproc_this_boot
    for nixproc_other in "${nixproc_record%/*}"/*; do
        [ "$nixproc_other" != "$nixproc_record" ] && [ -f "$nixproc_other" ] && [ -r "$nixproc_other" ] || continue
        while read -r nixproc_kind nixproc_number nixproc_begin nixproc_when; do
            [ "$nixproc_number $nixproc_begin $nixproc_when" != "$1 $2 $nixproc_boot" ] || return 0
        done <"$nixproc_other"
    done
    return 1
}

# ---- Which process is ours ----

# nixproc_know_user: sets nixproc_user_id, of whom the service runs as.
nixproc_know_user() {
    if [ -z "${nixproc_user-}" ]; then
        nixproc_user_id=
    elif [ -z "${nixproc_user_id-}" ]; then
        nixproc_user_id=$(nixproc_tool id -u -- "$nixproc_user" 2>/dev/null) || nixproc_user_id=-
    fi
}

# nixproc_accepts PID: whether a process that no record knows is the service: it runs the program (or is the wrapper), it
# is nobody else's and not older than what was recorded. Sets nixproc_birth.
nixproc_accepts() {
    nixproc_is_possible "$1" || return 1
    nixproc_birth=$nixproc_start
    for nixproc_word in $nixproc_recorded; do
        nixproc_word=${nixproc_word#*:}
        nixproc_begin=${nixproc_word#*:}
        # The recorded process had this PID, and this is not it.
        [ "${nixproc_word%%:*}" != "$1" ] || return 1
        case $nixproc_begin$nixproc_birth in
            *[!0-9]*) ;;
            *) [ "$nixproc_birth" -ge "$nixproc_begin" ] || return 1 ;;
        esac
    done
    if [ -n "${nixproc_wrapper-}" ]; then nixproc_wraps "$1"; else nixproc_runs "$1" "$nixproc_program"; fi &&
        ! nixproc_claimed "$1" "$nixproc_birth"
}

# nixproc_find: looks for the service's processes. Sets
#   nixproc_main      the PID of the process itself; empty: it does not run
#   nixproc_outer     the PID of the wrapper around it, if there is one
#   nixproc_ours      all processes of the service: PID:START …
#   nixproc_stranger  a PID that the PID file names although it is not the service's
nixproc_find() {
    nixproc_main= nixproc_outer= nixproc_ours= nixproc_stranger=
    nixproc_load_record
    for nixproc_word in $nixproc_recorded; do
        nixproc_kind=${nixproc_word%%:*}
        nixproc_word=${nixproc_word#*:}
        nixproc_is_possible "${nixproc_word%%:*}" && [ "$nixproc_start" = "${nixproc_word#*:}" ] || continue
        nixproc_ours="$nixproc_ours $nixproc_word"
        case $nixproc_kind in
            wrapper) nixproc_outer=${nixproc_word%%:*} ;;
            *) nixproc_main=${nixproc_word%%:*} ;;
        esac
    done
    nixproc_read_pid "${nixproc_pid_file-}" || return 0
    case " $nixproc_ours " in *" $nixproc_pid:"*) return 0 ;; esac
    nixproc_candidate=$nixproc_pid
    nixproc_know_user
    # Nobody has just started it: what a stranger has put into a shared directory says nothing.
    if nixproc_may_open "$nixproc_pid_file" && nixproc_read_claim "$nixproc_pid_file" && nixproc_candidate=$nixproc_pid &&
        nixproc_is_writers "$nixproc_candidate" && nixproc_accepts "$nixproc_candidate"; then
        if [ -z "${nixproc_wrapper-}" ]; then
            nixproc_ours="$nixproc_ours $nixproc_candidate:$nixproc_birth" nixproc_main=$nixproc_candidate
        else
            nixproc_take_wrapper "$nixproc_candidate" "$nixproc_birth"
        fi
    elif nixproc_inspect "$nixproc_candidate"; then
        nixproc_stranger=$nixproc_candidate
    fi
}

# nixproc_take_wrapper PID START: counts a wrapper, and the process that it keeps, as ours.
nixproc_take_wrapper() {
    nixproc_outer=$1 nixproc_ours="$nixproc_ours $1:$2"
    if nixproc_first_child "$nixproc_outer"; then
        nixproc_main=$nixproc_child nixproc_ours="$nixproc_ours $nixproc_child:$nixproc_child_birth"
    fi
}

# nixproc_is_running: whether the service runs. One that is being stopped does not: nobody may count on it.
nixproc_is_running() {
    nixproc_find
    [ -n "$nixproc_main" ] && [ "$nixproc_history" != stopping ]
}

# Removes the PID files of a service that does not run. What somebody else has put in their place goes as well, with a word.
nixproc_remove_pid_files() {
    set -- "$nixproc_pid_file"
    [ -z "${nixproc_wrapper-}" ] || set -- "$@" "${nixproc_pid_file%????}.clientpid"
    for nixproc_entry in "$@"; do
        nixproc_make_way "$nixproc_entry" || return
    done
    nixproc_tool rm -f -- "$@"
}

# nixproc_forget: what is left to do of a stop when the processes have ended, which is what counts: a file system that has
# become read-only does not make it fail.
nixproc_forget() {
    nixproc_remove_pid_files || nixproc_explain "warning: it has ended, but its PID file stays: $nixproc_pid_file"
    nixproc_save_state stopped
}

# ---- Start ----

# nixproc_can_start: whether the PID file of the service can be written. To be asked before a stop that a start is to follow: where
# a file system has become read-only, the service would stay down.
nixproc_can_start() {
    [ -n "${nixproc_program-}" ] && [ -n "${nixproc_pid_file-}" ] && [ ! -w "$nixproc_pid_file" ] || return 0
    nixproc_way=${nixproc_pid_file%/*}
    while [ -n "$nixproc_way" ] && [ ! -d "$nixproc_way" ]; do
        nixproc_way=${nixproc_way%/*}
    done
    [ ! -w "${nixproc_way:-/}" ] || return 0
    nixproc_explain "left as it is: it could not start again, since nothing can be written into ${nixproc_way:-/}"
    return 1
}

# nixproc_require_account: as nixproc_account for the service's user; says so when there is none.
nixproc_require_account() {
    if nixproc_account "$nixproc_user"; then
        nixproc_user_id=$nixproc_uid
        return 0
    fi
    nixproc_explain "there is no user \"$nixproc_user\" on this system"
    return 1
}

# nixproc_mark_start: marks this shell, and all that it starts, as the service (control-group.sh).
nixproc_mark_start() {
    [ -n "${nixproc_record-}" ] || return 0
    nixproc_directory_of_state=${nixproc_record%/*}
    nixproc_directory_of_state=${nixproc_directory_of_state%/*}
    nixproc_enter_scope "$nixproc_directory_of_state"
    nixproc_mark "$nixproc_directory_of_state/${nixproc_record##*/}"
}

# nixproc_execute COMMAND…: becomes the command, with the service's user, niceness and directory, and nothing of the
# caller's. Neither way of changing the user needs the account to have a login shell.
nixproc_execute() {
    nixproc_mark_start
    unset NIXPROC_START_TIMEOUT NIXPROC_STOP_TIMEOUT
    if [ -n "${nixproc_directory-}" ]; then
        CDPATH='' cd -- "$nixproc_directory" || exit 1
    fi
    if [ -n "${nixproc_user-}" ]; then
        nixproc_become "$nixproc_user"
        if [ "$(nixproc_tool id -u)" = "$nixproc_uid" ]; then
            : # We are that user.
        elif nixproc_setpriv=$(command -v -- "${nixproc_setpriv:-setpriv}"); then
            set -- "$nixproc_setpriv" --reuid "$nixproc_uid" --regid "$nixproc_gid" --init-groups -- "$@"
        else
            nixproc_words=exec
            for nixproc_word in env -u PWD -u OLDPWD -u SHLVL -u _ "PATH=$PATH" "HOME=$HOME" "USER=$USER" "LOGNAME=$LOGNAME" "SHELL=$SHELL" "$@"; do
                nixproc_quote "$nixproc_word"
                nixproc_words="$nixproc_words $nixproc_quoted"
            done
            set -- su -s /bin/sh -c "$nixproc_words" -- "$nixproc_user"
        fi
    elif [ -z "${nixproc_is_self-}" ]; then
        nixproc_become_self
    fi
    nixproc_add_niceness "${nixproc_nice-}"
    if [ -n "$nixproc_niceness" ]; then
        set -- "${nixproc_coreutils:+$nixproc_coreutils/}nice" -n "$nixproc_niceness" -- "$@"
    fi
    nixproc_become_command "$@"
}

# What the service has written to its log since nixproc_log_size was taken: the last lines of it, on stderr.
nixproc_show_log() {
    [ -n "${nixproc_log_file-}" ] && [ -f "$nixproc_log_file" ] && nixproc_may_open "$nixproc_log_file" || return 0
    nixproc_tool tail -c "+$((nixproc_log_size + 1))" -- "$nixproc_log_file" 2>/dev/null |
        nixproc_tool tail -n 10 | nixproc_tool tail -c 4000 >&2
}

# nixproc_is_attended: whether another program keeps the process in the background, and removes its PID file whatever it
# dies of.
nixproc_is_attended() {
    [ -n "${nixproc_wrapper-}${nixproc_attended-}" ]
}

# nixproc_find_wrapper: sets nixproc_candidate to a wrapper that writes our PID file, be it written or not.
nixproc_find_wrapper() {
    for nixproc_entry in /proc/[0-9]*; do
        nixproc_candidate=${nixproc_entry#/proc/}
        [ "$nixproc_entry/exe" -ef "$nixproc_wrapper" ] && nixproc_inspect "$nixproc_candidate" &&
            nixproc_wraps "$nixproc_candidate" && return 0
    done
    return 1
}

nixproc_wrapper_lives() {
    [ -r /proc/self/cmdline ] || return 0
    nixproc_find_wrapper
}

# What the command may have left, but for what is another service's.
nixproc_look_by_program() {
    nixproc_add_offspring_before=$nixproc_ours
    nixproc_ours=
    nixproc_add_offspring
    nixproc_offspring=$nixproc_ours nixproc_ours=$nixproc_add_offspring_before
}

# nixproc_await: waits until the started process has written its PID file and lives, and records it.
nixproc_await() {
    nixproc_next_guess= nixproc_chosen_before=
    nixproc_waited=0 nixproc_steady=0 nixproc_seen= nixproc_next_look=500
    nixproc_limit=$((${NIXPROC_START_TIMEOUT:-10} * 1000))
    while [ "$nixproc_waited" -le "$nixproc_limit" ]; do
        if nixproc_believe "$nixproc_pid_file"; then
            nixproc_seen=$nixproc_candidate
            # Who keeps a process in the background is quick to say that all is well. It counts as started when it runs
            # its own program, and does so for a while: one that ends at once has failed.
            if [ -n "${nixproc_wrapper-}" ]; then
                if nixproc_first_child "$nixproc_candidate" &&
                    ! [ "/proc/$nixproc_child/exe" -ef "/proc/$nixproc_candidate/exe" ]; then
                    set -- "wrapper:$nixproc_candidate:$nixproc_birth" "main:$nixproc_child:$nixproc_child_birth"
                else
                    set --
                fi
            else
                set -- "main:$nixproc_candidate:$nixproc_birth"
            fi
            if [ $# -gt 0 ]; then
                # From now on even this script's death leaves a service that can be stopped.
                [ "$nixproc_steady" -gt 0 ] || nixproc_save_record "$@"
                [ "$nixproc_steady" -lt "$nixproc_looks" ] && nixproc_is_attended || return 0
                nixproc_steady=$((nixproc_steady + 1))
            fi
        elif [ -n "$nixproc_seen" ] && nixproc_is_attended; then
            nixproc_explain "the process ended as soon as it was started"
            return 1
        elif [ -n "${nixproc_attended-}" ] && [ ! -e "$nixproc_pid_file" ]; then
            nixproc_explain "the process ended as soon as it was started"
            return 1
        elif [ -n "${nixproc_wrapper-}" ] && [ "$nixproc_waited" -ge "$nixproc_next_look" ]; then
            nixproc_next_look=$((nixproc_waited + 500))
            if ! nixproc_wrapper_lives; then
                nixproc_explain "the process ended as soon as it was started"
                return 1
            fi
        elif nixproc_guess "$nixproc_waited"; then
            nixproc_save_record "main:$nixproc_candidate:$nixproc_birth"
            return 0
        fi
        nixproc_pause
    done
    if nixproc_guess last; then
        nixproc_save_record "main:$nixproc_candidate:$nixproc_birth"
        return 0
    fi
    if [ ! -e "$nixproc_pid_file" ]; then
        nixproc_explain "the process did not write $nixproc_pid_file within ${NIXPROC_START_TIMEOUT:-10} seconds"
    elif [ -z "$nixproc_pid" ]; then
        nixproc_explain "there is no PID in $nixproc_pid_file"
    else
        nixproc_explain "$nixproc_pid_file names process $nixproc_pid, which $nixproc_why"
    fi
    return 1
}

# nixproc_end_remains: ends, before a start, what was told to end and has not.
nixproc_end_remains() {
    nixproc_find
    [ "$nixproc_history" != stopping ] || [ -z "$nixproc_ours" ] || nixproc_terminate
}

# nixproc_begin: makes way for a start; fails with the LSB's exit code when there cannot be one.
nixproc_begin() {
    if ! command -v -- "$nixproc_program" >/dev/null; then
        nixproc_explain "there is no program $nixproc_program"
        return 5
    fi
    if [ -n "${nixproc_user-}" ]; then
        nixproc_require_account || return 6
        nixproc_uid_now=$(nixproc_tool id -u)
        if [ "$nixproc_uid_now" != 0 ] && [ "$nixproc_uid_now" != "$nixproc_uid" ]; then
            nixproc_explain "only root can run a process as user $nixproc_user"
            return 4
        fi
    fi
    nixproc_find
    [ -z "$nixproc_ours" ] || nixproc_terminate || return
    trap nixproc_interrupt TERM
    nixproc_make_directories
    nixproc_remove_pid_files || return
    nixproc_make_log || return
    nixproc_log_size=0
    [ -n "${nixproc_log_file-}" ] || return 0
    if nixproc_shares "${nixproc_log_file%/*}"; then
        nixproc_look "$nixproc_log_file" && nixproc_log_size=$nixproc_size
    elif [ -f "$nixproc_log_file" ] && [ -r "$nixproc_log_file" ]; then
        nixproc_log_size=$(($(nixproc_tool wc -c <"$nixproc_log_file")))
    fi
}

# nixproc_end: waits for what nixproc_begin and a command began; a failure leaves nothing behind.
nixproc_end() {
    nixproc_code=$1
    nixproc_unmark
    if [ "$nixproc_code" -ne 0 ]; then
        nixproc_explain "$nixproc_program ended with exit code $nixproc_code"
    elif nixproc_await; then
        trap - TERM
        return 0
    else
        nixproc_code=1
    fi
    nixproc_abandon
    nixproc_name_closed_directory
    trap - TERM
    return "$nixproc_code"
}

# nixproc_name_closed_directory: says, after a failed start, which directory on the way to the PID file the service's user cannot
# enter: programs only say that something does not exist.
nixproc_name_closed_directory() {
    [ -n "${nixproc_user-}" ] && nixproc_is_root || return 0
    nixproc_way=
    nixproc_rest=${nixproc_pid_file%/*}/
    nixproc_rest=${nixproc_rest#/}
    while [ -n "$nixproc_rest" ]; do
        nixproc_way=$nixproc_way/${nixproc_rest%%/*}
        nixproc_rest=${nixproc_rest#*/}
        [ -d "$nixproc_way" ] || return 0
        (
            nixproc_way_now=$nixproc_way
            nixproc_record= nixproc_directory=/ nixproc_nice=
            nixproc_execute "${nixproc_coreutils:+$nixproc_coreutils/}test" -x "$nixproc_way_now"
        ) </dev/null >/dev/null 2>&1 && continue
        nixproc_explain "user $nixproc_user cannot enter $nixproc_way, which is on the way to its PID file"
        return 0
    done
}

# nixproc_interrupt: ends a start that takes too long, for whoever called the script. There is little time.
nixproc_interrupt() {
    trap '' TERM
    NIXPROC_STOP_TIMEOUT=2
    nixproc_abandon
    trap - EXIT
    exit 143
}

# nixproc_abandon: takes back a start that failed.
nixproc_abandon() {
    nixproc_show_log
    nixproc_find
    # On a full disk there is neither a PID file nor a record of what runs all the same.
    if [ -z "$nixproc_ours" ] && [ -n "${nixproc_wrapper-}" ] && nixproc_find_wrapper &&
        nixproc_belongs_to "$nixproc_candidate" "${nixproc_user_id:-$(nixproc_tool id -u)}" &&
        nixproc_accepts "$nixproc_candidate"; then
        nixproc_take_wrapper "$nixproc_candidate" "$nixproc_birth"
    fi
    nixproc_add_offspring
    [ -z "$nixproc_ours" ] || nixproc_terminate
    nixproc_remove_pid_files
    nixproc_save_state failed
    nixproc_name_suspects
}

# nixproc_add_offspring: counts as ours what the start has left behind without any file that says so.
nixproc_add_offspring() {
    if [ -n "${nixproc_command-}" ]; then eval "set -- $nixproc_command"; else set -- "$nixproc_program"; fi
    nixproc_find_offspring "$@"
    for nixproc_entry in $nixproc_offspring; do
        case " $nixproc_ours " in *" $nixproc_entry "*) continue ;; esac
        nixproc_claimed "${nixproc_entry%%:*}" "${nixproc_entry#*:}" || nixproc_ours="$nixproc_ours $nixproc_entry"
    done
    set --
    for nixproc_entry in $nixproc_suspects; do
        case " $nixproc_ours " in *" $nixproc_entry:"*) continue ;; esac
        nixproc_inspect "$nixproc_entry" && ! nixproc_claimed "$nixproc_entry" "$nixproc_start" && set -- "$@" "$nixproc_entry"
    done
    nixproc_suspects=$*
}

# nixproc_start COMMAND…: runs what starts the service (the program itself, or the wrapper with the program), and waits
# until it runs. What a daemon writes goes to its log: who waits for the end of our output shall not wait for the
# daemon's.
nixproc_start() {
    nixproc_command=
    for nixproc_word in "$@"; do
        nixproc_quote "$nixproc_word"
        nixproc_command="$nixproc_command $nixproc_quoted"
    done
    nixproc_begin || return
    if [ -n "${nixproc_wrapper-}" ]; then
        (nixproc_execute "$@") </dev/null >/dev/null
    elif [ -n "${nixproc_log_file-}" ] && [ -n "${nixproc_user-}" ] && nixproc_shares "${nixproc_log_file%/*}"; then
        # Opened with the user's rights: they could put a link there.
        (nixproc_execute /bin/sh -c 'exec env -u PWD -u OLDPWD -u SHLVL -u _ -- "$@" >>"$0" 2>&1' \
            "$nixproc_log_file" "$@") </dev/null >/dev/null 2>&1
    elif [ -n "${nixproc_log_file-}" ] && (: >>"$nixproc_log_file") 2>/dev/null; then
        (nixproc_execute "$@") </dev/null >>"$nixproc_log_file" 2>&1
    else
        (nixproc_execute "$@") </dev/null >/dev/null 2>&1
    fi
    nixproc_end $?
}

# nixproc_adopt: records the process that the PID file names, when somebody else's commands have just started it; returns
# their exit code. They may return before the process has written it.
nixproc_adopt() {
    nixproc_code=$?
    nixproc_unmark
    [ -z "${nixproc_user-}" ] || nixproc_require_account || return "$nixproc_code"
    nixproc_next_guess= nixproc_chosen_before= nixproc_waited=0
    nixproc_limit=$((${NIXPROC_START_TIMEOUT:-10} * 1000))
    [ "$nixproc_code" -eq 0 ] || nixproc_limit=0
    until nixproc_believe "$nixproc_pid_file" || nixproc_guess "$nixproc_waited"; do
        if [ "$nixproc_waited" -ge "$nixproc_limit" ]; then
            nixproc_guess last || return "$nixproc_code"
            break
        fi
        nixproc_pause
    done
    nixproc_save_record "main:$nixproc_candidate:$nixproc_birth"
    return "$nixproc_code"
}

# nixproc_await_ready COMMAND…: to be called right after a start. When that was successful, waits with COMMAND
# (await-ready.sh) until the process is ready, so that whoever calls one script after the other starts dependents in time;
# otherwise fails as the start did.
nixproc_await_ready() {
    nixproc_code=$?
    [ "$nixproc_code" -eq 0 ] || return "$nixproc_code"
    [ -z "$nixproc_caller_waits" ] || return 0
    nixproc_find
    nixproc_words=$(AWAITED_PID=$nixproc_main "$@" 2>&1 </dev/null) && return 0
    nixproc_explain "$nixproc_words"
    return 1
}

# ---- Initialization ----
# The commands between these two run in the script's own shell, so that the process inherits what they export. The
# first one of them that fails ends the start.

# nixproc_divert_output: what is printed from now on is added to the service's log, or goes to stderr where root cannot open that
# safely.
nixproc_divert_output() {
    exec 6>&1 7>&2
    nixproc_diverted=
    if [ -n "${nixproc_log_file-}" ] && ! nixproc_shares "${nixproc_log_file%/*}" &&
        (: >>"$nixproc_log_file") 2>/dev/null; then
        nixproc_log_size=$(($(nixproc_tool wc -c <"$nixproc_log_file")))
        nixproc_diverted=yes
        exec >>"$nixproc_log_file" 2>&1
    else
        exec >&2
    fi
}

# nixproc_restore_output CODE: output goes where it went before. After a failure, so does what was printed meanwhile. Returns the
# code.
nixproc_restore_output() {
    exec >&6 2>&7 6>&- 7>&-
    [ "$1" -eq 0 ] || [ -z "$nixproc_diverted" ] || nixproc_show_log
    return "$1"
}

nixproc_begin_initialize() {
    nixproc_find
    [ -z "$nixproc_ours" ] || nixproc_terminate || exit
    nixproc_become_self
    nixproc_is_self=yes
    nixproc_make_directories
    nixproc_divert_output
    trap 'nixproc_restore_output 1 || nixproc_explain "its initialization failed"; exit 1' EXIT
    set -e
}

nixproc_end_initialize() {
    set +e
    trap - EXIT
    nixproc_restore_output 0
}

# ---- Stop ----

# nixproc_signal SIGNAL PID START: sends a signal; fails when we may not (4). A process that is gone needs none.
nixproc_signal() {
    nixproc_send "$@" && return 0
    nixproc_is "$2" "$3" || return 0
    nixproc_explain "not permitted to send a signal to process $2"
    return 4
}

# nixproc_kin_of PID START: prints, as PID:START, who is in the session or the process group of a daemon that are its own, and so
# ends with it. Its own is what it leads, or what somebody led who has ended since, as a daemon's first process does, if nobody in
# it is older than the daemon or called this script. Whoever looks after a process with another session stays: cron's child mails
# what a job prints.
nixproc_kin_of() (
    nixproc_self_pid=$1 nixproc_self_start=$2 nixproc_table= nixproc_session= nixproc_callers=" $$ $PPID "
    IFS='
'
    set -f
    for nixproc_part in $(nixproc_all_stats); do
        nixproc_number=${nixproc_part%% *}
        IFS=' '
        # shellcheck disable=SC2086 # words are what is wanted: state, parent, group, session …
        set -- ${nixproc_part##*) }
        case ${1-} in [ZXx] | '') continue ;; esac
        nixproc_table="$nixproc_table$nixproc_number $2 $3 $4 ${20}
"
        [ "$nixproc_number" = "$nixproc_self_pid" ] && [ "${20}" = "$nixproc_self_start" ] || continue
        nixproc_group=$3 nixproc_session=$4
    done
    IFS=' '
    [ -n "$nixproc_session" ] || exit 0
    for nixproc_bond in session group; do
        nixproc_fellows=' ' nixproc_others=
        nixproc_id=$nixproc_group
        [ "$nixproc_bond" = group ] || nixproc_id=$nixproc_session
        [ "$nixproc_id" -gt 1 ] || continue
        while read -r nixproc_number nixproc_parent nixproc_part nixproc_word nixproc_begin; do
            [ "$nixproc_bond" = group ] || nixproc_part=$nixproc_word
            [ "$nixproc_part" = "$nixproc_id" ] || continue
            nixproc_fellows="$nixproc_fellows$nixproc_number:$nixproc_begin "
            case $nixproc_callers in *" $nixproc_number "*) nixproc_others=yes ;; esac
            [ "$nixproc_id" = "$nixproc_self_pid" ] && continue
            if [ "$nixproc_number" = "$nixproc_id" ] || [ "$nixproc_begin" -lt "$nixproc_self_start" ]; then
                nixproc_others=yes
            fi
        done <<END
$nixproc_table
END
        [ -z "$nixproc_others" ] || continue
        # Children with another session keep those above them, up to the daemon.
        nixproc_keepers=' ' nixproc_changed=yes
        while [ -n "$nixproc_changed" ]; do
            nixproc_changed=
            while read -r nixproc_number nixproc_parent nixproc_rest; do
                case $nixproc_keepers in *" $nixproc_parent "*) continue ;; esac
                case $nixproc_fellows in *" $nixproc_parent:"*) ;; *) continue ;; esac
                case $nixproc_fellows in
                    *" $nixproc_number:"*) case $nixproc_keepers in *" $nixproc_number "*) ;; *) continue ;; esac ;;
                esac
                nixproc_keepers="$nixproc_keepers$nixproc_parent " nixproc_changed=yes
            done <<END
$nixproc_table
END
        done
        for nixproc_word in $nixproc_fellows; do
            [ "${nixproc_word%%:*}" != "$nixproc_self_pid" ] || continue
            case $nixproc_keepers in *" ${nixproc_word%%:*} "*) ;; *) printf '%s ' "$nixproc_word" ;; esac
        done
        exit 0
    done
)

# nixproc_remains: whether anything of the service lives, of nixproc_marked and nixproc_kin (PID:START …) or of nixproc_families
# (process groups). Sets nixproc_left to what is left of the former. A group that is empty is never looked at again: its number may
# be another's later.
nixproc_remains() {
    nixproc_left= nixproc_living=
    for nixproc_word in $nixproc_marked; do
        nixproc_is "${nixproc_word%%:*}" "${nixproc_word#*:}" && nixproc_left="$nixproc_left $nixproc_word"
    done
    [ -z "$nixproc_left" ] || return 0
    for nixproc_word in $nixproc_families; do
        nixproc_group_lives "$nixproc_word" && nixproc_living="$nixproc_living $nixproc_word"
    done
    nixproc_families=$nixproc_living nixproc_living=
    for nixproc_word in $nixproc_kin; do
        nixproc_is "${nixproc_word%%:*}" "${nixproc_word#*:}" && nixproc_living="$nixproc_living $nixproc_word"
    done
    nixproc_kin=$nixproc_living
    [ -n "$nixproc_families$nixproc_kin" ]
}

# nixproc_signal_families SIGNAL: sends a signal to what goes with the process.
nixproc_signal_families() {
    for nixproc_word in $nixproc_families; do
        nixproc_group_lives "$nixproc_word" && kill -s "$1" -- "-$nixproc_word" 2>/dev/null
    done
    for nixproc_word in $nixproc_kin; do
        nixproc_send "$1" "${nixproc_word%%:*}" "${nixproc_word#*:}"
    done
}

# nixproc_prepare_end: remembers what is to end: the processes that nixproc_find found, the families of those that another
# program keeps in the background, and the kin of a daemon.
nixproc_prepare_end() {
    nixproc_marked=$nixproc_ours nixproc_families= nixproc_kin= nixproc_asked=
    [ -z "${nixproc_ends_alone-}" ] || return 0
    nixproc_inspect "$$" && nixproc_own_group=$nixproc_group
    for nixproc_word in $nixproc_ours; do
        nixproc_is "${nixproc_word%%:*}" "${nixproc_word#*:}" || continue
        # Its keeper has left the process group that it was started in, with a family of its own. In a container, the
        # group of what came from outside is 0.
        if nixproc_is_attended && [ "$nixproc_group" != "$nixproc_own_group" ] && [ "$nixproc_group" -gt 1 ]; then
            nixproc_families="$nixproc_families $nixproc_group"
        elif ! nixproc_is_attended && [ -r /proc/self/stat ]; then
            nixproc_kin="$nixproc_kin $(nixproc_kin_of "${nixproc_word%%:*}" "${nixproc_word#*:}")"
        fi
    done
}

# nixproc_terminate [SIGNAL]: ends the processes that nixproc_find found: SIGNAL (TERM), and SIGKILL to what is left when
# the time is over. A process that another program keeps in the background is ended with all that it started; a wrapper
# passes SIGTERM on to the process alone.
nixproc_terminate() {
    nixproc_prepare_end
    nixproc_record_stop stopping
    nixproc_ask_to_end "${1:-TERM}" || {
        nixproc_code=$?
        nixproc_record_stop
        return "$nixproc_code"
    }
    nixproc_await_end
}

nixproc_ask_to_end() {
    for nixproc_word in $nixproc_ours; do
        [ "${nixproc_outer:-${nixproc_word%%:*}}" = "${nixproc_word%%:*}" ] || continue
        nixproc_signal "$1" "${nixproc_word%%:*}" "${nixproc_word#*:}" || return
    done
}

# nixproc_await_end: waits until all that nixproc_prepare_end remembered has ended, and kills what has not when the time is over.
nixproc_await_end() {
    nixproc_waited=0 nixproc_look_at_wrapper=
    nixproc_limit=$((${NIXPROC_STOP_TIMEOUT:-10} * 1000))
    while nixproc_remains; do
        case $nixproc_left in
            *" $nixproc_main:"*) ;;
            *)
                # The process itself is gone: what it left behind may go too.
                [ -n "$nixproc_asked" ] || nixproc_signal_families TERM
                nixproc_asked=yes
                nixproc_end_lone_wrapper
                ;;
        esac
        if [ "$nixproc_waited" -ge "$nixproc_limit" ]; then
            nixproc_kill
            return
        fi
        nixproc_pause
    done
}

# nixproc_end_lone_wrapper: ends a wrapper that is all that is left of the service, a second after its process and the family of
# that: it reads their output until nobody holds it open any more, and a helper with a session of its own may do so for ever.
# It ignores SIGTERM meanwhile.
nixproc_end_lone_wrapper() {
    [ -n "$nixproc_outer" ] || return 0
    case ${nixproc_left# } in *' '*) return 0 ;; "$nixproc_outer:"*) ;; *) return 0 ;; esac
    : "${nixproc_look_at_wrapper:=$((nixproc_waited + 1000))}"
    [ "$nixproc_waited" -ge "$nixproc_look_at_wrapper" ] || return 0
    # To look at everybody takes longer than a pause.
    nixproc_look_at_wrapper=$((nixproc_waited + 200))
    for nixproc_word in $nixproc_families; do
        ! nixproc_group_lives "$nixproc_word" "$nixproc_outer" || return 0
    done
    nixproc_send KILL "$nixproc_outer" "${nixproc_left##*:}"
}

# nixproc_kill: SIGKILL to what nixproc_terminate could not end in time.
nixproc_kill() {
    nixproc_explain "killing what did not end within ${NIXPROC_STOP_TIMEOUT:-10} seconds"
    for nixproc_word in $nixproc_left; do
        # The leader of a process group takes its group along: nobody else would end them.
        { [ -z "${nixproc_ends_alone-}" ] && nixproc_send_to_group KILL "${nixproc_word%%:*}" "${nixproc_word#*:}"; } ||
            nixproc_send KILL "${nixproc_word%%:*}" "${nixproc_word#*:}"
    done
    nixproc_signal_families KILL
    nixproc_waited=0
    while nixproc_remains; do
        if [ "$nixproc_waited" -ge 5000 ]; then
            nixproc_explain "some of its processes survived SIGKILL"
            return 1
        fi
        nixproc_pause
    done
}

# nixproc_stop [SIGNAL]: asks the service to end, if it runs, and removes what its start left on the disk.
nixproc_stop() {
    nixproc_name_signal "${1:-TERM}"
    nixproc_find
    if [ -n "$nixproc_stranger" ]; then
        nixproc_explain "process $nixproc_stranger, which $nixproc_pid_file names, is not this service: left alone"
    fi
    [ -z "$nixproc_ours" ] || nixproc_terminate "$nixproc_signal_name" || return
    nixproc_forget
}

# nixproc_before_stop: to be called before somebody else's commands that stop the service. Remembers what has to end.
nixproc_before_stop() {
    nixproc_load_record
    nixproc_history_before=$nixproc_history
    [ -n "${nixproc_program-}" ] || return 0
    nixproc_find
    nixproc_prepare_end
    nixproc_record_stop stopping
}

# nixproc_after_stop: to be called right after them. The service is stopped when its processes have ended, whatever these
# commands return: they may only have asked, or may fail because nothing runs.
nixproc_after_stop() {
    nixproc_code=$?
    if [ -z "${nixproc_program-}" ]; then
        # Without a process the commands alone know.
        case $nixproc_history_before in stopped | failed) nixproc_code=0 ;; esac
        [ "$nixproc_code" -ne 0 ] || nixproc_save_state stopped
        return "$nixproc_code"
    fi
    if [ "$nixproc_code" -ne 0 ] && nixproc_remains; then
        nixproc_explain "its commands for a stop ended with exit code $nixproc_code: it gets SIGTERM"
        nixproc_ask_to_end TERM || {
            nixproc_record_stop
            return 4
        }
    fi
    nixproc_await_end && nixproc_forget
}

# nixproc_reload SIGNAL: sends a signal to the service; 7 when it does not run.
nixproc_reload() {
    nixproc_find
    if [ -z "$nixproc_main" ]; then
        nixproc_explain "it is not running"
        return 7
    fi
    nixproc_name_signal "$1"
    for nixproc_word in $nixproc_ours; do
        [ "${nixproc_word%%:*}" = "$nixproc_main" ] || continue
        nixproc_signal "$nixproc_signal_name" "$nixproc_main" "${nixproc_word#*:}" || return
    done
}

# nixproc_name_signal TEXT: sets nixproc_signal_name from any spelling of a signal: -HUP, SIGHUP, HUP, -1, 1.
nixproc_name_signal() {
    nixproc_signal_name=${1#-}
    nixproc_signal_name=${nixproc_signal_name#SIG}
    case $nixproc_signal_name in
        *[!0-9]*) ;;
        *) nixproc_signal_name=$(kill -l "$nixproc_signal_name") ;;
    esac
}

# ---- Status ----

# nixproc_status: says whether the service runs, with the LSB's exit codes for status.
nixproc_status() {
    if [ -z "${nixproc_program-}" ]; then
        nixproc_load_record
        [ "$nixproc_history" = started ] && printf '%s is started\n' "$nixproc_name" && return 0
        printf '%s is not started\n' "$nixproc_name"
        return 3
    fi
    nixproc_find
    if [ -n "$nixproc_main" ] && [ "$nixproc_history" = stopping ]; then
        printf '%s was told to end, but process %s still lives\n' "$nixproc_name" "$nixproc_main"
        return 1
    elif [ -n "$nixproc_main" ]; then
        printf '%s is running, process %s\n' "$nixproc_name" "$nixproc_main"
        return 0
    fi
    if [ -e "$nixproc_pid_file" ] && [ ! -r "$nixproc_pid_file" ]; then
        printf '%s: unknown, %s cannot be read\n' "$nixproc_name" "$nixproc_pid_file"
        return 4
    fi
    if [ -n "$nixproc_stranger" ]; then
        printf '%s is dead; process %s, which %s names, is not this service\n' \
            "$nixproc_name" "$nixproc_stranger" "$nixproc_pid_file"
        return 1
    fi
    if [ -e "$nixproc_pid_file" ]; then
        printf '%s is dead, but %s exists\n' "$nixproc_name" "$nixproc_pid_file"
        return 1
    fi
    # The PID file went with the process: only the record tells a crash from a stop.
    if nixproc_is_attended && [ "$nixproc_history" = main ]; then
        printf '%s is dead, and nobody stopped it\n' "$nixproc_name"
        return 1
    fi
    printf '%s is not running\n' "$nixproc_name"
    return 3
}
