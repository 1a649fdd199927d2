# Further functions for init scripts, those that nix-processmgmt-ts generates and the activities that users write for
# them: what the Linux Standard Base and Linux From Scratch offer. They stand behind those of process-functions.sh.
# Without nixproc_pid_file only those with -p work.

# ---- Messages ----

# The beginning of a line that evaluate_retval or log_end_msg ends.
log_info_msg() {
    printf '%s' "$*"
    nixproc_line=open
}

log_daemon_msg() {
    log_info_msg "$1${2:+: $2}..."
}

log_progress_msg() {
    printf ' %s' "$*"
}

# log_end_msg CODE: says how it went, and returns CODE.
log_end_msg() {
    nixproc_line=
    if [ "${1-1}" -eq 0 ]; then printf ' done\n'; else printf ' failed\n'; fi
    return "${1-1}"
}

# Says how the last command went, and returns its exit code.
evaluate_retval() {
    log_end_msg "$?"
}

log_success_msg() {
    printf '%s\n' "$*"
}

log_failure_msg() {
    nixproc_explain "failed: $*"
}

log_warning_msg() {
    nixproc_explain "warning: $*"
}

# ---- Processes ----

# nixproc_focus PROGRAM PIDFILE: makes the functions above speak of another program; only for a subshell. Without a PID
# file it is that of the service, or /run/PROGRAM.pid.
nixproc_focus() {
    if [ -n "$2" ]; then
        nixproc_other_pid_file=$2
    elif [ "$1" = "${nixproc_program-}" ]; then
        nixproc_other_pid_file=$nixproc_pid_file
    else
        nixproc_other_pid_file=/run/${1##*/}.pid
    fi
    [ "$nixproc_other_pid_file" != "${nixproc_pid_file-}" ] || return 0
    nixproc_pid_file=$nixproc_other_pid_file nixproc_program=$1 nixproc_name=${1##*/} nixproc_wrapper= nixproc_user=
    nixproc_user_id= nixproc_elsewhere=
    [ -z "${nixproc_record-}" ] || nixproc_record=$nixproc_record,${nixproc_pid_file##*/}
}

# nixproc_options WORD…: takes -f, -n NICE and -p PIDFILE from the front; sets nixproc_shift to how many words they were.
nixproc_options() {
    nixproc_other_nice= nixproc_other_pid_file=
    OPTIND=1
    while getopts fn:p: nixproc_option "$@"; do
        case $nixproc_option in
            f) ;; # Two processes cannot share a PID file: what runs is never started again.
            n) nixproc_other_nice=$OPTARG ;;
            p) nixproc_other_pid_file=$OPTARG ;;
            *) return 2 ;;
        esac
    done
    nixproc_shift=$((OPTIND - 1))
    [ "$nixproc_shift" -lt $# ] || return 2
}

# start_daemon [-f] [-n NICE] [-p PIDFILE] PROGRAM [ARGUMENT]…: starts a program that goes into the background itself,
# unless it runs. With a PID file it is waited for.
start_daemon() {
    nixproc_options "$@" || return
    shift "$nixproc_shift"
    nixproc_awaited=$nixproc_other_pid_file
    (
        nixproc_focus "$1" "$nixproc_other_pid_file"
        nixproc_nice=$nixproc_other_nice nixproc_user= nixproc_user_id= nixproc_wrapper=
        if nixproc_is_running; then
            exit 0
        elif [ -n "$nixproc_awaited" ]; then
            nixproc_start "$@"
        else
            (nixproc_execute "$@") </dev/null
            nixproc_adopt
        fi
    )
}

loadproc() {
    start_daemon "$@"
}

# pidofproc [-p PIDFILE] PROGRAM: prints the PID of a program that runs; else 1 with a PID file, 3 without.
pidofproc() {
    nixproc_options "$@" || return
    shift "$nixproc_shift"
    (
        nixproc_focus "$1" "$nixproc_other_pid_file"
        if nixproc_is_running; then
            printf '%s\n' "$nixproc_main"
            exit 0
        fi
        [ ! -e "$nixproc_pid_file" ] || exit 1
        exit 3
    )
}

# statusproc [-p PIDFILE] PROGRAM: says whether a program runs, with the LSB's exit codes for status.
statusproc() {
    nixproc_options "$@" || return
    shift "$nixproc_shift"
    (
        nixproc_focus "$1" "$nixproc_other_pid_file"
        nixproc_status
    )
}

# killproc [-p PIDFILE] PROGRAM [SIGNAL]: ends a program as nixproc_stop does, or sends it a signal (7: it does not run).
killproc() {
    nixproc_options "$@" || return
    shift "$nixproc_shift"
    (
        nixproc_focus "$1" "$nixproc_other_pid_file"
        if [ $# -ge 2 ]; then nixproc_reload "$2"; else nixproc_stop; fi
    )
}
