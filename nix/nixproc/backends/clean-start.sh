# What a process gets from whoever starts it, defined: functions for POSIX shells that take away what the caller had. The
# caller may be an operator with a umask of their own, a cron job that holds a lock, nohup, or a tool that raised its
# limits; services outlive all of them.
#
# A process has descriptors 0 to 2, no ignored signal, umask 022, niceness 0 (where we may) and 1024 open files as its
# soft limit. Of the caller's environment nothing is left: PATH is the system's, and HOME, USER, LOGNAME and SHELL are those
# of the account that the process runs as. Stands behind coreutils.sh, and reads these variables:
#
#   nixproc_descriptors `keep` where descriptors beyond 2 are meant for the process; else they are closed
#   nixproc_kept        those of HOME, USER, LOGNAME and SHELL, with spaces between, that the account's do not replace

# Where programs are, for whoever does not say it: what init(8) knows, and where NixOS and Nix have theirs.
nixproc_system_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
nixproc_system_path=$nixproc_system_path:/run/wrappers/bin:/run/current-system/sw/bin:/nix/var/nix/profiles/default/bin

# nixproc_clean_limits: lowers the soft limit of open files where it is higher than usual.
nixproc_clean_limits() {
    case $(ulimit -S -n) in
        [0-9] | [0-9][0-9] | [0-9][0-9][0-9] | 10[01][0-9] | 102[0-4]) ;;
        *) ulimit -S -n 1024 2>/dev/null || : ;;
    esac
}

# nixproc_forget_caller: removes all variables from the environment but PATH, HOME, USER, LOGNAME, SHELL and what scripts
# are told (NIXPROC_…), and sets PATH, umask and
# limits. A name that no shell can have is left for nixproc_become_command.
nixproc_forget_caller() {
    umask 022
    nixproc_clean_limits
    PATH=$nixproc_system_path
    export PATH
    while IFS= read -r nixproc_word; do
        case $nixproc_word in
            'export '*) nixproc_word=${nixproc_word#export } ;;
            'declare -x '*) nixproc_word=${nixproc_word#declare -x } ;;
            *) continue ;;
        esac
        nixproc_word=${nixproc_word%%=*}
        # A line of a value looks the same: what is removed besides does no harm.
        case $nixproc_word in
            PATH | HOME | USER | LOGNAME | SHELL | nixproc_* | IFS | BASH_VERSION) ;;
            NIXPROC_START_TIMEOUT | NIXPROC_STOP_TIMEOUT | NIXPROC_CALLER_WAITS | NIXPROC_CALLER_LOOKS) ;;
            '' | *[!A-Za-z0-9_]* | [0-9]*) ;;
            # Some cannot be removed.
            *) command unset "$nixproc_word" 2>/dev/null || : ;;
        esac
    done <<END
$(export -p)
END
}

# nixproc_account USER: sets nixproc_uid, nixproc_gid, nixproc_home and nixproc_shell of an account; fails without one.
nixproc_account() {
    nixproc_uid= nixproc_gid= nixproc_home= nixproc_shell=
    while IFS=: read -r nixproc_login nixproc_rest nixproc_uid nixproc_gid nixproc_rest nixproc_home nixproc_shell; do
        [ "$nixproc_login" != "$1" ] || break
        nixproc_uid=
    done <<END
$(getent passwd "$1" 2>/dev/null || nixproc_tool cat /etc/passwd)
END
    [ -n "$nixproc_uid" ]
}

# nixproc_keep_present: keeps those of HOME, USER, LOGNAME and SHELL that are set.
nixproc_keep_present() {
    for nixproc_word in HOME USER LOGNAME SHELL; do
        ! eval "[ -n \"\${$nixproc_word+x}\" ]" || nixproc_kept="${nixproc_kept-} $nixproc_word"
    done
}

# nixproc_become USER: gives this shell the environment of a user, but for what the model sets.
nixproc_become() {
    for nixproc_word in HOME USER LOGNAME SHELL; do
        case " ${nixproc_kept-} " in *" $nixproc_word "*) continue ;; esac
        case $nixproc_word in
            HOME) HOME=$nixproc_home ;;
            USER) USER=$1 ;;
            LOGNAME) LOGNAME=$1 ;;
            SHELL) SHELL=${nixproc_shell:-/bin/sh} ;;
        esac
    done
    export HOME USER LOGNAME SHELL
}

# nixproc_become_self: the same for the account that we run as, if it has a name.
nixproc_become_self() {
    nixproc_self=$(nixproc_tool id -un 2>/dev/null) || return 0
    nixproc_account "$nixproc_self" && nixproc_become "$nixproc_self"
    return 0
}

# nixproc_ignored: whether a signal is ignored, which no shell can undo.
nixproc_ignored() {
    while read -r nixproc_key nixproc_rest; do
        [ "$nixproc_key" = SigIgn: ] || continue
        case $nixproc_rest in *[!0]*) return 0 ;; *) return 1 ;; esac
    done </proc/self/status 2>/dev/null
}

# nixproc_close_descriptors: closes all beyond 2. Not every shell can close those beyond 9: nixproc_open is what is left.
nixproc_close_descriptors() {
    nixproc_open=
    [ "${nixproc_descriptors-}" != keep ] || return 0
    if [ ! -d /proc/self/fd ]; then
        exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
        return 0
    fi
    for nixproc_entry in /proc/self/fd/*; do
        nixproc_entry=${nixproc_entry##*/}
        nixproc_flags=
        { while read -r nixproc_key nixproc_rest; do
            [ "$nixproc_key" != flags: ] || nixproc_flags=$nixproc_rest
        done <"/proc/self/fdinfo/$nixproc_entry"; } 2>/dev/null
        # The seventh digit from the right has O_CLOEXEC: the shell's own are closed with it.
        case $nixproc_entry:$nixproc_flags in
            [012]:* | *[!0-9:]* | *: | *[2367]??????) ;;
            [3-9]:*) eval "exec $nixproc_entry>&-" ;;
            *)
                if [ -n "${BASH_VERSION-}" ]; then
                    eval "exec $nixproc_entry>&-"
                else
                    nixproc_open="$nixproc_open $nixproc_entry"
                fi
                ;;
        esac
    done
}

# nixproc_unclean_names: sets nixproc_names to the variables that shells add to an environment, or that they cannot remove.
nixproc_unclean_names() {
    # The last one is Python's, which supervisord is written in.
    nixproc_names='PWD
OLDPWD
SHLVL
_
LC_CTYPE'
    # This shell hands on what it cannot have itself.
    [ -n "${BASH_VERSION-}" ] && [ -r "/proc/$$/environ" ] || return 0
    # Names are cut off by a program: values may be too long for what this shell does with patterns.
    while IFS= read -r nixproc_word; do
        case $nixproc_word in
            *[!A-Za-z0-9_]*) nixproc_names="$nixproc_names
$nixproc_word" ;;
        esac
    done <<END
$(nixproc_tool tr '\0' '\n' <"/proc/$$/environ" 2>/dev/null | nixproc_tool cut -s -d = -f 1)
END
}

# nixproc_become_command COMMAND…: becomes the command, without what is left of the caller: descriptors, ignored signals,
# and variables of the shell's own.
nixproc_become_command() {
    nixproc_unclean_names
    # env takes a program with "=" in its path for a variable; nice does not.
    case $1 in *=*) set -- "${nixproc_coreutils:+$nixproc_coreutils/}nice" -n 0 -- "$@" ;; esac
    set -- -- "$@"
    # Not every env can do that, but it is the only program that does.
    if nixproc_ignored && nixproc_tool env --default-signal true 2>/dev/null; then set -- --default-signal "$@"; fi
    while IFS= read -r nixproc_word; do
        set -- -u "$nixproc_word" "$@"
    done <<END
$nixproc_names
END
    set -- "${nixproc_coreutils:+$nixproc_coreutils/}env" "$@"
    nixproc_close_descriptors
    if [ -n "$nixproc_open" ] && command -v bash >/dev/null; then
        set -- bash -c 'for n in $0; do eval "exec $n>&-"; done; exec "$@"' "$nixproc_open" "$@"
    fi
    exec "$@"
}

# nixproc_add_niceness NICE: sets nixproc_niceness to what nice has to add for the process to run at NICE; to nothing where it
# does already, or where we may not.
nixproc_add_niceness() {
    nixproc_niceness=$(nixproc_tool nice 2>/dev/null) || nixproc_niceness=0
    nixproc_niceness=$((${1:-0} - nixproc_niceness))
    case $nixproc_niceness in
        0) nixproc_niceness= ;;
        -*) [ "$(nixproc_tool id -u)" = 0 ] || nixproc_niceness= ;;
    esac
}

# nixproc_run_clean COMMAND…: becomes the command at niceness 0, as nixproc_become_command does.
nixproc_run_clean() {
    nixproc_add_niceness 0
    if [ -n "$nixproc_niceness" ]; then
        set -- "${nixproc_coreutils:+$nixproc_coreutils/}nice" -n "$nixproc_niceness" -- "$@"
    fi
    nixproc_become_command "$@"
}
